// The Data Streamer's streams, as the operator's portal has them: state, backlog, attempts; and what can be done to them.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, button, empty, field, input, select, table, when } from "../parts.js";
import { ago, number, word } from "../words.js";

const KINDS = [["events", "events"], ["usage", "usage"], ["sms", "messages"]];
const GENERATIONS = [["ds2", "ds2, Platform 2.0"], ["ds1", "ds1, the old one"]];
const DOTS = { RUNNING: "online", PAUSED: "waits", FAILED: "bad" };
// What a stream in a state can do.
const ACTS = { RUNNING: ["Pause", "pause"], PAUSED: ["Resume", "resume"], FAILED: ["Restart", "restart"] };

const outcome = (attempt) => (attempt.status ? `answered ${attempt.status}` : attempt.problem ?? "under way");
const good = (attempt) => attempt.status >= 200 && attempt.status < 300;

function attempts(stream, now) {
  return h(
    "div.tries",
    null,
    stream.attempts.length ? null : h("p.hint", null, "Nothing was sent yet."),
    h(
      "ol",
      { reversed: true },
      stream.attempts.toReversed().map((one) =>
        h("li", { "data-key": one.at }, when(one.at), `, ${one.records === 1 ? "1 record" : `${number(one.records)} records`}: `, h(good(one) ? "span" : "strong.bad", null, outcome(one))),
      ),
    ),
    stream.next_try ? h("p", null, `Next attempt ${ago(stream.next_try, now)}, `, when(stream.next_try), ".") : null,
  );
}

function row(stream, organisations) {
  const [text, action] = ACTS[stream.state];
  const last = stream.attempts.at(-1);
  const name = `stream ${stream.id}`;
  return {
    key: stream.id,
    open: stream.id,
    cells: [
      h("strong", null, String(stream.id)),
      organisations.get(stream.organisation) ?? String(stream.organisation),
      `${stream.kind}, ${stream.generation}`,
      h("code", null, stream.url),
      badge(DOTS[stream.state], word(stream.state)),
      number(stream.backlog),
      last ? outcome(last) : "—",
      h(
        "span.group",
        null,
        button(text, "act", { "data-id": stream.id, "data-act": action, "aria-label": `${text} ${name}` }),
        button("Remove", "remove", { "data-id": stream.id, "aria-label": `Remove ${name}` }),
      ),
    ],
  };
}

function creation(organisations) {
  return h(
    "form.card.build",
    { "data-do": "create" },
    h("h2", null, "New data stream"),
    field("Organisation", select("organisation", [...organisations.keys()][0], [...organisations].map(([id, name]) => [id, name]))),
    field("Kind", select("kind", "events", KINDS)),
    field("Format", select("generation", "ds2", GENERATIONS)),
    field("URL of your endpoint", input("url", "", { type: "url", placeholder: "http://127.0.0.1:9100/events", required: true })),
    field("Basic header", input("authorization", "", { placeholder: "dXNlcjpwYXNzd29yZA==", required: true }), "The base64 of user:password."),
    h("label", null, h("input", { type: "checkbox", name: "history", value: "yes" }), " begin with the last seven days"),
    h("button.primary", { type: "submit" }, "Create the stream"),
  );
}

export default {
  title: "Data streams",

  load: async () => {
    const [{ data_streams }, { organisations }] = await Promise.all([get("/data-streams"), get("/organisations")]);
    return { streams: data_streams, organisations: new Map(organisations.map((one) => [one.id, one.name])) };
  },

  concerns: (changes) => ["data_streams", "events", "usage_records", "organisations"].some((table) => table in changes),

  draw({ data: { streams, organisations }, local, now }) {
    const rows = streams.flatMap((one) => [
      row(one, organisations),
      ...(String(one.id) === local.opened ? [{ key: `${one.id} attempts`, detail: attempts(one, now) }] : []),
    ]);
    return [
      h("h1", null, "Data streams"),
      h(
        "section.card.list",
        { "aria-label": "Data streams" },
        rows.length
          ? table([["Id"], ["Organisation"], ["Records"], ["Endpoint"], ["State"], ["Backlog"], ["Last answer"], [""]], rows, { caption: "Data streams" })
          : empty("No data streams.", "A data stream pushes the events, usage or messages of an organisation to your endpoint, in batches."),
      ),
      organisations.size ? creation(organisations) : null,
    ];
  },

  actions: {
    act: ({ data, call, load }) => call("POST", `/data-streams/${data.id}/${data.act}`).then(load),
    remove: ({ data, call, load }) => call("DELETE", `/data-streams/${data.id}`).then(load),
    create: async ({ fields, call, load, element }) => {
      await call("POST", "/data-streams", {
        organisation: Number(fields.organisation),
        kind: fields.kind,
        generation: fields.generation,
        url: fields.url,
        authorization: fields.authorization,
        history: fields.history === "yes",
      });
      element.reset();
      await load();
    },
  },
};
