// The forecast in the form of a brownout follows the fields.
"use strict";

const FIELDS = ["start_0", "start_1", "end_0", "end_1", "share", "client"];

addEventListener("DOMContentLoaded", () => {
  const shown = document.querySelector("[data-forecast]");
  const form = shown?.closest("form");
  if (!form?.elements.start_0) return; // a list, or a user who may only look
  let asked = "";
  let waiting;

  // Only these fields: the token against CSRF must not be part of a URL.
  async function update() {
    const query = new URLSearchParams(FIELDS.map((name) => [name, form.elements[name].value])).toString();
    if (query === asked) return;
    asked = query;
    const answer = await fetch(`${shown.dataset.forecast}?${query}`, { credentials: "same-origin" });
    if (answer.ok && query === asked) shown.textContent = await answer.text();
  }

  // The calendar and the clock of the admin change fields without an event, so clicks count too.
  for (const kind of ["input", "change", "click"]) {
    document.addEventListener(kind, () => {
      clearTimeout(waiting);
      waiting = setTimeout(update, 300);
    });
  }
  update();
});
