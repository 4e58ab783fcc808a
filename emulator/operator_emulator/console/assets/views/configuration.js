// The configuration of each organisation, as the operator's portal has it: network, monthly limits, SMS forwarding.

import { get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, facts, field, input } from "../parts.js";

export default {
  title: "Configuration",

  load: async () => {
    const [{ organisations }, health] = await Promise.all([get("/organisations"), get("/health")]);
    return { organisations, health };
  },

  concerns: (changes) => "organisations" in changes || "subscriptions" in changes,

  draw({ data: { organisations, health } }) {
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
            ),
          )
        : empty("This world has no organisations."),
    ];
  },

  actions: {
    forwarder: async ({ data, fields, call, load, toast }) => {
      await call("PATCH", `/organisations/${data.id}`, { forwarder: fields.url || null });
      toast("good", fields.url ? `Callbacks go to ${fields.url}.` : "SMS forwarding is off.");
      await load();
    },
    // A message from the organisation's first device that is on the network, as a device would send it.
    test: async ({ data, call, toast, get: look }) => {
      const { sims } = await look("/sims", { organisation: data.id, limit: 200 });
      const sim = sims.find((one) => one.device.status !== "OFFLINE" && one.state === "Activated");
      if (!sim) {
        toast("bad", "No device of this organisation is on the network. Attach one on its page.");
        return;
      }
      await call("POST", `/sims/${sim.iccid}/mo`, { payload: "test" });
      toast("good", `${sim.label || sim.iccid} sent "test". Callbacks shows what your webhook answered.`);
    },
  },
};
