// The rehearsal on the front page: this browser plays the app. It gets a token from a sandbox provider, posts the
// same bytes to every mounted version, and lets the service say in which places the answers differ. A code can be
// exchanged once, so it is posted to the newest version only.

const { apis, providers, errors, reference, user } = JSON.parse(document.getElementById("rehearsal").textContent);
const $ = (id) => document.getElementById(id);
const THAT_MATTER = ["content-type", "location", "www-authenticate", "retry-after", "allow", "cache-control",
  "deprecation", "sunset", "link"];
const CHANGED = ["created", "linked"];

// What has to survive the visit to the provider's page; gone with the tab.
const kept = {
  get: (name) => JSON.parse(sessionStorage.getItem(`tandem-${name}`)),
  set: (name, value) => sessionStorage.setItem(`tandem-${name}`, JSON.stringify(value)),
  drop: (name) => sessionStorage.removeItem(`tandem-${name}`),
};

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function notice(text, kind = "") {
  $("notice").textContent = text;
  $("notice").className = `notice ${kind}`;
  $("notice").hidden = !text;
}

// 1. To the provider, and back with a token in the fragment or a code in the query.

const HERE = `${location.origin}/`;
const CREDENTIALS = ["access_token", "id_token", "code", "error"];

function random(size) {
  return base64url(crypto.getRandomValues(new Uint8Array(size)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function ask(event) {
  event.preventDefault();
  const provider = providers.find(({ name }) => name === $("provider").value);
  const type = event.submitter?.value || "token";
  if (type === "code" && !provider.redirectUris.includes(HERE)) {
    notice(`The service takes no codes of ${provider.title} that are received at ${HERE}.`, "bad");
    return;
  }
  const asked = { state: random(16), provider: provider.name, linking: $("linking").checked, verifier: random(32) };
  kept.set("asked", asked);
  const query = new URLSearchParams({ response_type: type, redirect_uri: HERE, state: asked.state });
  if (type === "code") {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier));
    query.set("client_id", provider.codeClientId);
    query.set("code_challenge", base64url(new Uint8Array(digest)));
    query.set("code_challenge_method", "S256");
  } else {
    query.set("client_id", provider.clientId);
  }
  location.assign(`${provider.consent}?${query}`);
}

function receive() {
  const received = new URLSearchParams(location.search);
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) received.append(name, value);
  if (!received.has("state") && !CREDENTIALS.some((name) => received.has(name))) return;
  // Neither a token nor a code must stay in the address bar or in the history.
  history.replaceState(null, "", location.pathname);
  const asked = kept.get("asked");
  kept.drop("asked");
  if (!asked || received.get("state") !== asked.state) {
    notice("That was not asked for by this page (its state does not match), so it was dropped.", "bad");
    return;
  }
  const provider = providers.find(({ name }) => name === asked.provider);
  if (received.has("code")) {
    received.set("code_verifier", asked.verifier);
    received.set("redirect_uri", HERE);
  }
  const fields = received.has("code") ? ["code", "code_verifier", "redirect_uri"]
    : provider.accepts.find((names) => names.every((name) => received.has(name)));
  if (!fields) {
    const error = received.get("error");
    notice(error ? `${provider.title} has sent an error instead of a code: ${error}.` : `${provider.title} has sent no token.`, "bad");
    return;
  }
  $("provider").value = provider.name;
  $("linking").checked = asked.linking && Boolean(kept.get("person"));
  fill({ provider: provider.name, ...Object.fromEntries(fields.map((name) => [name, received.get(name)])) });
  notice(received.has("code")
    ? `${provider.title} has given this page a code. It works once, so it is posted to ${apis.at(-1).name} alone.`
    : `${provider.title} has given this page a token. Now post it.`);
  $("send").scrollIntoView({ block: "center" });
  $("post").focus({ preventScroll: true });
}

function fill(body) {
  $("body").value = JSON.stringify(body, null, 2);
  $("body").rows = $("body").value.split("\n").length + 2;
  ready();
}

function ready() {
  $("post").disabled = !$("body").value.trim();
}

// 2. The same bytes to every version.

