// The shell: which view is open, what it has loaded, the clock, the change stream, and one place for every action.

import { change, get, Refused, session, useToken } from "./api.js";
import { h, patch } from "./dom.js";
import { listen } from "./live.js";
import { button } from "./parts.js";

const MENU = {
  fleet: "Fleet",
  messages: "Messages",
  callbacks: "Callbacks",
  "data-streams": "Data streams",
  portal: "Portal",
  journal: "Journal",
  faults: "Faults",
  clock: "Clock",
  snapshots: "Snapshots",
  configuration: "Configuration",
};
const NAMES = new Set([...Object.keys(MENU), "sim"]); // of modules in views/
const VIEWS = {}; // those that were opened
const PAUSE = 120; // milliseconds that changes are gathered for before the view loads again,
const EVERY = 300; // and from one such load to the next, unless the view wants more

const state = {
  route: "", // nothing is open yet
  argument: "",
  query: {},
  data: null, // what the view has loaded
  local: {}, // what only this page knows: an open tab, a search, a draft
  problem: null,
  connection: "reconnecting",
  asked: false, // for a token
  wrong: false, // the one that was sent
  clock: null,
  clockAt: 0,
  toast: null,
};

// ------------------------------------------------------------------------------------------------ the world's time

export function now() {
  if (!state.clock) return Date.now();
  const passed = state.clock.mode === "manual" ? 0 : (performance.now() - state.clockAt) * state.clock.speed;
  return Date.parse(state.clock.now) + passed;
}

async function loadClock() {
  state.clock = await get("/clock");
  state.clockAt = performance.now();
}

function pace() {
  if (!state.clock) return "";
  if (state.clock.mode === "manual") return "stands still";
  return state.clock.speed === 1 ? "real time" : `${state.clock.speed} × real time`;
}

// ------------------------------------------------------------------------------------------------ loading

let loading = null; // the newest load; an older one that ends later is not shown
let begun = 0; // when it began

async function load() {
  const view = VIEWS[state.route];
  if (!view) return;
  const mine = (loading = {});
  begun = performance.now();
  const context = { argument: state.argument, query: state.query, local: state.local, now: now() };
  try {
    const [data] = await Promise.all([view.load(context), loadClock()]);
    if (mine !== loading) return;
    state.data = data;
    state.problem = null;
  } catch (problem) {
    if (mine !== loading) return;
    state.problem = problem instanceof Refused ? problem.message : "The emulator does not answer.";
  }
  draw();
}

let waiting = null;
let missed = false; // something changed while the page was hidden

function loadSoon() {
  if (document.hidden) {
    missed = true;
    return;
  }
  const rest = begun + (VIEWS[state.route].every ?? EVERY) - performance.now();
  waiting ??= setTimeout(() => {
    waiting = null;
    load();
  }, Math.max(PAUSE, rest));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && missed) {
    missed = false;
    load();
  }
});

function heard({ event, data }) {
  const view = VIEWS[state.route];
  if (!view) return;
  if (event === "lost") loadSoon();
  else if (event === "exchange") {
    if (view.hearsExchanges) loadSoon();
  } else if ("clocks" in data || view.concerns(data, state.argument)) loadSoon();
}

// ------------------------------------------------------------------------------------------------ drawing

const stage = document.getElementById("console");

function bar() {
  const menu = Object.entries(MENU).map(([name, title]) =>
    h("a", { href: `#/${name}`, "aria-current": name === state.route || (name === "fleet" && state.route === "sim") ? "page" : null }, title),
  );
  const [date, rest] = new Date(now()).toISOString().slice(0, 19).split("T");
  return h(
    "header.bar",
    null,
    h("a.mark", { href: "#/fleet" }, h("img", { src: "/_emulator/ui/icon.svg", alt: "" }), h("strong", null, "operator-emulator")),
    h("nav", { "aria-label": "Views" }, menu),
    state.clock && h(
      "div.time",
      null,
      h(`span.dot.${state.connection === "live" ? "online" : "waits"}`, { title: state.connection, "aria-hidden": "true" }),
      h("time", { datetime: `${date}T${rest}Z` }, `${date} ${rest}`),
      h("small", null, "UTC"),
      h("span.pace", null, pace()),
      h(
        "span.group",
        { role: "group", "aria-label": "Move the clock" },
        [["+1 min", 60], ["+1 h", 3600], ["+1 d", 86400]].map(([text, seconds]) => button(text, "advance", { "data-seconds": seconds })),
        button("Next job", "advance", { "data-until": "next-job" }),
      ),
    ),
  );
}

