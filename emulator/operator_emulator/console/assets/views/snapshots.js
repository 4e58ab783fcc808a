// Snapshots of the whole world: save, restore, delete; and the reset to its beginning.

import { get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, input, table, when } from "../parts.js";
import { number } from "../words.js";

const path = (name) => `/snapshots/${encodeURIComponent(name)}`;

export default {
  title: "Snapshots",
  load: () => get("/snapshots"),
  concerns: (changes) => "snapshots" in changes,

  draw({ data: { snapshots }, local }) {
    return [
      h("h1", null, "Snapshots"),
      h(
        "section.card",
        { "aria-label": "Save and reset" },
        h("h2", null, "Save and reset"),
        h("form.row", { "data-do": "save" }, input("name", "", { placeholder: "Name", "aria-label": "Name of the snapshot", required: true, pattern: "[A-Za-z0-9_\\-][A-Za-z0-9_.\\-]*" }), h("button.primary", { type: "submit" }, "Save the world")),
        h(
          "div.row",
          null,
          local.sure ? [h("span", null, "Everything returns to its initial state: SIMs, messages, tokens, ids, clock."), button("Reset now", "reset"), button("Cancel", "unsure")] : button("Reset the world …", "sure"),
        ),
      ),
      h(
        "section.card.list",
        { "aria-label": "Snapshots" },
        snapshots.length
          ? table(
              [["Name"], ["World's time"], ["SIMs"], ["Size"], [""]],
              snapshots.map((one) => ({
                key: one.name,
                cells: [h("strong", null, one.name), when(one.now), number(one.sims ?? 0), `${number(Math.round(one.octets / 1000))} kB`, h("span.group", null, button("Restore", "restore", { "data-name": one.name, "aria-label": `Restore ${one.name}` }), button("Delete", "remove", { "data-name": one.name, "aria-label": `Delete ${one.name}` }))],
              })),
              { caption: "Snapshots" },
            )
          : empty("No snapshots.", "A snapshot keeps the whole world, so that you can return to it."),
      ),
    ];
  },

  actions: {
    save: async ({ fields, element, call, load, toast }) => {
      await call("PUT", path(fields.name));
      element.reset();
      toast("good", `Saved as ${fields.name}.`);
      await load();
    },
    restore: async ({ data, call, load, toast }) => {
      await call("POST", `${path(data.name)}/restore`);
      toast("good", `World restored from ${data.name}.`);
      await load();
    },
    remove: ({ data, call, load }) => call("DELETE", path(data.name)).then(load),
    sure: ({ state }) => void (state.local.sure = true),
    unsure: ({ state }) => void (state.local.sure = false),
    reset: async ({ call, load, state, toast }) => {
      state.local.sure = false;
      await call("POST", "/reset");
      toast("good", "The world is in its initial state again.");
      await load();
    },
  },
};
