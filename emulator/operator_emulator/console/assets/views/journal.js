// What went over the wire, both ways.

import { curl, get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, input, pager, select, table, when } from "../parts.js";
import { indented } from "../words.js";

const PAGE = 50;

const pretty = (body) => {
  if (body === null || body === undefined || body === "") return "";
  return typeof body === "string" ? indented(body) : JSON.stringify(body, null, 2);
};

const headers = (pairs) => Object.entries(pairs ?? {}).map(([name, value]) => `${name}: ${value}`).join("\n");

// One exchange with its headers and bodies; findings are marked.
export function exchange(one) {
  const asked = one.request ?? {};
  const told = one.response ?? {};
  return h(
    "div.exchange",
    null,
    one.fault ? h("p", null, h("span.tag.waits", null, `fault ${one.fault}`), " This exchange was spoilt on purpose; see ", h("a", { href: "#/faults" }, "Faults"), ".") : null,
    one.findings?.length ? h("ul.findings", null, one.findings.map((text, index) => h("li", { "data-key": index }, text))) : null,
    one.problem ? h("p.bad", null, one.problem) : null,
    h("h3", null, "Request"),
    h("pre", { tabindex: 0 }, [`${one.method} ${one.path}`, headers(asked.headers), "", pretty(asked.body)].join("\n").trim()),
    h("h3", null, "Response"),
    h("pre", { tabindex: 0 }, one.status ? [String(one.status), headers(told.headers), "", pretty(told.body)].join("\n").trim() : "none"),
    one.direction === "inbound" ? button("Copy as curl", "copy", { "data-text": curl(one.method, one.path, asked.body) }) : null,
  );
}

export default {
  title: "Journal",
  hearsExchanges: true,

  load: async ({ query }) => {
    const { exchanges, let_go } = await get("/journal", { limit: PAGE, ...query });
    const newest = [...exchanges].reverse();
    return { exchanges: newest, letGo: let_go, next: exchanges.length === PAGE ? { before: exchanges[0].id } : null };
  },

  concerns: () => false,

  draw({ data: { exchanges, letGo, next }, query, local }) {
    const rows = exchanges.flatMap((one) => {
      const bad = one.status === null || one.status >= 400;
      return [
        {
          key: one.id,
          open: one.id,
          cells: [
            h("strong", null, String(one.id)),
            one.direction === "inbound" ? "from you" : "to you",
            h("code", null, `${one.method} ${one.path}`),
            h(bad ? "strong.bad" : "span", null, one.status ? String(one.status) : "no answer"),
            [one.fault ? h("span.tag", null, `fault ${one.fault}`) : null, one.findings?.length ? h("span.tag.waits", null, `${one.findings.length} ${one.findings.length === 1 ? "finding" : "findings"}`) : null],
            when(one.at),
          ],
        },
        ...(String(one.id) === local.opened ? [{ key: `${one.id} whole`, detail: exchange(one) }] : []),
      ];
    });
    return [
      h("h1", null, "Journal"),
      h(
        "section.card.list",
        { "aria-label": "Exchanges" },
        h(
          "form.filters",
          { "data-do": "filter" },
          h("label", null, "Direction ", select("direction", query.direction ?? "", [["", "both"], ["inbound", "from you, to the operator"], ["outbound", "to you, from the operator"]], { "data-do": "filter" })),
          input("path", query.path, { placeholder: "Path, such as *sms*", "aria-label": "Path", "data-do": "filter", "data-on": "input" }),
          input("status", query.status, { placeholder: "Status", "aria-label": "Status", inputmode: "numeric", "data-do": "filter", "data-on": "input" }),
          button("Clear the journal", "clear"),
        ),
        rows.length
          ? table([["Id"], ["Direction"], ["Request"], ["Answer"], [""], ["At"]], rows, { caption: "Exchanges" })
          : query.direction || query.path || query.status
            ? empty("No exchange matches.")
            : empty("Nothing went over the wire yet.", "Call the operator's API; each call appears here."),
        letGo ? h("p.hint", null, `${letGo} older exchanges are gone: the journal keeps the newest.`) : null,
        pager(exchanges.length, null, { first: Boolean(query.before), next }),
      ),
    ];
  },

  actions: { clear: ({ call, load }) => call("DELETE", "/journal").then(load) },
};
