// Keeps an open run's page up to date: asks for the part that changes every two seconds, and stops when the run has ended.
(() => {
  const EVERY = 2000;
  const MOST = 30000;
  const part = document.querySelector("[data-run-state]");
  if (!part) return;

  let etag = "";
  let wait = EVERY;

  const isOpen = () => part.querySelector("[data-open='true']") !== null;
  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    part.replaceChildren(...fresh.body.children);
  };
  const ask = async () => {
    try {
      const answer = await fetch(part.dataset.runState, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        show(await answer.text());
      }
      wait = answer.status < 400 ? EVERY : Math.min(2 * wait, MOST);
    } catch {
      wait = Math.min(2 * wait, MOST); // the site is away: ask less often, and go on when it is back
    }
    next();
  };
  const next = () => {
    if (isOpen()) {
      setTimeout(ask, wait);
      return;
    }
    document.querySelectorAll("[data-while-open]").forEach((element) => element.remove());
  };

  next();
})();
