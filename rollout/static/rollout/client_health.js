// Shows the report on a client. The key comes from the URL's fragment, which browsers send to no server.
"use strict";

const find = (id) => document.getElementById(id);
const RESOURCE = document.body.dataset.resource;
const STATES = {
  401: "This key is not valid. Ask the operator of this service for a new link.",
  429: "Too many requests. Wait a minute, then load the page again.",
};

// Elements and texts only: nothing of an answer is parsed as HTML.
function make(tag, properties = {}, ...children) {
  const { title, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  if (title) element.dataset.title = title;
  element.append(...children);
  return element;
}

const number = (value) => value.toLocaleString("en");
const plural = (value, one) => `${number(value)} ${one}${value === 1 ? "" : "s"}`;
// In an element of its own, which is not broken over two lines.
const moment = (text) => make("time", { dateTime: text }, `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`);
const used = (use) => (use.last_use ? make("time", { dateTime: use.last_use }, use.last_use) : "not in 90 days");

// Calls are counted by UTC day; the days until a date are rounded up, so that the last day is one.
function until(text, now) {
  const days = Math.ceil((new Date(text) - new Date(now)) / 86_400_000);
  return days > 0 ? `in ${plural(days, "day")}` : "now";
}

function summarize(report) {
  const { old, sunset_at: sunset } = report;
  if (sunset && sunset <= report.as_of) {
    return old.calls
      ? ["bad", `${old.version} ended on `, moment(sunset), ", and your client still calls it: every call is refused."]
      : ["good", `${old.version} has ended. Your client does not call it any more.`];
  }
  if (!old.calls) return ["good", `Your client has not called ${old.version} in the last ${report.days} days. Nothing is left to do.`];
  const deadline = sunset ? [` ${old.version} ends on `, moment(sunset), `, ${until(sunset, report.as_of)}.`] : [];
  return ["wait", `Your client still calls ${old.version}: ${plural(old.calls, "call")} in the last ${report.days} days.`, ...deadline];
}

function figures(report) {
  const figure = (term, value, ...more) => make("div", {}, make("dt", {}, term), make("dd", {}, value), make("dd", {}, ...more));
  const { old, new: current, share_moved: share } = report;
  const refused = old.refused ? `; ${number(old.refused)} refused` : "";
  return [
    figure(`Calls of ${old.version}`, number(old.calls), "last use: ", used(old), refused),
    figure(`Calls of ${current.version}`, number(current.calls), "last use: ", used(current)),
    figure("Moved", share === null ? "–" : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`, `of the calls of ${report.days} days`),
  ];
}

function table(head, rows) {
  const titles = head.map((title, index) => make("th", { scope: "col", className: index && title !== "Last use" ? "number" : "" }, title));
  return make("table", {}, make("thead", {}, make("tr", {}, ...titles)), make("tbody", {}, ...rows));
}

function calls(report, rows, name) {
  if (!rows.length) return make("p", { className: "soft" }, "No calls are counted in the last 90 days.");
  const { old, new: current } = report;
  const head = [`Calls of ${old.version}`, "Last use", `Calls of ${current.version}`, "Last use"];
  const last = (title) => `Last use of ${title}`;
  return table([name, ...head], rows.map((row) => make("tr", {},
    make("th", { scope: "row" }, row.resource ?? row.client),
    make("td", { className: row.old.calls ? "number old" : "number soft", title: head[0] }, make("span", {}, number(row.old.calls))),
    make("td", { title: last(old.version) }, make("span", {}, used(row.old))),
    make("td", { className: row.new.calls ? "number new" : "number soft", title: head[2] }, make("span", {}, number(row.new.calls))),
    make("td", { title: last(current.version) }, make("span", {}, used(row.new))),
  )));
}

function change(report) {
  const { old, new: current, to_change: rows, guide } = report;
  if (!rows.length) return [make("p", {}, `Nothing: no call of ${old.version} is counted in the last ${report.days} days.`)];
  const prefix = old.prefix ? make("code", { className: "old" }, old.prefix) : old.version;
  const found = [
    make("p", {}, "Replace ", prefix, " by ", make("code", { className: "new" }, current.prefix),
      " in the base URL of your client. Requests, answers and access tokens stay the same."),
    table(["Resource", `Calls of ${old.version}`, "Last use"], rows.map((row) => make("tr", {},
      make("th", { scope: "row" }, ...(row.old_path
        ? [make("code", { className: "old" }, row.old_path), make("span", { className: "arrow" }, " → "), make("code", { className: "new" }, row.new_path)]
        : [row.resource])),
      make("td", { className: "number", title: `Calls of ${old.version}` }, make("span", {}, number(row.calls))),
      make("td", { title: "Last use" }, make("span", {}, used(row))),
    ))),
  ];
  if (guide) found.push(make("p", {}, "More in the ", link(guide, "guide of the operator"), "."));
  return found;
}

function link(address, text) {
  // Anything else, such as javascript:, would run here.
  return /^https?:\/\//.test(address) ? make("a", { href: address, rel: "noreferrer" }, text) : text;
}

function dates(report) {
  const { old, as_of: now } = report;
  const found = [];
  const at = (date, title, ...text) => {
    if (!date) return;
    const when = date > now ? [moment(date), `, ${until(date, now)}. `] : ["Since ", moment(date), ". "];
    found.push([date, make("li", {}, make("strong", {}, title), ...when, ...text)]);
  };
  at(report.deprecated_at, `${old.version} is deprecated`, "Its answers have the headers Deprecation and Link.");
  for (const one of report.brownouts) {
    const part = (one.share === 100 ? "every call" : `${one.share} % of the calls`) + (one.client ? ` of ${one.client}` : "");
    at(one.start, one.start <= now ? "Brownout, now" : "Brownout", `Until `, moment(one.end), ` ${old.version} answers 410 to ${part}.`);
  }
  at(report.sunset_at, `${old.version} ${report.sunset_at > now ? "ends" : "has ended"}`, "From then on it answers 410 to every call.");
  if (!found.length) return [make("li", {}, `No date is set: the operator has not decided when ${old.version} ends.`)];
  return found.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, element]) => element);
}

function show(report) {
  const [kind, ...text] = summarize(report);
  find("title").textContent = document.title = `Calls of ${report.client}`;
  find("summary").className = `summary ${kind}`;
  find("summary").replaceChildren(...text);
  find("figures").replaceChildren(...figures(report));
  find("change").replaceChildren(...change(report));
  find("dates").replaceChildren(...dates(report));
  find("resources").replaceChildren(calls(report, report.resources, "Resource"));
  find("versions").replaceChildren(calls(report, report.versions, "Version"));
  find("made").replaceChildren("As of ", moment(report.as_of), ". Days are UTC; today is not over.");
}

function notify(text, kind = "") {
  find("notice").className = `notice ${kind}`;
  find("notice").textContent = text;
  find("notice").hidden = !text;
}

async function load(key) {
  find("ask").hidden = find("report").hidden = true;
  notify("The calls are being read …");
  try {
    const answer = await fetch(RESOURCE, { headers: { Authorization: `Bearer ${key}` }, cache: "no-store", credentials: "omit" });
    if (answer.ok) {
      show(await answer.json());
      notify("");
      find("report").hidden = false;
      return;
    }
    notify(STATES[answer.status] ?? `The service answers ${answer.status}. Try again later.`, "bad");
    find("ask").hidden = answer.status !== 401;
  } catch {
    // A key with characters that no header has, or no connection.
    notify("The calls cannot be read: the key is not valid, or the service cannot be reached.", "bad");
    find("ask").hidden = false;
  }
}

function start() {
  const key = location.hash.slice(1);
  if (key) load(key);
  else find("ask").hidden = false;
}

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  // A page that is loaded again, or kept as a bookmark, finds the key there.
  location.hash = find("key").value.trim();
});
window.addEventListener("hashchange", start);
start();
