// Only comfort: every page works without it.
import { initAll } from "./govuk-frontend.js";
import { lookOut } from "./network.js";

initAll();
lookOut(document.getElementById("offline"));
if (document.querySelector("figure.chart")) import("./chart.js");
