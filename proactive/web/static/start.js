// Only comfort: every page works without it.
import { initAll } from "./govuk-frontend.js";

initAll();
if (document.querySelector("figure.chart")) import("./chart.js");
