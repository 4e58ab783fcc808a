// How values are written: instants, volumes, numbers, states.

export const instant = (text) => (text ? text.slice(0, 19).replace("T", " ") : "");
export const time = (text) => (text ? text.slice(11, 16) : "");
export const day = (text) => (text ? text.slice(0, 10) : "");

const WHOLE = new Intl.NumberFormat("en-GB");
const SHORT = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
export const number = (value) => WHOLE.format(value);

// Megabytes, as the operator counts them (1 MB is 1,000,000 octets).
export function megabytes(value) {
  if (value === null || value === undefined) return "—";
  if (Math.abs(value) >= 1000) return `${SHORT.format(value / 1000)} GB`;
  if (value !== 0 && Math.abs(value) < 1) return `${SHORT.format(value * 1000)} kB`;
  return `${SHORT.format(value)} MB`;
}

export const word = (text) => (text ? text[0].toUpperCase() + text.slice(1).toLowerCase().replaceAll("_", " ") : "");

// The time between two instants of the world, as a person says it.
export function ago(text, now) {
  return span((now - Date.parse(text)) / 1000, "ago", "in");
}

function span(seconds, past, future) {
  const size = Math.abs(seconds);
  const [count, unit] =
    size < 60 ? [size, "s"] : size < 3600 ? [size / 60, "min"] : size < 86400 ? [size / 3600, "h"] : [size / 86400, "d"];
  const text = `${Math.round(count)} ${unit}`;
  return seconds >= 0 ? `${text} ${past}` : `${future} ${text}`;
}

// How much of a quota is left: its class, as the operator's dashboard has it.
export function volumeClass(quota) {
  if (!quota) return "none";
  if (quota.left <= 0) return "out";
  return quota.left < quota.total * 0.2 ? "low" : "sufficient";
}

// Months as "2026-11", oldest first, the one of *now* last.
export function months(now, count) {
  const last = new Date(now);
  return Array.from({ length: count }, (_, index) => {
    const month = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - count + 1 + index, 1));
    return month.toISOString().slice(0, 7);
  });
}

export const monthName = (text) =>
  new Date(`${text}-01T00:00:00Z`).toLocaleString("en-GB", { month: "short", timeZone: "UTC" });

// JSON on several lines. Only space is added: numbers and escapes stay as they were on the wire. Any other text stays.
export function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (token === "{" || token === "[") return (depth += 1), token + line();
    if (token === "}" || token === "]") return (depth -= 1), line() + token;
    if (token === ",") return token + line();
    if (token === ":") return ": ";
    return token.trim() === "" ? "" : token;
  });
}
