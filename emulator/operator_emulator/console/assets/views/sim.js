// One SIM: the telephone as its owner sees it, the device to play, facts, events, usage, and each message's way.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, button, columns, empty, facts, input, quota, select, simState, tabs, when } from "../parts.js";
import { ago, day, instant, megabytes, number, time } from "../words.js";

const STATES = [["ONLINE", "Online"], ["ATTACHED", "Attached"], ["OFFLINE", "Offline"]];
const RATS = ["LTE", "CAT-M", "NB-IoT", "3G", "2G", "HSPA+"];
const SENT = { DELIVERED: "sent, taken by your webhook", FAILED: "sent; your webhook never took it", EXPIRED: "sent; your webhook never took it" };
const UNDER_WAY = new Set(["PENDING", "IN_PROGRESS", "BUFFERED"]);

const path = (iccid, rest = "") => `/sims/${encodeURIComponent(iccid)}${rest}`;

// One sentence that says what to do next.
function hint(sim, messages, clock) {
  const waits = messages.filter((one) => one.direction === "MT" && UNDER_WAY.has(one.status));
  const some = waits.length === 1 ? "A message waits." : `${waits.length} messages wait.`;
  if (sim.organisation === null) return "This SIM belongs to a partner of the service portal: its messages go through the portal's API.";
  if (sim.state !== "Activated") return `The SIM is ${sim.state.toLowerCase()}: no device can attach with it.`;
  if (waits.length && sim.device.status === "OFFLINE") return `${some} Attach, and ${waits.length === 1 ? "it is" : "they are"} delivered.`;
  if (waits.length && clock.mode === "manual") return `${some} Time stands still: move the clock, and ${waits.length === 1 ? "it goes" : "they go"}.`;
  if (sim.device.rat === "NB-IoT" && sim.device.status !== "OFFLINE") return "NB-IoT carries no SMS: messages wait until the device uses another radio technology.";
  if (sim.device.status === "OFFLINE") return "The device is switched off. Attach it, or send it an SMS, which will wait.";
  if (sim.device.status === "ATTACHED") return "The device can receive SMS. Go online to use data.";
  return "The device has an open data session.";
}

// The time of day, with the day unless it is today.
const at = (text, now) => (day(text) === new Date(now).toISOString().slice(0, 10) ? time(text) : `${text.slice(5, 10)} ${time(text)}`);

function bubble(message, now) {
  const mine = message.direction === "MO";
  const waits = UNDER_WAY.has(message.status) && !mine;
  const failed = ["FAILED", "EXPIRED", "CANCELED"].includes(message.status);
  const kind = mine ? "mo" : waits ? "mt.waits" : failed ? "mt.failed" : "mt";
  return h(
    `li.bubble.${kind}`,
    { "data-key": message.id },
    h("p", null, message.payload || h("em", null, "empty")),
    h("small", null, [at(message.submitted, now), status(message, now)].filter(Boolean).join(" · ")),
  );
}

function status(message, now) {
  if (message.direction === "MO") return SENT[message.status] ?? "sent, not yet taken by your webhook";
  if (message.status === "BUFFERED") return message.next_attempt ? `waits, next try ${ago(message.next_attempt, now)}` : "waits";
  if (UNDER_WAY.has(message.status)) return "under way";
  return message.status.toLowerCase() + (message.cause ? `: ${message.cause}` : "");
}

function telephone(sim, messages, now) {
  const off = sim.device.status === "OFFLINE";
  const date = new Date(now).toISOString();
  return h(
    "section.telephone",
    { "aria-label": "What the device shows" },
    h(
      "div.screen",
      null,
      h("div.statusbar", null, h("strong", null, time(date)), h("span", null, off ? "No service" : `${sim.device.operator?.name ?? ""} ${sim.device.rat}`)),
      h(
        "ol.conversation",
        { tabindex: 0, "aria-label": "Messages" },
        messages.length ? messages.map((message) => bubble(message, now)) : h("li.hint", null, "No messages yet."),
      ),
      h(
        "form.compose",
        { "data-do": "mo" },
        input("payload", "", { placeholder: off ? "Offline: attach to send" : "SMS from the device", "aria-label": "SMS from the device", disabled: off, required: true }),
        h("button.round", { type: "submit", disabled: off, "aria-label": "Send from the device" }, "↑"),
      ),
    ),
  );
}

