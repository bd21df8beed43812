// Light or dark: the system's wish until the reader says otherwise. Runs before the first paint, so that nothing flashes.
(() => {
  const KEY = "theme";
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden: the switch then lasts for this page
    }
  };
  const store = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // see above
    }
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const current = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const other = () => (current() === "dark" ? "light" : "dark");

  root.dataset.script = "on"; // css/layout.css shows the switch only where it works
  const chosen = stored();
  if (chosen === "light" || chosen === "dark") {
    root.dataset.theme = chosen;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".theme-switch");
    const label = () => {
      const words = other() === "dark" ? "Dark theme" : "Light theme";
      button.firstElementChild.textContent = words;
      button.title = words;
    };
    label();
    system.addEventListener("change", label);
    button.addEventListener("click", () => {
      root.dataset.theme = other();
      store(root.dataset.theme);
      label();
    });
  });
})();
