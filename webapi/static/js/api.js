// Asks the API on this page's own origin. Every failure becomes a Problem whose message names the remedy.

const DEADLINE_MS = 10000;

export class Problem extends Error {
  constructor(status, detail, body = {}) {
    super(detail);
    this.status = status;
    this.code = body.code ?? "unreachable";
    this.activeJob = body.active_job ?? null;
  }
}

const KEY = "audio-concepts-key";

/** What is sent as the key; empty when there is none. It lasts as long as the tab. */
export const key = {
  value: () => sessionStorage.getItem(KEY) ?? "",
  keep: (text) => (text ? sessionStorage.setItem(KEY, text) : sessionStorage.removeItem(KEY)),
};

export async function ask(path, how) {
  let response;
  const headers = key.value() ? { ...how.headers, Authorization: `Bearer ${key.value()}` } : how.headers;
  try {
    response = await fetch(path, { ...how, headers, signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch {
    throw new Problem(0, "The API does not answer. Look at `audio-concepts status`, start it with `audio-concepts up`; this page tries again.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body.detail ?? response.statusText, body);
  return body;
}

export const get = (path) => ask(path, { headers: { Accept: "application/json" } });

export const post = (path, body, headers = {}) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body ?? {}) });

export const conceptPath = (id, part = "") => `/concepts/${encodeURIComponent(id)}${part ? `/${part}` : ""}`;

export const query = (asked) =>
  new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined && value !== "")).toString();