function controls(sim, messages, clock) {
  const active = sim.state === "Activated";
  return h(
    "section.card.controls",
    { "aria-label": "Device" },
    h("h2", null, "Device"),
    h(
      "div.switch",
      { role: "group", "aria-label": "State of the device" },
      STATES.map(([id, text]) =>
        h("button", { type: "button", "data-do": "device", "data-status": id, "aria-pressed": String(sim.device.status === id), disabled: !active && id !== "OFFLINE" }, text),
      ),
    ),
    h("p.next", { role: "status" }, hint(sim, messages, clock)),
    h(
      "div.row",
      null,
      h("label", null, "Radio ", select("rat", sim.device.rat, RATS, { "data-do": "radio", disabled: sim.device.status === "OFFLINE" })),
      button("Use 1 MB", "use", { disabled: !active || sim.device.status === "OFFLINE" }),
      button("Swap device", "swap", { disabled: !active }),
      button("Reset connection", "reset", { disabled: sim.device.status === "OFFLINE" }),
      button("Top up", "topup"),
    ),
    sim.organisation === null
      ? null
      : h(
          "form.row.send",
          { "data-do": "mt" },
          input("payload", "", { placeholder: "SMS to the device", "aria-label": "SMS to the device", required: true }),
          h("button.primary", { type: "submit" }, "Send SMS"),
        ),
  );
}

function settings(sim) {
  return h(
    "form.row",
    { "data-do": "change" },
    h("label", null, "Label ", input("label", sim.label, { maxlength: 255 })),
    h("label", null, "SIM ", select("state", sim.state, sim.state === "Activated" || sim.state === "Suspended" ? ["Activated", "Suspended"] : [sim.state])),
    h("label", null, h("input", { type: "checkbox", name: "imei_lock", checked: sim.imei_lock }), " IMEI lock"),
    h("button", { type: "submit" }, "Save"),
  );
}

function timeline(message, opened) {
  const steps = opened?.history ?? [];
  return h(
    "li",
    { "data-key": message.id },
    h(
      "button.entry",
      { type: "button", "data-do": "open", "data-open": message.id, "aria-expanded": String(Boolean(opened)) },
      h("span", null, `${message.direction} ${message.id}`),
      h("span.grow", null, message.payload),
      h("span", null, message.status.toLowerCase()),
    ),
    opened ? h("ol.steps", null, steps.map((step, index) => h("li", { "data-key": index, class: step.kind }, when(step.at), " ", step.text))) : null,
  );
}

function panel({ tab, events, usage, messages, opened, now }) {
  if (tab === "usage") {
    return columns(
      usage.map((one) => one.date.slice(5)),
      [
        ["mt", "received", usage.map((one) => one.volume_rx)],
        ["mo", "sent", usage.map((one) => one.volume_tx)],
      ],
      { title: "Data of the last 14 days", unit: megabytes },
    );
  }
  if (tab === "messages") {
    return messages.length
      ? h("ol.timeline", null, [...messages].reverse().map((message) => timeline(message, opened?.message.id === message.id ? opened : null)))
      : empty("No messages yet.");
  }
  return events.length
    ? h("ol.events", null, events.map((event) => h(`li.${event.severity.toLowerCase()}`, { "data-key": event.id }, when(event.at), h("span", null, event.description))))
    : empty("Nothing has happened yet.");
}

