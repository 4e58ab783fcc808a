// Pieces that several views draw.

import { h } from "./dom.js";
import { instant, megabytes, number, volumeClass, word } from "./words.js";

export const dot = (kind) => h(`span.dot.${kind}`, { "aria-hidden": "true" });

// The state of a SIM with its device, as colour and word.
export function simState(sim) {
  if (sim.state !== "Activated") return ["inactive", word(sim.state)];
  return { ONLINE: ["online", "Online"], ATTACHED: ["attached", "Attached"] }[sim.device.status] ?? ["offline", "Offline"];
}

export const badge = (kind, text) => h("span.badge", null, dot(kind), text);

export const messageKind = (status) =>
  ({ DELIVERED: "online", FAILED: "bad", EXPIRED: "bad", CANCELED: "inactive", BUFFERED: "waits", PENDING: "waits" })[status] ?? "attached";

export const fateKind = (fate) => ({ taken: "online", "given-up": "bad", owed: "waits" })[fate] ?? "offline";

// What is left of a quota, with a bar of its own colour.
export function quota(quota, unit) {
  if (!quota) return "—";
  const kind = volumeClass(quota);
  const left = Math.max(0, Math.min(1, quota.total ? quota.left / quota.total : 0));
  const text = unit === "MB" ? megabytes(quota.left) : number(quota.left);
  return h(
    "span.quota",
    null,
    text,
    h(`span.bar.${kind}`, { "aria-hidden": "true" }, h("span", { style: { width: `${left * 100}%` } })),
  );
}

export const empty = (text, hint) => h("div.empty", null, h("p", null, text), hint ? h("p.hint", null, hint) : null);

export const button = (text, action, more = {}) => h("button", { type: "button", "data-do": action, ...more }, text);

// A list of rows; on narrow pages each row is a card, whose cells say their heading. A row with a *detail* spans all.
export function table(heads, rows, { caption, sorted } = {}) {
  return h(
    "div.scroll",
    { tabindex: 0, role: "group", "aria-label": caption },
    h(
      "table",
      null,
      h("caption.hidden", null, caption),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map(([title, order, kind]) =>
            h(
              "th",
              {
                scope: "col",
                class: kind,
                "aria-sort": sorted && order && sorted.replace("-", "") === order ? (sorted.startsWith("-") ? "descending" : "ascending") : null,
              },
              order ? button([title, sorted?.replace("-", "") === order ? (sorted.startsWith("-") ? " ↓" : " ↑") : ""].join(""), "sort", { "data-order": order }) : title || h("span.hidden", null, "More"),
            ),
          ),
        ),
      ),
      h("tbody", null, rows.map((row, index) => cells(row, heads, Boolean(rows[index + 1]?.detail)))),
    ),
  );
}

// The first cell of a row that opens is a button, for the keyboard; the whole row can be clicked.
function first(value, { to, open }, expanded) {
  if (to) return h("a", { href: to }, value);
  if (open) return h("button.opens", { type: "button", "data-do": "open", "data-open": open, "aria-expanded": String(expanded) }, value);
  return Array.isArray(value) ? h("span", null, value) : value;
}

function cells({ key, to, open, detail, cells: values, kind }, heads, expanded) {
  if (detail) return h("tr.detail", { "data-key": key }, h("td", { colspan: heads.length }, detail));
  return h(
    kind ? `tr.${kind}` : "tr",
    { "data-key": key, "data-do": open ? "open" : null, "data-open": open },
    values.map((value, index) =>
      h("td", { "data-head": heads[index][0], class: heads[index][2] }, index === 0 ? first(value, { to, open }, expanded) : Array.isArray(value) ? h("span", null, value) : value),
    ),
  );
}

// "41 of 1,000", and buttons for the next and the first page.
export function pager(shown, total, { first, next }) {
  if (!shown && !first) return null;
  return h(
    "div.pager",
    null,
    h("span", { role: "status" }, total === null ? `${number(shown)} shown` : `${number(shown)} of ${number(total)}`),
    button("First page", "first", { disabled: !first }),
    button("Next page", "next", { disabled: !next }),
  );
}

// Columns with the value above; *series* are [class, name, values].
export function columns(labels, series, { title, unit = number }) {
  const totals = labels.map((_, index) => series.reduce((sum, [, , values]) => sum + values[index], 0));
  const most = Math.max(1, ...totals);
  return h(
    "figure.chart",
    null,
    h(
      "figcaption",
      null,
      h("strong", null, title),
      h("span.legend", null, series.map(([kind, name]) => h("span", null, h(`span.swatch.${kind}`), name))),
    ),
    h(
      "ol",
      null,
      labels.map((label, index) =>
        h(
          "li",
          { "data-key": label },
          h("span.value", null, totals[index] ? unit(totals[index]) : ""),
          h(
            "span.column",
            { "aria-hidden": "true" },
            series.map(([kind, , values]) => h(`span.${kind}`, { style: { height: `${(values[index] / most) * 100}%` } })),
          ),
          h("span.label", null, label),
          h("span.hidden", null, series.map(([, name, values]) => ` ${name}: ${unit(values[index])}.`)),
        ),
      ),
    ),
  );
}

export const facts = (pairs) =>
  h("dl.facts", null, pairs.filter(Boolean).map(([name, value]) => h("div", { "data-key": name }, h("dt", null, name), h("dd", null, value ?? "—")))); 

export const field = (label, control, hint) =>
  h("label.field", null, h("span", null, label), control, hint ? h("small", null, hint) : null);

export const input = (name, value, more = {}) => h("input", { name, value: value ?? "", autocomplete: "off", ...more });

export const select = (name, value, options, more = {}) =>
  h(
    "select",
    { name, value, ...more },
    options.map((option) => {
      const [id, text] = Array.isArray(option) ? option : [option, option];
      return h("option", { value: id, selected: String(id) === String(value) }, text);
    }),
  );

export const when = (text) => (text ? h("time", { datetime: text, title: `${instant(text)} UTC` }, instant(text)) : "—");

export function tabs(current, names) {
  return h(
    "div.tabs",
    { role: "tablist" },
    names.map(([id, text]) => h("button", { type: "button", role: "tab", "data-do": "tab", "data-tab": id, "aria-selected": String(id === current) }, text)),
  );
}
