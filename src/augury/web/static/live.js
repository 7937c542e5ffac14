// What is new in a study, as the server tells it, and how the connection stands.

/**
 * Listens to a study.
 * @param {string} study its name
 * @param {number} since the revision that the page has
 * @param {(update: object) => void} changed called with each update
 * @param {(state: "live" | "lost", reason: string) => void} stands called when the connection does
 */
export function listen(study, since, changed, stands) {
  let source = null;
  let revision = since;
  const start = () => {
    source = new EventSource(`/api/events?${new URLSearchParams({ study, since: revision })}`);
    source.addEventListener("open", () => stands("live", "live"));
    source.addEventListener("error", () => stands("lost", "connection lost; trying again"));
    source.addEventListener("problem", (event) => stands("lost", JSON.parse(event.data).error));
    source.addEventListener("update", (event) => {
      stands("live", "live");
      const update = JSON.parse(event.data);
      revision = update.revision;
      changed(update);
    });
  };
  const stop = () => {
    source?.close();
    source = null;
  };
  // a page that is left keeps no connection: browsers allow a host only a few
  addEventListener("pagehide", stop);
  addEventListener("pageshow", () => source ?? start());
  if (document.readyState === "complete") start();
}
