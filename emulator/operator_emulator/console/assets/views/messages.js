// All messages, the newest first; one that is opened shows its way.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, empty, messageKind, pager, select, table, when } from "../parts.js";
import { word } from "../words.js";

const PAGE = 50;
const STATUSES = ["PENDING", "IN_PROGRESS", "BUFFERED", "DELIVERED", "FAILED", "EXPIRED", "CANCELED"];

function way(message) {
  return h("ol.steps", null, message.history.map((step, index) => h("li", { "data-key": index, class: step.kind }, when(step.at), " ", step.text)));
}

export default {
  title: "Messages",
  loadsOpened: true,

  load: async ({ query, local }) => {
    const [page, opened] = await Promise.all([
      get("/messages", { limit: PAGE, ...query }),
      local.opened ? get(`/messages/${local.opened}`) : null,
    ]);
    return { messages: page.messages.reverse(), total: page.total, next: page.next ? { before: page.next } : null, opened };
  },

  concerns: (changes) => "sms" in changes || "notifications" in changes,

  draw({ data: { messages, total, next, opened }, query }) {
    const rows = messages.flatMap((one) => [
      {
        key: one.id,
        open: one.id,
        cells: [
          h("strong", null, String(one.id)),
          one.direction === "MT" ? "to device" : "from device",
          h("a", { href: `#/sim/${one.iccid}` }, h("code", null, one.iccid)),
          h("span.payload", null, one.payload),
          badge(messageKind(one.status), word(one.status)),
          when(one.submitted),
          one.next_attempt ? when(one.next_attempt) : one.cause ?? "—",
        ],
      },
      ...(opened?.message.id === one.id ? [{ key: `${one.id} way`, detail: way(opened) }] : []),
    ]);
    return [
      h("h1", null, "Messages"),
      h(
        "section.card.list",
        { "aria-label": "Messages" },
        h(
          "form.filters",
          { "data-do": "filter" },
          h("label", null, "Status ", select("status", query.status ?? "", [["", "any"], ...STATUSES.map((one) => [one, word(one)])], { "data-do": "filter" })),
          h("label", null, "Direction ", select("direction", query.direction ?? "", [["", "both"], ["MT", "to devices"], ["MO", "from devices"]], { "data-do": "filter" })),
        ),
        rows.length
          ? table([["Id"], ["Direction"], ["SIM"], ["Text"], ["Status"], ["Submitted"], ["Next try or cause"]], rows, { caption: "Messages" })
          : query.status || query.direction
            ? empty("No message matches.")
            : empty("No messages.", ["Send one from the page of a SIM of the ", h("a", { href: "#/fleet" }, "Fleet"), ", or through the operator's API."]),
        pager(messages.length, total ?? null, { first: Boolean(query.before), next }),
      ),
    ];
  },
};
