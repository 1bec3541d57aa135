// The calls the stage makes, and the one stream of news it listens to.

export const SIM = "/stage/sim";

async function call(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  const body = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : await answer.text();
  if (!answer.ok) throw Object.assign(new Error(body.error || body.message || `${answer.status}`), { status: answer.status });
  return body;
}

const json = (value) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

export const get = (path) => call(path);
export const post = (path, value = {}) => call(path, json(value));
export const sim = (path) => call(`${SIM}${path}`);
export const tellSim = (path, value = {}) => call(`${SIM}${path}`, json(value));

/** An address as the simulators or the bot gave it, as this page can open it: same place, through the door we came by. */
export function here(address) {
  if (address.startsWith("/sim/")) return `/stage${address}`;
  try {
    const url = new URL(address, location.href);
    const ours = url.origin === location.origin || ["127.0.0.1", "localhost"].includes(url.hostname) || /^\/(b|desk|partner|stage)\//.test(url.pathname);
    return ours ? url.pathname + url.search + url.hash : null;
  } catch { return null; }
}

/** Listens to the simulators' news. `onGone` and `onBack(seconds)` tell when our own server dies and returns. */
export function listen({ onNews, onOpen, onGone, onBack }) {
  let gone = 0;
  const open = () => {
    const stream = new EventSource(`${SIM}/events`);
    stream.onopen = () => {
      if (gone) onBack((performance.now() - gone) / 1000);
      gone = 0;
      onOpen();
    };
    stream.onmessage = (event) => onNews(JSON.parse(event.data));
    stream.onerror = () => {
      stream.close();
      if (!gone) { gone = performance.now(); onGone(); }
      waitForServer();
    };
  };
  const waitForServer = async () => {
    for (;;) {
      await new Promise((done) => setTimeout(done, 250));
      try { await get("/stage/about"); break; } catch { /* still away */ }
    }
    open();
  };
  open();
}