function token() {
  return h(
    "form.card.narrow",
    { "data-do": "token" },
    h("h1", null, "Token required"),
    h("p", null, "This emulator was started with --control-token. Enter that token; it is kept until you close this tab."),
    state.wrong ? h("p.bad", { role: "alert" }, "That token is not the one of this emulator.") : null,
    h("label.field", null, h("span", null, "Control token"), h("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true })),
    h("button.primary", { type: "submit" }, "Continue"),
  );
}

function foot() {
  return h(
    "footer.line",
    null,
    state.toast ? h(`p.toast.${state.toast.kind}`, { role: "status", "data-key": state.toast.number }, state.toast.text) : null,
    session.lastCurl
      ? h("p.curl", null, h("code", { title: session.lastCurl }, session.lastCurl), button("Copy", "copy", { "data-text": session.lastCurl, "aria-label": "Copy the curl command" }))
      : h("p.curl.hint", null, "Each click here is one call to the control plane; its curl command appears here."),
  );
}

function draw() {
  const view = VIEWS[state.route];
  if (view) document.title = `${view.titleOf?.(state) ?? view.title} · operator-emulator`;
  const shown = { ...state, now: now() };
  const content = state.asked
    ? token()
    : state.problem
      ? h("div.card.problem", { role: "alert" }, h("p", null, state.problem), button("Try again", "reload"))
      : state.data === null
        ? h("p.loading", { role: "status" }, "Loading …")
        : view.draw(shown);
  const fresh = h(
    "div",
    { id: "console" },
    h("a.skip", { href: "#content", "data-do": "skip" }, "Skip to the content"),
    bar(),
    state.connection === "reconnecting" && state.data !== null ? h("p.broken", { role: "status" }, "The connection was lost. Reconnecting …") : null,
    h("main", { id: "content", tabindex: -1, class: state.route }, content),
    foot(),
  );
  patch(stage, fresh);
  view?.drawn?.(stage, state);
}

function toast(kind, text) {
  const number = (state.toast?.number ?? 0) + 1;
  state.toast = { kind, text, number };
  setTimeout(() => {
    if (state.toast?.number === number) {
      state.toast = null;
      draw();
    }
  }, 6000);
  draw();
}

// ------------------------------------------------------------------------------------------------ actions

// What every view may do. An action gets the element's data-* values, the fields of its form, and the tools below.
const SHARED = {
  reload: () => navigate(),
  skip: () => document.getElementById("content").focus(),
  copy: async ({ data }) => {
    await navigator.clipboard.writeText(data.text);
    toast("good", "Copied.");
  },
  token: ({ fields, element }) => {
    element.reset();
    useToken(fields.token);
    state.asked = false;
    begin();
  },
  advance: async ({ data }) => {
    const done = await change("POST", "/clock/advance", data.until ? { until: data.until } : { seconds: Number(data.seconds) });
    toast("good", done.jobs_run === 1 ? "1 job ran." : `${done.jobs_run} jobs ran.`);
  },
  tab: ({ data }) => {
    state.local.tab = data.tab;
    draw();
  },
  open: ({ data }) => {
    state.local.opened = state.local.opened === data.open ? null : data.open;
    return state.local.opened && VIEWS[state.route].loadsOpened ? load() : draw();
  },
  first: () => go({ after: null, before: null }),
  next: () => go(state.data.next ?? {}),
  sort: ({ data }) => go({ order: state.query.order === data.order ? `-${data.order}` : data.order, after: null, before: null }),
  filter: ({ fields, data }) => go({ ...fields, ...data.query && JSON.parse(data.query), after: null, before: null }),
};

function go(changes) {
  const query = { ...state.query, ...changes };
  for (const [name, value] of Object.entries(query)) if (value === null || value === "") delete query[name];
  const text = new URLSearchParams(query).toString();
  const path = state.argument ? `${state.route}/${encodeURIComponent(state.argument)}` : state.route;
  location.hash = `#/${path}${text ? `?${text}` : ""}`;
}

const tools = { call: change, get, toast, draw, load, go, state };

async function act(element, event) {
  const action = VIEWS[state.route]?.actions?.[element.dataset.do] ?? SHARED[element.dataset.do];
  if (!action) return;
  const form = element.closest("form");
  const fields = form ? Object.fromEntries(new FormData(form)) : {};
  if (element.nodeName === "FORM" || element.nodeName === "A") event.preventDefault();
  element.setAttribute("aria-busy", "true");
  try {
    await action({ data: element.dataset, fields, element, value: element.value, ...tools });
  } catch (problem) {
    toast("bad", problem instanceof Refused ? problem.message : "The emulator does not answer.");
  } finally {
    element.removeAttribute("aria-busy");
    draw();
  }
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-do]");
  if (!element || ["FORM", "INPUT", "SELECT", "TEXTAREA"].includes(element.nodeName)) return;
  if (element.nodeName === "TR" && event.target.closest("a, button")) return;
  act(element, event);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.dataset.do) act(event.target, event);
});
document.addEventListener("change", (event) => {
  if (event.target.dataset.do && event.target.dataset.on !== "input") act(event.target, event);
});

let typing = null;
document.addEventListener("input", (event) => {
  if (event.target.dataset.on !== "input") return;
  clearTimeout(typing);
  typing = setTimeout(() => act(event.target, event), 200);
});

// ------------------------------------------------------------------------------------------------ start

let opening = null; // the newest address; a module that comes later for an older one opens nothing

async function navigate() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, argument = ""] = path.split("/").map(decodeURIComponent);
  const route = NAMES.has(name) ? name : "fleet";
  const mine = (opening = {});
  try {
    VIEWS[route] ??= (await import(`./views/${route}.js`)).default;
  } catch {
    state.problem = "The emulator does not answer.";
    draw();
    return;
  }
  if (mine !== opening) return;
  if (route !== state.route || argument !== state.argument) {
    Object.assign(state, { data: null, local: {}, problem: null });
    scrollTo(0, 0);
  }
  Object.assign(state, { route, argument, query: Object.fromEntries(new URLSearchParams(query)) });
  draw();
  load();
}

let stop = null;

function begin() {
  stop?.abort();
  stop = new AbortController();
  listen(heard, (connection) => {
    state.connection = connection;
    draw();
  }, stop.signal);
  navigate();
}

// Several requests may be refused at once; the first tells whether a token was sent.
session.onAsked = () => {
  if (state.asked) return;
  Object.assign(state, { asked: true, wrong: session.token !== "" });
  useToken("");
  draw();
  document.getElementById("token")?.focus();
};
addEventListener("hashchange", navigate);
setInterval(() => {
  if (!document.hidden && state.clock?.mode === "real") draw();
}, 1000);
begin();