async function post(api, body) {
  const headers = { "Content-Type": "application/json" };
  const person = kept.get("person");
  if (person && $("linking").checked) Object.assign(headers, bearer(person));
  const response = await fetch(api.signUp, { method: "POST", headers, body, cache: "no-store", credentials: "omit" });
  return {
    api, sent: { headers, body },
    prefix: api.prefix, status: response.status, reason: response.statusText,
    headers: [...response.headers], body: await response.text(),
  };
}

const read = (answer) => { try { return JSON.parse(answer.body); } catch { return {}; } };

async function send(event) {
  event.preventDefault();
  const body = $("body").value;
  $("post").disabled = true;
  $("outcome").hidden = true;
  try {
    const answers = [];
    for (const api of read({ body }).code_verifier ? apis.slice(-1) : apis) {
      notice(`Waiting for ${api.name} …`);
      answers.push(await post(api, body));
    }
    const first = answers[0];
    const outcome = read(first).outcome;
    let before = null;
    if (answers.length > 1 && CHANGED.includes(outcome)) {
      // The first call has changed what the second one found. For equal states, the first is asked once more.
      before = first;
      notice(`Waiting for ${first.api.name} once more …`);
      answers[0] = await post(first.api, body);
    }
    const verdict = answers.length > 1 ? await compare(...answers) : null;
    notice("");
    show(answers, before, verdict);
    remember(before ?? first);
  } catch (error) {
    notice(`The service cannot be reached: ${error.message}.`, "bad");
  }
  ready();
}

function remember(answer) {
  const { token, username } = read(answer);
  if (token) kept.set("person", { token, username });
  greet();
}

function greet() {
  const person = kept.get("person");
  for (const id of ["signed-in", "next"]) $(id).hidden = !person;
  for (const id of ["who", "caller"]) $(id).textContent = person?.username ?? "";
  if (person) $("call").replaceChildren(...copied("call-curl", curl("GET", user, bearer(person)), "Command with this token"));
  else $("linking").checked = false;
}

const bearer = ({ token }) => ({ Authorization: `Bearer ${token}` });

// The page of reference takes the token out of the session storage: a URL is no place for it. The browser copies this
// tab's storage into a window that a script opens.
function openReference() {
  const { token } = kept.get("person");
  sessionStorage.setItem("tandem.docs.token", token);
  if (open(reference)) sessionStorage.removeItem("tandem.docs.token");
  else location.assign(reference);
}

// 3. Both answers, and what the service says of them.

async function compare(old, recent) {
  const recorded = ({ prefix, status, headers, body }) => ({ prefix, status, headers, body });
  const body = JSON.stringify({ old: recorded(old), new: recorded(recent) });
  const answer = await fetch(location.pathname, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!answer.ok) throw new Error(`the comparison answered ${answer.status}`);
  return answer.json();
}

function show(answers, before, verdict) {
  $("outcome").hidden = false;
  $("before").replaceChildren(...(before ? explained(before, answers) : []));
  const texts = answers.map((answer) => [headLines(answer), bodyLines(answer)]);
  $("answers").replaceChildren(...answers.map((answer, index) => exchange(answer, texts[index], texts[1 - index])));
  $("verdict").replaceChildren(...(verdict ? [judged(verdict, answers, before)] : []));
  $("outcome-title").focus({ preventScroll: true });
  $("outcome").scrollIntoView({ block: "start" });
}

function judged({ identical, differences }, answers, before) {
  const names = answers.map(({ api }) => api.name);
  const outside = differences.filter(({ reasons }) => !reasons.length);
  const box = element("div", { className: `verdict ${identical ? "good" : "bad"}` });
  if (identical) {
    box.append(element("p", {}, element("strong", {}, "Identical."),
      ` Same status, same headers, same bytes${differences.length ? ", except where the contract says so:" : "."}`));
  } else {
    const places = outside.length === 1 ? "one place" : `${outside.length} places`;
    box.append(element("p", {}, element("strong", {}, "Not identical."),
      ` The answers differ in ${places} where they must not:`));
  }
  if (differences.length) box.append(table(identical ? differences : outside, names));
  return box;
}

