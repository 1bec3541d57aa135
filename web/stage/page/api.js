// The calls the stage makes, and the one stream of news it listens to.

import { about, wait } from "./dom.js";

export const SIM = "/stage/sim";
const PATIENCE = 15000; // ms without our server until the whole demo is taken for stopped, where its providers cannot be asked

async function call(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  const body = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : await answer.text();
  if (!answer.ok) throw Object.assign(new Error(body.error || body.message || `${answer.status}`), { status: answer.status });
  return body;
}

// The providers' own door, for while our server is dead. Only a browser on the same machine gets there.
const near = ["127.0.0.1", "localhost"].includes(location.hostname);
let beside = near && about.providers;

/** Asks the providers: through our server, or beside it when it does not answer, as a person's phone would. */
async function reach(path, options = {}) {
  try { return await call(`${SIM}${path}`, options); }
  catch (why) {
    if (why.status || !beside) throw why;
    return call(`${beside}${path}`, { method: options.method, body: options.body });
  }
}

const json = (value) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

export const get = (path) => call(path);
export const post = (path, value = {}) => call(path, json(value));
export const sim = (path) => reach(path);
export const tellSim = (path, value = {}) => reach(path, json(value));

/** A key under which something is said or tapped once, however often it has to be sent. */
export const once = () => `${Date.now()}-${Math.random()}`;

/** An address as the simulators or the bot gave it, as this page can open it: same place, through the door we came by. */
export function here(address) {
  if (address.startsWith("/sim/")) return `/stage${address}`;
  try {
    const url = new URL(address, location.href);
    const ours = url.origin === location.origin || ["127.0.0.1", "localhost"].includes(url.hostname) || /^\/(b|desk|partner|stage)\//.test(url.pathname);
    return ours ? url.pathname + url.search + url.hash : null;
  } catch { return null; }
}

/** What does not answer: "server", "providers", or the whole "demo"; null when all is well. */
async function missing(since) {
  try { beside = near && (await get("/stage/about")).providers; }
  catch {
    if (!beside) return performance.now() - since > PATIENCE ? "demo" : "server";
    try { await call(`${beside}/wire?last=1`); return "server"; } catch { return "demo"; }
  }
  try { await call(`${SIM}/wire?last=1`); return null; } catch (why) { return why.status === 502 ? "providers" : "server"; }
}

/** Listens to the simulators' news. `onGone(what)` and `onBack(seconds, what)` tell when something dies and when all is back. */
export function listen({ onNews, onOpen, onGone, onBack }) {
  const open = () => {
    const stream = new EventSource(`${SIM}/events`);
    stream.onopen = onOpen;
    stream.onmessage = (event) => onNews(JSON.parse(event.data));
    stream.onerror = () => { stream.close(); waitForAll(); };
  };
  const waitForAll = async () => {
    const since = performance.now();
    let known = null;
    for (let what = await missing(since); what; what = await missing(since)) {
      if (what !== known) onGone(known = what);
      await wait(what === "server" ? 250 : 1000);
    }
    if (known) onBack((performance.now() - since) / 1000, known); else await wait(250);
    open();
  };
  open();
}
