// The configuration of each organisation, as the operator's portal has it: network, monthly limits, SMS forwarding.

import { get, session } from "../api.js";
import { h } from "../dom.js";
import { button, empty, facts, field, input } from "../parts.js";
import { ago } from "../words.js";

const SHOWN = 20; // organisations whose last callback is shown

// What became of the newest callback, which may be the test.
function outcome(callback, now) {
  if (!callback) return "Nothing was sent to this webhook yet.";
  const last = callback.tries.at(-1);
  const told = !last ? "not tried yet" : last.status ? `answered ${last.status}` : last.problem ?? "under way";
  return ["Last callback, ", ago(last?.at ?? callback.created, now), ": ", callback.fate === "taken" || !last ? told : h("strong.bad", null, told), ". ", h("a", { href: "#/callbacks" }, "Show callbacks")];
}

export default {
  title: "Configuration",

  load: async () => {
    const [{ organisations }, health] = await Promise.all([get("/organisations"), get("/health")]);
    const forwarding = organisations.filter((one) => one.forwarder).slice(0, SHOWN);
    const pages = await Promise.all(forwarding.map((one) => get("/callbacks", { organisation: one.id, limit: 1 })));
    return { organisations, health, last: new Map(forwarding.map((one, index) => [one.id, pages[index].callbacks[0]])) };
  },

  concerns: (changes) => ["organisations", "subscriptions", "notifications"].some((table) => table in changes),

  draw({ data: { organisations, health, last }, now }) {
    return [
      h("h1", null, "Configuration"),
      h("section.card", { "aria-label": "Network" }, h("h2", null, "Network"), facts([["Edition", health.edition], ["SMSC", health.network ? h("code", null, health.network.smsc) : "—"], ...Object.entries(health.network?.apns ?? {}).map(([core, apn]) => [`APN of core ${core}`, h("code", null, apn)]), ["Version", health.version]])),
      organisations.length
        ? organisations.map((one) =>
            h(
              "section.card",
              { "data-key": one.id, "aria-label": one.name },
              h("h2", null, one.name, " ", h("small", null, String(one.id))),
              facts([
                ["SIMs", String(one.sim_count)],
                ["Part of", one.parent ? String(one.parent) : "—"],
                ["Data limit", one.limits.data ? `${one.limits.data} MB a month` : "none"],
                ["SMS limit to devices", one.limits.smsMT ? `${one.limits.smsMT} a month` : "none"],
                ["SMS limit from devices", one.limits.smsMO ? `${one.limits.smsMO} a month` : "none"],
              ]),
              h(
                "form.row",
                { "data-do": "forwarder", "data-id": one.id },
                field("SMS forwarding: the webhook's URL", input("url", one.forwarder, { type: "url", placeholder: "https://example.com/sms" })),
                h("button.primary", { type: "submit" }, "Save"),
                button("Send a test message", "test", { "data-id": one.id, disabled: !one.forwarder || !one.sim_count }),
              ),
              one.forwarder ? h("p.hint", null, outcome(last.get(one.id), now)) : null,
            ),
          )
        : empty("This world has no organisations.", "Start the emulator with another --fixture, or POST a fixture to /_emulator/fixture."),
    ];
  },

  actions: {
    forwarder: async ({ data, fields, call, load, toast }) => {
      await call("PATCH", `/organisations/${data.id}`, { forwarder: fields.url || null });
      toast("good", fields.url ? `Callbacks go to ${fields.url}.` : "SMS forwarding is off.");
      await load();
    },
    // A message from the organisation's first device that is on the network, as a device would send it. It is tried at
    // once where time stands still, too.
    test: async ({ data, call, toast, load, state, get: look }) => {
      const pages = await Promise.all(["ONLINE", "ATTACHED"].map((status) => look("/sims", { organisation: data.id, status, limit: 1 })));
      const [sim] = pages.flatMap((page) => page.sims);
      if (!sim) {
        toast("bad", "No device of this organisation is on the network. Attach one on its page.");
        return;
      }
      const sent = await call("POST", `/sims/${sim.iccid}/mo`, { payload: "test" });
      const line = session.lastCurl; // the one to copy; the retry is only for time that stands still
      if (state.clock.mode === "manual") {
        const { callbacks } = await look("/callbacks", { sms: sent.id, limit: 1 });
        for (const one of callbacks) await call("POST", `/callbacks/${one.id}/retry`);
        session.lastCurl = line;
      }
      toast("good", `${sim.label || sim.iccid} sent "test".`);
      await load();
    },
  },
};
