// Keeps an open run's page up to date: asks every second for the part that changes, and stops when the run has ended.
(() => {
  const EVERY = 1000;
  const MOST = 30000;
  const part = document.querySelector("[data-run-state]");
  if (!part) return;

  let etag = "";
  let wait = EVERY;

  const isOpen = () => part.querySelector("[data-open='true']") !== null;
  const nameOf = (section) => section.getAttribute("aria-labelledby");
  // A section that says what it said stays as it is: with what a reader has selected, focused or scrolled to in it.
  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const shown = new Map([...part.children].map((section) => [nameOf(section), section]));
    let before = null;
    for (const section of [...fresh.body.children]) {
      const same = shown.get(nameOf(section));
      shown.delete(nameOf(section));
      if (same?.isEqualNode(section)) {
        before = same;
        continue;
      }
      if (same) same.replaceWith(section);
      else if (before) before.after(section);
      else part.prepend(section);
      before = section;
    }
    shown.forEach((section) => section.remove());
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
    if (!isOpen()) {
      document.querySelectorAll("[data-while-open]").forEach((element) => element.remove());
    } else if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true }); // nobody looks: ask when somebody does
    } else {
      setTimeout(ask, wait);
    }
  };

  next();
})();
