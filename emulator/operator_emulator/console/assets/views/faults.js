// Faults: the active ones with how often they struck, the predefined ones, and a form to build one.

import { get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, field, input, select, table } from "../parts.js";

const EFFECTS = {
  http: [["status", "answer with a status"], ["delay", "delay, in seconds"], ["reset", "cut the connection"], ["token", "revoke the token"], ["mangle", "spoil the body"]],
  network: [["cause", "fail the delivery"]],
  callback: [["status", "pretend that the webhook answered"], ["problem", "pretend that no answer came"]],
  "data-stream": [["twice", "send the batch twice"], ["shuffle", "send its records out of order"], ["records", "fill it up to so many records"], ["string_volume", "send volumes as strings"], ["status", "pretend that the endpoint answered"], ["problem", "pretend that no answer came"]],
};
const VALUES = {
  reset: ["before", "middle"],
  token: ["revoked", "expired"],
  mangle: ["empty", "truncated", "malformed"],
  cause: ["absent subscriber", "memory capacity exceeded", "call barred", "teleservice not provisioned"],
  problem: ["refused", "timeout"],
};
const NUMBERS = { status: 500, delay: 2, records: 3000 };
const FLAGS = new Set(["twice", "shuffle", "string_volume"]); // they have no value: they are so, or not

function valueOf({ effect, value }) {
  if (FLAGS.has(effect)) return true;
  return effect in NUMBERS ? Number(value) : value;
}

function valueField(effect) {
  if (FLAGS.has(effect)) return null;
  if (VALUES[effect]) return field("Value", select("value", VALUES[effect][0], VALUES[effect]));
  return field("Value", input("value", NUMBERS[effect], { type: "number", min: 0, step: "any", required: true }));
}

const POINTS = { http: "requests to the operator", network: "delivery of an SMS", callback: "callbacks to your webhook", "data-stream": "batches of a data stream" };

const json = (value) => (Object.keys(value ?? {}).length ? JSON.stringify(value) : "—");

function builder(local) {
  const point = local.point ?? "http";
  const effect = EFFECTS[point].some(([id]) => id === local.effect) ? local.effect : EFFECTS[point][0][0];
  return h(
    "form.card.build",
    { "data-do": "add" },
    h("h2", null, "Build one"),
    field("Name", input("name", "", { placeholder: "my-fault", required: true })),
    field("Where", select("point", point, Object.entries(POINTS), { "data-do": "draft" })),
    field("What", select("effect", effect, EFFECTS[point], { "data-do": "draft" })),
    valueField(effect),
    point === "http" ? field("Only paths like", input("path", "", { placeholder: "*/sms" })) : null,
    field("Probability", input("probability", 1, { type: "number", min: 0, max: 1, step: 0.05 })),
    field("How often", input("times", "", { type: "number", min: 1, placeholder: "without end" })),
    h("button.primary", { type: "submit" }, "Add the fault"),
  );
}

export default {
  title: "Faults",
  load: () => get("/faults"),
  concerns: (changes) => "faults" in changes,

  draw({ data: { faults, ready }, local }) {
    return [
      h("h1", null, "Faults"),
      h(
        "section.card.list",
        { "aria-label": "Active faults" },
        h("form.filters", null, h("h2", null, "Active"), faults.length ? button("Remove all", "clear") : null),
        faults.length
          ? table(
              [["Name"], ["Where"], ["Effect"], ["Match"], ["Struck"], ["Left"], [""]],
              faults.map((one) => ({
                key: one.id,
                cells: [h("strong", null, one.name), POINTS[one.point], h("code", null, json(one.effect)), h("code", null, json(one.match)), String(one.struck), one.times ?? "without end", button("Remove", "remove", { "data-id": one.id, "aria-label": `Remove ${one.name}` })],
              })),
              { caption: "Active faults" },
            )
          : empty("No active faults.", "Add a predefined fault, or define your own."),
      ),
      h(
        "section.halves",
        null,
        h(
          "div.card",
          null,
          h("h2", null, "Predefined"),
          h("ul.ready", null, ready.map((one) => h("li", { "data-key": one.name }, button(one.name, "ready", { "data-name": one.name }), h("span", null, POINTS[one.point], h("code", null, json(one.effect)))))),
        ),
        builder(local),
      ),
    ];
  },

  actions: {
    ready: ({ data, call, load }) => call("POST", "/faults", { name: data.name }).then(load),
    remove: ({ data, call, load }) => call("DELETE", `/faults/${data.id}`).then(load),
    clear: ({ call, load }) => call("DELETE", "/faults").then(load),
    draft: ({ fields, state, draw }) => {
      Object.assign(state.local, { point: fields.point, effect: fields.effect });
      draw();
    },
    add: async ({ fields, call, load, element }) => {
      await call("POST", "/faults", {
        name: fields.name,
        point: fields.point,
        effect: { [fields.effect]: valueOf(fields) },
        match: fields.path ? { path: fields.path } : undefined,
        probability: Number(fields.probability),
        times: fields.times ? Number(fields.times) : undefined,
      });
      element.reset();
      await load();
    },
  },
};
