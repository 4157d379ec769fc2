// Without a network the browser would throw the page away, and with it what somebody has typed: the page says so instead.
// Some browsers say "no network" though we can be reached (on this machine, over some tunnels), so a picture of ours is
// asked for before anything is held back.
const reached = () => new Promise((answer) => {
  const probe = new Image();
  probe.onload = () => answer(true);
  probe.onerror = () => answer(false);
  probe.src = `/static/mark.svg?at=${Date.now()}`;
});

export function lookOut(told) {
  if (!told) return;
  const unsent = told.querySelector("[data-unsent]");
  const tell = (sent) => {
    told.hidden = false;
    unsent.hidden = sent;
    if (!sent) told.focus();
  };
  let sure = false;
  // What is done where there is a network; where there is none, the page stays as it is.
  const heldBack = async (event, goOn) => {
    if (navigator.onLine || sure) return;
    event.preventDefault();
    if (!(await reached())) return tell(event.type !== "submit");
    sure = true;
    goOn();
    sure = false;
  };
  addEventListener("online", () => { told.hidden = true; });
  addEventListener("offline", async () => { if (!(await reached())) tell(true); });
  addEventListener("submit", (event) => heldBack(event, () => event.target.requestSubmit(event.submitter)));
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]:not([href^='#'], [href^='tel:'], [href^='mailto:'])");
    if (link) heldBack(event, () => link.click());
  });
}
