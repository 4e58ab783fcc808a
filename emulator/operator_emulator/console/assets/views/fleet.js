// The fleet: how many SIMs are in which state, what volumes are left, and the list with search, sort and pages.

import { get } from "../api.js";
import { h } from "../dom.js";
import { badge, columns, dot, empty, input, pager, quota, simState, table } from "../parts.js";
import { monthName, months, number } from "../words.js";

const PAGE = 50;
const DEVICES = [
  ["online", "online", { status: "ONLINE" }, (counts) => counts.sims.device.ONLINE],
  ["attached", "attached", { status: "ATTACHED" }, (counts) => counts.sims.device.ATTACHED],
  ["offline", "offline", { status: "OFFLINE" }, (counts) => counts.sims.device.OFFLINE],
  ["inactive", "not active", { status: "INACTIVE" }, (counts) => counts.sims.device.INACTIVE],
];
const VOLUMES = [
  ["sufficient", "20 % or more left"],
  ["low", "below 20 %"],
  ["out", "used up"],
];

// A tile is a filter: pressing it again takes the filter away.
function tile(query, filter, kind, count, text) {
  const [[name, value]] = Object.entries(filter);
  const pressed = query[name] === value;
  return h(
    "button.tile",
    {
      type: "button",
      "data-key": text,
      "data-do": "filter",
      "data-query": JSON.stringify({ [name]: pressed ? null : value }),
      "aria-pressed": String(pressed),
    },
    h("strong", null, dot(kind), number(count ?? 0)),
    h("span", null, text),
  );
}

export default {
  title: "Fleet",

  load: async ({ query }) => {
    const [counts, page, usage] = await Promise.all([
      get("/counts"),
      get("/sims", { limit: PAGE, ...query }),
      get("/usage", { months: 6 }),
    ]);
    return { counts, sims: page.sims, total: page.total, next: page.next ? { after: page.next } : null, usage: usage.months };
  },

  every: 1000, // milliseconds: while a whole fleet changes, its counts are asked for once a second
  concerns: (changes) => "sims" in changes || "usage" in changes,

  draw({ data: { counts, sims, total, next, usage }, query, now }) {
    const labels = months(now, 6);
    const by = Object.fromEntries(usage.map((one) => [one.month, one]));
    const filtered = query.search || query.status || query.volume || query.after;
    return [
      h("h1", null, "Fleet"),
      h("section.tiles", { "aria-label": "SIMs by state of the device" }, DEVICES.map(([kind, text, filter, count]) => tile(query, filter, kind, count(counts), text))),
      h(
        "section.halves",
        null,
        h(
          "div.card",
          null,
          h("h2", null, "SMS volume"),
          h("div.tiles.three", null, VOLUMES.map(([kind, text]) => tile(query, { volume: kind }, kind, counts.volumes.sms[kind], text))),
        ),
        h(
          "div.card",
          null,
          columns(
            labels.map(monthName),
            [
              ["mt", "to devices", labels.map((month) => by[month]?.sms_mt ?? 0)],
              ["mo", "from devices", labels.map((month) => by[month]?.sms_mo ?? 0)],
            ],
            { title: "SMS of the last six months" },
          ),
        ),
      ),
      h(
        "section.card.list",
        { "aria-label": "SIMs" },
        h(
          "form.filters",
          { role: "search", "data-do": "filter" },
          input("search", query.search, { type: "search", placeholder: "Label, ICCID, IMSI, MSISDN, IP", "aria-label": "Search SIMs", "data-do": "filter", "data-on": "input" }),
          h("span", { role: "status" }, `${number(total)} ${total === 1 ? "SIM" : "SIMs"}`),
        ),
        sims.length
          ? table(
              [["SIM", "label"], ["Device"], ["Network"], ["Data left"], ["SMS left"]],
              sims.map((sim) => ({
                key: sim.iccid,
                to: `#/sim/${sim.iccid}`,
                cells: [
                  [h("strong", null, sim.label || sim.iccid), sim.label ? h("code", null, sim.iccid) : null, sim.organisation === null ? h("small", null, "service portal") : null, sim.message_waiting ? h("small.waits", null, "a message waits") : null],
                  badge(...simState(sim)),
                  sim.device.status === "OFFLINE" ? "—" : [sim.device.operator?.name ?? "", " ", h("small", null, sim.device.rat)],
                  quota(sim.data_quota, "MB"),
                  quota(sim.sms_quota, ""),
                ],
              })),
              { caption: "SIMs", sorted: query.order },
            )
          : filtered
            ? empty("No SIM matches.", "Clear the search, or press the tile again.")
            : empty("This world has no SIMs.", "Start the emulator with another --fixture, or add SIMs to an organisation."),
        pager(sims.length, total, { first: Boolean(query.after), next }),
      ),
    ];
  },
};