function table(differences, names) {
  const head = element("tr", {}, ...["Where", ...names, "Why"].map((text) => element("th", { scope: "col" }, text)));
  const rows = differences.map(({ place, old, new: recent, reasons }) => {
    const cells = [[names[0], old], [names[1], recent]].map(([name, value]) => {
      const cell = element("td", {}, element("code", {}, short(value)));
      cell.dataset.of = name;
      return cell;
    });
    const why = element("td", {}, reasons.join("; ") || "not on the contract’s list");
    return element("tr", {}, element("th", { scope: "row" }, place), ...cells, why);
  });
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

const short = (text) => (text.length > 30 ? `${text.slice(0, 16)}…` : text);

function explained(before, answers) {
  const { outcome, username } = read(before);
  const name = before.api.name;
  const what = outcome === "created" ? `made a new user, ${username}` : `linked the account to ${username}`;
  return [
    element("h4", {}, `First, ${name} ${what}: ${outcome}`),
    exchange(before, [headLines(before), bodyLines(before)], null, "first"),
    element("h4", {}, `Then the same request to ${answers.map(({ api }) => api.name).join(" and ")}`),
  ];
}

function exchange(answer, [head, body], other, id = answer.api.name) {
  const status = element("span", { className: answer.status < 400 ? "" : "refused" }, `${answer.status} ${answer.reason}`.trim());
  const rest = answer.headers.filter(([name]) => !THAT_MATTER.includes(name));
  const name = answer.api.name;
  return element("article", { className: "exchange" },
    element("h5", { className: "head" }, name, status),
    element("h6", {}, "Request"),
    block(requestLines(answer), null, `Request to ${name}`),
    element("h6", {}, "Answer"),
    block([...head, "", ...body], other && [...other[0], "", ...other[1]], `Answer of ${name}`),
    ...meaning(answer),
    element("details", {}, element("summary", {}, "The request as curl"), ...spent(answer),
      ...copied(`curl-${id}`, curl("POST", answer.api.signUp, answer.sent.headers, answer.sent.body), `Command for ${name}`)),
    element("details", {}, element("summary", {}, `${rest.length} more headers`),
      block(rest.map(([name, value]) => `${name}: ${value}`), null, `More headers of ${name}`)));
}

// An error's code is an anchor of the page of errors.
function meaning(answer) {
  const { code } = read(answer);
  if (answer.status < 400 || !/^[a-z_]+$/.test(code)) return [];
  const link = element("a", { href: `${errors}#${code}` }, "What ", element("code", {}, code), " means, and what to do");
  return [element("p", { className: "meaning" }, link)];
}

function spent({ sent }) {
  if (!read(sent).code_verifier) return [];
  return [element("p", {}, "A code can be exchanged once: to send this again, get a new code first.")];
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(method, path, headers, body) {
  const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(location.origin + path)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) parts.push(`-d ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

// A block with its copy button, which copy.js serves.
function copied(id, text, label) {
  const button = element("button", { type: "button", className: "copy" }, "Copy");
  button.dataset.copies = id;
  button.setAttribute("aria-label", `Copy: ${label}`);
  const made = block(text.split("\n"), null, label);
  made.firstChild.id = id;
  return [button, made];
}

// Lines that the other answer does not have are marked. Each line is an element of its own, for a hanging indent.
function block(lines, others, label) {
  const code = element("code");
  for (const line of lines) {
    const differs = others && line && !others.includes(line);
    code.append(element("span", { className: "line" }, differs ? element("mark", {}, line) : line), "\n");
  }
  const made = element("pre", {}, code);
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  return made;
}

const requestLines = ({ api, sent }) => [
  `POST ${api.signUp}`,
  ...Object.entries(sent.headers).map(([name, value]) => `${name}: ${name === "Authorization" ? `${value.slice(0, 16)}…` : value}`),
];

const headLines = ({ headers }) => headers.filter(([name]) => THAT_MATTER.includes(name)).map(([name, value]) => `${name}: ${value}`);

function bodyLines({ body }) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2).split("\n");
  } catch {
    return body.split("\n");
  }
}

$("ask").addEventListener("submit", ask);
$("send").addEventListener("submit", send);
$("body").addEventListener("input", ready);
$("reference").addEventListener("click", openReference);
$("forget").addEventListener("click", () => { kept.drop("person"); greet(); });
addEventListener("hashchange", receive);
ready();
greet();
receive();
