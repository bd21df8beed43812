// Forms of submissions: names as one types, what the checks say while one types, and more rows. Without this script "Check" does it.
// The form has a field called "dataset", which hides the property of that name: its attributes are asked for by name.
(() => {
  const PAUSE = 400; // milliseconds without a key before the server is asked
  const KINDS = { error: "Error", warning: "Look", note: "Note" };

  const later = (act) => {
    let timer = 0;
    return (...given) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...given), PAUSE);
    };
  };

  const asked = async (address, options) => {
    try {
      const response = await fetch(address, options);
      return response.ok ? await response.json() : null;
    } catch {
      return null; // no answer, or a newer question: the form still sends
    }
  };

  const offer = (list, names) => {
    list.replaceChildren(
      ...names.map((name) => {
        const made = document.createElement("option");
        made.value = name;
        return made;
      }),
    );
  };

  const item = (finding) => {
    const made = document.createElement("li");
    const kind = document.createElement("span");
    made.className = `finding finding-${finding.severity}`;
    kind.className = "finding-kind";
    kind.textContent = `${KINDS[finding.severity]}:`;
    made.append(kind, ` ${finding.sentence}`);
    return made;
  };

  const completes = (form) => {
    const address = form.getAttribute("data-lookup");
    const names = async (kind, query) => (await asked(`${address}?${new URLSearchParams({ kind, q: query })}`))?.found ?? [];
    for (const input of form.querySelectorAll("input[data-lookup]")) {
      const list = input.list;
      input.addEventListener(
        "input",
        later(async () => {
          const typed = input.value;
          const found = typed.trim().length < 2 ? [] : await names(input.dataset.lookup, typed);
          if (input.value === typed) {
            offer(list, found);
          }
        }),
      );
      const metrics = form.querySelector("#metrics");
      if (input.name === "board" && metrics) {
        input.addEventListener("change", async () => {
          const found = await names("metric", input.value);
          offer(metrics, found);
          const empty = [...form.querySelectorAll("[name=metric]")].filter((field) => !field.value);
          found.slice(0, 1).forEach((name, place) => {
            if (empty.length === form.querySelectorAll("[name=metric]").length) {
              empty[place].value = name;
            }
          });
        });
      }
    }
  };

  const checks = (form) => {
    const outlook = form.querySelector("[data-outlook]");
    let question = new AbortController();
    const check = later(async () => {
      question.abort();
      question = new AbortController();
      const told = await asked(form.getAttribute("data-check"), { method: "POST", body: new FormData(form), signal: question.signal });
      if (!told) {
        return;
      }
      const places = [...form.querySelectorAll("[data-found]")];
      const known = new Set(places.map((place) => place.dataset.found));
      for (const place of places) {
        const name = place.dataset.found;
        const mine = told.findings.filter((finding) => (known.has(finding.field) ? finding.field : "") === name);
        // What is still empty is no mistake while somebody types.
        const field = name && form.elements[name];
        const isEmpty = field && "value" in field && !field.value;
        const said = isEmpty ? mine.filter((finding) => finding.severity !== "error") : mine;
        place.replaceChildren(...said.map(item));
        place.closest("[data-field]")?.classList.toggle("has-finding", said.length > 0);
      }
      outlook.textContent = told.outlook;
    });
    form.addEventListener("input", check);
  };

  const grows = (form) => {
    const rows = form.querySelector("[data-score-rows]");
    form.querySelector("[data-more-scores]")?.addEventListener("click", () => {
      const made = rows.lastElementChild.cloneNode(true);
      for (const field of made.querySelectorAll("input, select")) {
        field.value = "";
      }
      rows.append(made);
      made.querySelector("input").focus();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-lookup]")) {
      completes(form);
      grows(form);
      if (form.getAttribute("data-check")) {
        checks(form);
      }
    }
  });
})();