export default {
  title: "SIM",
  titleOf: ({ data, argument }) => data?.sim.label || argument,
  loadsOpened: true,

  load: async ({ argument, local }) => {
    const [sim, { messages }, { events }, { days }, opened] = await Promise.all([
      get(path(argument)),
      get("/messages", { iccid: argument, limit: 100 }),
      get(path(argument, "/events"), { limit: 50 }),
      get(path(argument, "/usage"), { days: 14 }),
      local.tab === "messages" && local.opened ? get(`/messages/${local.opened}`) : null,
    ]);
    return { sim, messages, events, days, opened };
  },

  concerns: (changes, iccid) =>
    changes.sims === true || changes.sims?.includes(iccid) || "sms" in changes || "events" in changes || "notifications" in changes,

  draw({ data: { sim, messages, events, days, opened }, local, clock, now }) {
    const tab = local.tab ?? "events";
    const life = sim.activated && sim.expires ? (now - Date.parse(sim.activated)) / (Date.parse(sim.expires) - Date.parse(sim.activated)) : null;
    return [
      h("p.crumbs", null, h("a", { href: "#/fleet" }, "Fleet"), " / ", h("code", null, sim.iccid)),
      h("h1", null, sim.label || sim.iccid, " ", badge(...simState(sim))),
      h(
        "div.simpage",
        null,
        controls(sim, messages, clock),
        telephone(sim, messages, now),
        h(
          "section.card.identity",
          { "aria-label": "Facts" },
          facts([
            ["ICCID", h("code", null, sim.iccid)],
            ["IMSI", h("code", null, sim.imsi)],
            ["MSISDN", h("code", null, sim.msisdn)],
            ["IMEI", sim.device.imei ? h("code", null, sim.device.imei) : "—"],
            ["IP address", sim.ip_address ? h("code", null, sim.ip_address) : "—"],
            ["Data left", quota(sim.data_quota, "MB")],
            ["SMS left", quota(sim.sms_quota, "")],
            ["Ends", sim.expires ? [day(sim.expires), life === null ? null : h("small", null, ` ${number(Math.round(100 * life))} % passed`)] : "—"],
            ["Session", sim.device.session ? [`since ${instant(sim.device.session.opened)}`, h("small", null, ` ${megabytes(sim.device.session.volume_tx + sim.device.session.volume_rx)}`)] : "—"],
            ["Network", sim.device.operator && sim.device.status !== "OFFLINE" ? `${sim.device.operator.name}, ${sim.device.operator.country}` : "—"],
          ]),
          settings(sim),
        ),
        h(
          "section.card.past",
          { "aria-label": "Past" },
          tabs(tab, [["events", "Events"], ["usage", "Usage"], ["messages", "Messages"]]),
          h("div", { role: "tabpanel" }, panel({ tab, events, usage: days, messages, opened, now })),
        ),
      ),
    ];
  },

  // A conversation is read at its end.
  drawn(stage, state) {
    const list = stage.querySelector(".conversation");
    const count = state.data?.messages?.length ?? 0;
    if (list && state.local.count !== count) {
      state.local.count = count;
      list.scrollTop = list.scrollHeight;
    }
  },

  actions: {
    device: ({ data, call, state }) => call("POST", path(state.argument, "/device"), { status: data.status }),
    radio: ({ value, call, state }) => call("POST", path(state.argument, "/device"), { status: state.data.sim.device.status, rat: value }),
    swap: ({ call, state }) => {
      const digits = String(Math.floor(Math.random() * 1e14)).padStart(14, "0");
      return call("POST", path(state.argument, "/device"), { status: state.data.sim.device.status === "OFFLINE" ? "ATTACHED" : state.data.sim.device.status, imei: `${digits}01` });
    },
    use: ({ call, state }) => call("POST", path(state.argument, "/usage"), { volume_tx: 0.2, volume_rx: 0.8 }),
    reset: ({ call, state }) => call("POST", path(state.argument, "/reset-connection")),
    topup: ({ call, state }) => call("POST", path(state.argument, "/top-up")),
    change: ({ fields, call, state }) =>
      call("PATCH", path(state.argument), { label: fields.label, state: fields.state === state.data.sim.state ? undefined : fields.state, imei_lock: fields.imei_lock === "on" }),
    mo: async ({ fields, element, call, state }) => {
      await call("POST", path(state.argument, "/mo"), { payload: fields.payload });
      element.reset();
    },
    mt: async ({ fields, element, call, state }) => {
      await call("POST", path(state.argument, "/mt"), { payload: fields.payload });
      element.reset();
    },
    tab: ({ data, load, state }) => {
      state.local.tab = data.tab;
      return load();
    },
  },
};
