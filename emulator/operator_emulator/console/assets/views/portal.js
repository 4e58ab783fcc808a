// The service portal: partners, actions in progress, transfers, subscriptions with their connections.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, button, empty, table, when } from "../parts.js";
import { word } from "../words.js";

const kind = (status) => ({ DONE: "online", COMPLETED: "online", ACCEPTED: "attached", IN_PROGRESS: "attached", PENDING: "waits" })[status] ?? "bad";

const section = (title, heads, rows, nothing) =>
  h("section.card.list", { "aria-label": title }, h("h2", null, title), rows.length ? table(heads, rows, { caption: title }) : empty(nothing));

export default {
  title: "Portal",

  load: async () => {
    const [{ partners }, { actions }, { transfers }, { applications }] = await Promise.all(
      ["partners", "actions", "transfers", "subscriptions"].map((name) => get(`/portal/${name}`)),
    );
    return { partners, actions, transfers, applications };
  },

  concerns: (changes) => ["partners", "actions", "sim_transfers", "subscriptions", "notifications", "contracts"].some((name) => name in changes),

  draw({ data: { partners, actions, transfers, applications } }) {
    const streams = applications.flatMap((one) => one.subscriptions.map((stream) => ({ ...stream, client: one.client_id, partner: one.partnerID })));
    return [
      h("h1", null, "Service portal"),
      section("Actions", [["Signup id"], ["Partner"], ["Action"], ["Status"], ["SIMs"], ["Created"], ["Ends"]], actions.map((one) => ({
        key: one.id,
        cells: [h("strong", null, String(one.id)), one.partner, one.kind, badge(kind(one.status), word(one.status)), String(one.sims), when(one.created), when(one.finished ?? one.due)],
      })), "No action was requested yet."),
      section("SIM transfers", [["Transaction"], ["From"], ["To"], ["Status"], ["SIMs"], ["Created"]], transfers.map((one) => ({
        key: one.id,
        cells: [h("strong", null, String(one.id)), one.sender, one.receiver, badge(kind(one.status), word(one.status)), String(one.sims), when(one.created)],
      })), "No transfer was requested yet."),
      section("Event streams", [["Application"], ["Event type"], ["Connection"], ["Backlog"], ["Address"], [""]], streams.map((one) => ({
        key: one.id,
        cells: [h("strong", null, one.client), one.type, one.connected ? badge("online", "Open") : badge("offline", "None"), String(one.owed), h("code", null, new URL(one.url).pathname), button("Make an event", "event", { "data-type": one.type, "data-partner": one.partner, "aria-label": `Make a ${one.type} for ${one.client}` })],
      })), "No application has a stream."),
      section("Partners", [["Partner"], ["Name"], ["SIMs"], ["Part of"]], partners.map((one) => ({
        key: one.id,
        cells: [h("strong", null, one.id), one.name, String(one.sims), one.parent ?? "—"],
      })), "This world has no partners."),
    ];
  },

  actions: {
    event: ({ data, call, load }) => call("POST", "/portal/events", { type: data.type, partnerID: data.partner }).then(load),
  },
};
