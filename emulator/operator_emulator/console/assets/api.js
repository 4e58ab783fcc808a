// Calls of the public control API; each change is remembered as the curl line that does the same.

const BASE = "/_emulator";
const TOKEN = "operator-emulator token";

export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? body?.error ?? `The emulator answered ${status}.`);
    this.status = status;
  }
}

export const session = {
  token: sessionStorage.getItem(TOKEN) ?? "",
  lastCurl: "",
  onAsked: () => {},
};

// Headers hold octets, each as a character; the token is sent as UTF-8.
const octets = (text) => String.fromCharCode(...new TextEncoder().encode(text));

export function useToken(token) {
  session.token = token;
  sessionStorage.setItem(TOKEN, token);
}

export function headers(more = {}) {
  return session.token ? { "X-Emulator-Token": octets(session.token), ...more } : more;
}

export const url = (path, query = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `${BASE}${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
};

export async function get(path, query) {
  return answered(await fetch(url(path, query), { headers: headers() }));
}

export async function change(method, path, body) {
  session.lastCurl = curl(method, url(path), body);
  return answered(
    await fetch(url(path), {
      method,
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    }),
  );
}

async function answered(response) {
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "");
  const body = json && text ? JSON.parse(text) : text;
  if (response.ok) return body;
  if (response.status === 401) session.onAsked();
  throw new Refused(response.status, body);
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curl(method, path, body, more = {}) {
  const parts = ["curl"];
  if (method !== "GET" && !(method === "POST" && body !== undefined)) parts.push("-X", method);
  for (const [name, value] of Object.entries(more)) parts.push("-H", quoted(`${name}: ${value}`));
  if (session.token && path.startsWith(BASE)) parts.push("-H", '"X-Emulator-Token: $TOKEN"');
  if (body !== undefined && body !== "") {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    if (typeof body !== "string") parts.push("-H", quoted("Content-Type: application/json"));
    parts.push("-d", quoted(text));
  }
  parts.push(/^[\w/.:-]+$/.test(path) ? location.origin + path : quoted(location.origin + path));
  return parts.join(" ");
}
