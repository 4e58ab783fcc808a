// The clock: what time it is, how fast it goes, a jump, and the queue of jobs.

import { get } from "../api.js";
import { h } from "../dom.js";
import { button, empty, field, input, select, table, when } from "../parts.js";
import { ago, number } from "../words.js";

const PAGE = 100;
const JOBS = {
  "smsc.attempt": "Try to deliver the message",
  "smsc.acknowledge": "The device acknowledges the message",
  "smsc.expire": "The message expires",
  "outbox.attempt": "Send the callback",
  "outbox.give_up": "Give the callback up",
  "sims.apply_batch": "Apply the batch",
  "sims.complete_transfer": "Complete the transfer of SIMs",
  "device.reattach": "The device attaches again",
  "behaviours.leave": "The device goes offline",
  "behaviours.come_back": "The device comes back",
  "behaviours.use_data": "The device uses data",
  "behaviours.reply": "The device replies",
  "orders.pay": "The order is paid",
  "orders.complete": "The order is delivered",
  "orders.auto_topup": "Top up what has little left",
  "contracts.deliver": "The SIMs are delivered",
  "actions.begin": "The action begins",
  "actions.finish": "The action ends",
  "sim_transfers.complete": "Complete the SIM transfer",
  "profiles.check": "Check the SIM's limits",
  "profiles.begin_month": "The SIM's month begins",
  "pools.check": "Check the pool's limits",
  "data_streams.send": "Send the next batch of the data stream",
  housekeeping: "Let go of what is old",
};
const JUMPS = [["1 minute", 60], ["1 hour", 3600], ["1 day", 86400], ["1 week", 604800], ["30 days", 2592000]];

export default {
  title: "Clock",
  load: () => get("/jobs", { limit: PAGE }),
  concerns: (changes) => "jobs" in changes,

  draw({ data: { jobs }, clock, now }) {
    const iso = new Date(now).toISOString();
    return [
      h("h1", null, "Clock"),
      h(
        "section.halves",
        null,
        h(
          "div.card.now",
          null,
          h("h2", null, "Now"),
          h("p.big", null, iso.slice(0, 19).replace("T", " "), h("small", null, " UTC")),
          h(
            "form.row",
            { "data-do": "pace" },
            h("label", null, "Mode ", select("mode", clock.mode, [["real", "runs"], ["manual", "stands still"]])),
            h("label", null, "Speed ", input("speed", clock.mode === "manual" ? 1 : clock.speed, { type: "number", min: 0.001, step: "any" })),
            h("button", { type: "submit" }, "Set"),
          ),
        ),
        h(
          "div.card",
          null,
          h("h2", null, "Jump"),
          h("div.row", null, JUMPS.map(([text, seconds]) => button(text, "advance", { "data-seconds": seconds })), button("Until nothing is left to do", "advance", { "data-until": "idle" })),
          h("form.row", { "data-do": "to" }, field("To", input("to", iso.slice(0, 19), { type: "datetime-local", step: 1 }), "in UTC"), h("button", { type: "submit" }, "Go")),
        ),
      ),
      h(
        "section.card.list",
        { "aria-label": "Jobs" },
        h("form.filters", null, h("h2", null, "Queue"), h("span", null, jobs.length < clock.jobs ? `${number(jobs.length)} of ${number(clock.jobs)} jobs` : `${number(clock.jobs)} ${clock.jobs === 1 ? "job" : "jobs"}`)),
        jobs.length
          ? table([["Due"], ["In"], ["Job"], ["About"]], jobs.map((job) => ({ key: job.id, cells: [when(job.due), ago(job.due, now), [h("span", null, JOBS[job.kind] ?? job.kind), " ", h("code", null, job.kind)], job.about || "—"] })), { caption: "Jobs" })
          : empty("No jobs scheduled."),
      ),
    ];
  },

  actions: {
    pace: ({ fields, call, load }) => call("PUT", "/clock", fields.mode === "manual" ? { mode: "manual" } : { mode: "real", speed: Number(fields.speed) }).then(load),
    to: ({ fields, call, load }) => call("POST", "/clock/advance", { to: `${fields.to}Z` }).then(load),
  },
};
