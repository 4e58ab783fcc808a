// The change stream. It is read with fetch, because EventSource cannot send X-Emulator-Token. It resumes where it broke
// off; what was lost meanwhile makes the page load anew.

import { headers, session, url } from "./api.js";

const AGAIN = [500, 1000, 2000, 5000]; // milliseconds before the next try

// *heard* gets {event, data} for each frame; *state* "live", "reconnecting" or "asked" (for a token).
export async function listen(heard, state, signal) {
  let last = "";
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      const resume = last ? { "Last-Event-ID": last } : {};
      const response = await fetch(url("/changes"), { headers: headers({ Accept: "text/event-stream", ...resume }), signal });
      if (response.status === 401) {
        session.onAsked();
        state("asked");
        return;
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      state("live");
      if (tries > 0 && !last) heard({ event: "lost", data: {} });
      tries = 0;
      for await (const frame of frames(response.body)) {
        if (frame.id) last = frame.id;
        if (frame.event === "lost") last = frame.id ?? "";
        heard(frame);
      }
    } catch (problem) {
      if (signal.aborted) return;
    }
    state("reconnecting");
    await new Promise((done) => setTimeout(done, AGAIN[Math.min(tries, AGAIN.length - 1)]));
  }
}

async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      const frame = { event: "message", data: "", id: null };
      for (const line of rest.slice(0, end).split("\n")) {
        const [name, ...text] = line.split(": ");
        if (name === "data") frame.data += text.join(": ");
        else if (name === "event" || name === "id") frame[name] = text.join(": ");
      }
      if (frame.data) yield { ...frame, data: JSON.parse(frame.data) };
    }
  }
}
