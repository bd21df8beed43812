// The reviewers' queue by keyboard. Without this script the buttons do the same.
(() => {
  const isTyping = (target) => target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);

  document.addEventListener("DOMContentLoaded", () => {
    const items = [...document.querySelectorAll("[data-queue-item]")];
    const here = () => items.findIndex((item) => item.contains(document.activeElement));
    const go = (step) => {
      const place = here();
      const next = place < 0 ? 0 : Math.min(items.length - 1, Math.max(0, place + step));
      items[next]?.focus();
      items[next]?.scrollIntoView({ block: "nearest" });
    };
    const chosen = () => items[here()] ?? (items.length === 1 ? items[0] : undefined);
    const act = {
      j: () => go(1),
      k: () => go(-1),
      a: () => chosen()?.querySelector("[data-accept]")?.requestSubmit(),
      e: () => chosen()?.querySelector("[data-amend]")?.click(),
      r: () => chosen()?.querySelector("[data-reason]")?.focus(),
      x: () => chosen()?.querySelector("[data-tick]")?.click(),
    };

    document.addEventListener("keydown", (event) => {
      const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
      const isTick = event.target.matches?.("[data-tick]");
      if (event.key === "Escape" && event.target.matches?.("[data-reason]")) {
        event.target.closest("[data-queue-item]")?.focus();
      } else if (isPlain && act[event.key] && (isTick || !isTyping(event.target))) {
        event.preventDefault();
        act[event.key]();
      }
    });
  });
})();
