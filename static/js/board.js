// A board's page: the form's changes count at once, and the chart's points tell what they are by mouse and by keyboard.
// Without this script the form has a button, and the points are plain links with titles.
(() => {
  const form = document.querySelector("[data-board-filter]");
  const results = document.querySelector("[data-board-results]");
  if (!results) return;

  // The chart: one stop of the Tab key; the arrows go from point to point in order of time. Points are small: the pointer counts
  // as on the nearest one within its reach.
  const REACH = 24;
  const makeLive = () => {
    const chart = results.querySelector(".chart");
    if (!chart) return;
    const frame = chart.parentElement;
    const tip = frame.querySelector(".chart-tip");
    const box = (link) => link.querySelector(".mark-shape").getBoundingClientRect();
    const links = [...chart.querySelectorAll("a")];
    const places = new Map(links.map((link) => [link, box(link).left]));
    links.sort((one, other) => places.get(one) - places.get(other));

    let near = null;
    let middles = [];
    const measure = () => {
      const around = frame.getBoundingClientRect();
      middles = links.map((link) => {
        const mark = box(link);
        return [link, mark.left + mark.width / 2 - around.left, mark.top + mark.height / 2 - around.top];
      });
    };
    const nearest = (event) => {
      const around = frame.getBoundingClientRect();
      const [left, top] = [event.clientX - around.left, event.clientY - around.top];
      return middles.reduce(([found, least], [link, x, y]) => {
        const far = Math.hypot(x - left, y - top);
        return far <= least ? [link, far] : [found, least];
      }, [null, REACH])[0];
    };
    const approach = (link) => {
      if (link === near) return;
      near?.classList.remove("is-told");
      link?.classList.add("is-told");
      chart.classList.toggle("is-near", link !== null);
      near = link;
      if (link) tell(link);
      else hush();
    };

    const tell = (link) => {
      const [mark, around] = [box(link), frame.getBoundingClientRect()];
      tip.textContent = link.getAttribute("aria-label");
      tip.hidden = false;
      const left = mark.left - around.left + mark.width / 2 - tip.offsetWidth / 2;
      const above = mark.top - around.top - tip.offsetHeight - 8;
      tip.style.setProperty("translate",
        `${Math.max(0, Math.min(left, around.width - tip.offsetWidth))}px ${above >= 0 ? above : mark.bottom - around.top + 8}px`);
    };
    const hush = () => {
      tip.hidden = true;
    };
    const stopAt = (link) => {
      links.forEach((other) => other.setAttribute("tabindex", other === link ? "0" : "-1"));
    };

    links.forEach((link) => {
      const title = link.querySelector("title");
      link.setAttribute("aria-label", title.textContent);
      title.remove(); // else the browser shows it beside our own
      link.addEventListener("focus", () => {
        stopAt(link);
        tell(link);
      });
      link.addEventListener("blur", hush);
    });
    frame.addEventListener("pointerenter", measure);
    frame.addEventListener("pointermove", (event) => approach(nearest(event)));
    frame.addEventListener("pointerleave", () => approach(null));
    frame.addEventListener("click", (event) => {
      if (!near || event.target.closest("a")) return;
      const { ctrlKey, metaKey, shiftKey } = event;
      near.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
    });
    stopAt(chart.querySelector("a.is-best:last-of-type") ?? links[links.length - 1]);
    chart.addEventListener("keydown", (event) => {
      const here = links.indexOf(document.activeElement);
      const goal = {
        ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: links.length - 1,
      }[event.key];
      if (event.key === "Escape") hush();
      if (here < 0 || goal === undefined) return;
      event.preventDefault();
      links[Math.max(0, Math.min(goal, links.length - 1))].focus();
    });
  };

  // The form: what is asked for is fetched and put in the place of what is shown; the address is the one to share.
  let latest = 0;
  const show = async (address, { withForm, remember }) => {
    const turn = ++latest;
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-board-results]");
      if (turn !== latest) return;
      if (!answer.ok || !fresh) throw new Error(answer.statusText);
      results.replaceChildren(...fresh.childNodes);
      if (withForm) form.replaceChildren(...page.querySelector("[data-board-filter]").childNodes);
      if (remember) history.pushState(null, "", answer.url);
      results.removeAttribute("aria-busy");
      makeLive();
    } catch {
      if (turn === latest) location.assign(address); // the browser says what is wrong better than we could
    }
  };

  makeLive();
  if (!form) return;
  form.dataset.isLive = "yes";
  const ask = () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("apply", "1");
    show(`${location.pathname}?${fields}`, { withForm: false, remember: true });
  };
  form.addEventListener("change", ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });

  // The list of columns lies over what follows: it closes as a menu does. On a phone it stands in the page, and stays open.
  const openList = () => {
    const found = form.querySelector(".column-choice[open]");
    return found && getComputedStyle(found.querySelector(".column-lists")).position === "absolute" ? found : null;
  };
  const closeList = (beside) => {
    const list = openList();
    if (list && !list.contains(beside)) list.open = false;
  };
  document.addEventListener("pointerdown", (event) => closeList(event.target));
  document.addEventListener("focusin", (event) => closeList(event.target));
  document.addEventListener("keydown", (event) => {
    const list = openList();
    if (event.key !== "Escape" || !list) return;
    const hadFocus = list.contains(document.activeElement);
    list.open = false;
    if (hadFocus) list.querySelector("summary").focus();
  });
  addEventListener("popstate", () => {
    if (!location.hash) show(location.href, { withForm: true, remember: false });
  });
})();
