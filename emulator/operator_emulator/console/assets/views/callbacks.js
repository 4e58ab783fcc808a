// What is owed to webhooks: each callback with its tries, what was sent and what came back.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, button, empty, fateKind, pager, select, table, when } from "../parts.js";
import { ago, instant } from "../words.js";
import { exchange as drawExchange } from "./journal.js";

const PAGE = 50;

// The exchanges of each try. Tries of one instant, as in manual time, are told apart by their order.
function exchangesOf(tries, exchanges) {
  const left = [...exchanges];
  return tries.map((one) => {
    const place = left.findIndex((each) => each.at === one.at);
    return place < 0 ? [] : left.splice(place, 1);
  });
}

// Why the last try failed, and what to do about it.
function reason({ tries, url, fate, deadline }, exchanges) {
  const last = tries.at(-1);
  if (!last) return "Not tried yet: the first try comes when the clock moves.";
  if (fate === "taken") return "Your webhook has taken it.";
  if (last.status === null && !last.problem) return "A try is under way.";
  const fault = exchanges.at(-1)?.fault;
  const end = fate === "given-up" ? "The operator has given it up." : `The operator tries again until ${instant(deadline)} UTC.`;
  if (fault) return `The fault ${fault} did this; remove it under Faults. ${end}`;
  if (last.status) return `Your webhook answered ${last.status}; only 2xx counts as taken. ${end}`;
  if (last.problem.includes("refused")) return `Nothing listens at ${new URL(url).host}: start your webhook, or change its URL under Configuration. ${end}`;
  return `No answer came: ${last.problem}. ${end}`;
}

function tries(callback, exchanges, now) {
  const carried = exchangesOf(callback.tries, exchanges);
  return h(
    "div.tries",
    null,
    h("p.reason", null, reason(callback, exchanges)),
    callback.tries.map((one, index) =>
      h(
        "details",
        { "data-key": index, open: index === callback.tries.length - 1 },
        h("summary", null, `Try ${index + 1}: `, when(one.at), " ", h(one.status >= 200 && one.status < 300 ? "span" : "strong.bad", null, one.status ? `answered ${one.status}` : one.problem ?? "under way")),
        carried[index].map((each) => h("div", { "data-key": each.id }, drawExchange(each))),
      ),
    ),
    callback.fate === "owed" && callback.next_try ? h("p", null, `Next try ${ago(callback.next_try, now)}, `, when(callback.next_try), ".") : null,
  );
}

export default {
  title: "Callbacks",
  loadsOpened: true,

  load: async ({ query, local }) => {
    const page = await get("/callbacks", { limit: PAGE, ...query });
    const opened = page.callbacks.find((one) => String(one.id) === local.opened);
    const exchanges = opened ? (await get("/journal", { callback: opened.id })).exchanges : [];
    return { callbacks: page.callbacks.reverse(), total: page.total ?? null, next: page.next ? { before: page.next } : null, exchanges };
  },

  concerns: (changes) => "notifications" in changes || "subscriptions" in changes,

  draw({ data: { callbacks, total, next, exchanges }, query, local, now }) {
    const rows = callbacks.flatMap((one) => {
      const last = one.tries.at(-1);
      const opened = String(one.id) === local.opened;
      return [
        {
          key: one.id,
          open: one.id,
          cells: [
            h("strong", null, String(one.id)),
            one.event,
            h("code", null, one.url),
            badge(fateKind(one.fate), { taken: "Taken", owed: "Owed", "given-up": "Given up" }[one.fate]),
            last ? (last.status ? String(last.status) : last.problem ?? "under way") : "—",
            one.next_try ? when(one.next_try) : "—",
            one.fate === "taken" ? "" : button("Retry now", "retry", { "data-id": one.id }),
          ],
        },
        ...(opened ? [{ key: `${one.id} tries`, detail: tries(one, exchanges, now) }] : []),
      ];
    });
    return [
      h("h1", null, "Callbacks"),
      h(
        "section.card.list",
        { "aria-label": "Callbacks" },
        h("form.filters", null, h("label", null, "Fate ", select("fate", query.fate ?? "", [["", "any"], ["owed", "owed"], ["taken", "taken"], ["given-up", "given up"]], { "data-do": "filter" }))),
        rows.length
          ? table([["Id"], ["Event"], ["Webhook"], ["Fate"], ["Last answer"], ["Next try"], [""]], rows, { caption: "Callbacks" })
          : query.fate
            ? empty("No callback has this fate.")
            : empty("No callbacks.", ["Delivery reports and messages from devices appear here once an organisation has a webhook. Set its URL under ", h("a", { href: "#/configuration" }, "Configuration"), "."]),
        pager(callbacks.length, total, { first: Boolean(query.before), next }),
      ),
    ];
  },

  actions: {
    retry: ({ data, call, load }) => call("POST", `/callbacks/${data.id}/retry`).then(load),
  },
};
