// Suggestions under search fields: a combobox as WAI-ARIA describes it. Without this script the fields search as they are.
(() => {
  const PAUSE = 120; // milliseconds without a key before the server is asked
  const SHORTEST = 2;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text ?? "";
    return made;
  };

  const option = (suggestion, id) => {
    const made = element("li", "suggestion");
    made.id = id;
    made.setAttribute("role", "option");
    made.dataset.href = suggestion.href;
    made.append(element("span", "suggestion-text", suggestion.text), element("span", "suggestion-kind", suggestion.kind));
    return made;
  };

  const suggestFor = (input, number) => {
    const list = element("ul", "suggestions");
    const status = element("p", "visually-hidden");
    list.id = `suggestions-${number}`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    status.setAttribute("role", "status");
    input.parentElement.append(list, status);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
      input.setAttribute(name, value);
    }
    let asked = new AbortController();
    let timer = 0;
    let active = -1;

    const choose = (place) => {
      const options = [...list.children];
      options[active]?.removeAttribute("aria-selected");
      active = place;
      const chosen = options[active];
      chosen?.setAttribute("aria-selected", "true");
      chosen?.scrollIntoView({ block: "nearest" });
      chosen ? input.setAttribute("aria-activedescendant", chosen.id) : input.removeAttribute("aria-activedescendant");
    };
    const open = (isOpen) => {
      list.hidden = !isOpen;
      input.setAttribute("aria-expanded", String(isOpen));
      choose(-1);
    };
    const close = () => {
      asked.abort(); // what is still on its way must not open the list again
      clearTimeout(timer);
      open(false);
    };
    const show = (suggestions) => {
      list.replaceChildren(...suggestions.map((suggestion, place) => option(suggestion, `${list.id}-${place}`)));
      open(suggestions.length > 0);
      status.textContent = suggestions.length === 1 ? "1 suggestion" : `${suggestions.length} suggestions`;
    };
    const ask = async () => {
      const typed = input.value.trim();
      asked.abort();
      if (typed.length < SHORTEST) {
        open(false);
        return;
      }
      asked = new AbortController();
      const { signal } = asked;
      try {
        const response = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ q: typed })}`, { signal });
        const found = response.ok ? await response.json() : { suggestions: [] };
        if (!signal.aborted) {
          show(found.suggestions);
        }
      } catch {
        if (!signal.aborted) {
          open(false); // no answer: the field still searches
        }
      }
    };
    const follow = (chosen) => location.assign(chosen.dataset.href);

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    input.addEventListener("keydown", (event) => {
      const last = list.children.length - 1;
      const isOpen = !list.hidden;
      if (event.key === "Escape" && isOpen) {
        event.preventDefault(); // the browser would empty the field
        close();
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && last >= 0) {
        event.preventDefault();
        const isDown = event.key === "ArrowDown";
        if (!isOpen) {
          open(true);
        }
        const beyond = isDown ? active >= last : active === 0;
        choose(beyond ? -1 : active === -1 && !isDown ? last : active + (isDown ? 1 : -1));
      } else if (event.key === "Enter" && isOpen && active >= 0) {
        event.preventDefault();
        follow(list.children[active]);
      }
    });
    input.addEventListener("blur", close);
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const chosen = event.target.closest("[role=option]");
      if (chosen) {
        follow(chosen);
      }
    });
  };

  const isTyping = (target) => target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);

  document.addEventListener("DOMContentLoaded", () => {
    const inputs = document.querySelectorAll("input[data-suggest]");
    inputs.forEach(suggestFor);
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target) && inputs.length) {
        event.preventDefault();
        const wanted = inputs[inputs.length - 1]; // the page's own field, where it has one, comes after the header's
        wanted.focus();
        wanted.select();
      }
    });
  });
})();
