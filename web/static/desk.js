// The desk: takes the page anew when something changed and puts in place only what differs.

const LIVE_AGAIN = 60_000; // "in 18 min" and the clock go on without news
const TOGETHER = 400; // after a first look at once, further news are gathered

// --- taking the page anew ---

let taking = null;
let again = false;

async function renew() {
  if (taking) { again = true; return taking; }
  taking = take(location.href).finally(() => {
    taking = null;
    if (again) { again = false; soon(); }
  });
  return taking;
}

async function take(address, options = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options }).catch(() => null);
  offline(!answer);
  if (!answer) return null;
  document.getElementById("broke").hidden = answer.status < 500;
  if (answer.status >= 500) return null; // what stands on the page is better than nothing
  if (new URL(answer.url).pathname === "/desk/login") { location.assign(answer.url); return null; }
  if (!(answer.headers.get("Content-Type") || "").startsWith("text/html")) return null;
  put(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return answer;
}

function put(fresh) {
  const before = new Set([...document.querySelectorAll(".rows tr[data-key]")].map((row) => row.dataset.key));
  const ends = [...document.querySelectorAll("[data-end]")].map((talk) => [talk.dataset.key, talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60]);
  morph(document.body, fresh.body);
  document.title = fresh.title;
  for (const row of document.querySelectorAll(".rows tr[data-key]")) if (!before.has(row.dataset.key)) entered(row);
  const wasAtEnd = new Map(ends);
  for (const talk of document.querySelectorAll("[data-end]")) if (wasAtEnd.get(talk.dataset.key) !== false) toEnd(talk);
}

function entered(row) {
  row.classList.add("new");
  setTimeout(() => row.classList.remove("new"), 4000);
  const said = document.getElementById("said");
  const link = row.querySelector(".row-link");
  if (link) said.textContent = `${said.dataset.new}: ${link.textContent.trim()}`;
}

// Makes `old` like `fresh`, keeping every element that stays: focus, selection, scroll and what was typed survive.
function morph(old, fresh) {
  if (old.hasAttribute("data-keep")) return;
  attributes(old, fresh);
  const kept = new Map([...old.children].filter((child) => child.dataset && child.dataset.key).map((child) => [child.dataset.key, child]));
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = next.dataset && next.dataset.key;
    const match = key ? kept.get(key) : place;
    if (match && alike(match, next)) {
      if (match !== place) old.insertBefore(match, place);
      else place = place.nextSibling;
      if (match.nodeType === Node.ELEMENT_NODE) { if (!match.isEqualNode(next)) morph(match, next); }
      else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
    } else {
      old.insertBefore(document.importNode(next, true), place);
    }
  }
  while (place) {
    const after = place.nextSibling;
    place.remove();
    place = after;
  }
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName &&
    ((one.dataset && one.dataset.key) || "") === ((other.dataset && other.dataset.key) || "");
}

function attributes(old, fresh) {
  const resting = old.classList.contains("new");
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  if (resting) old.classList.add("new");
}

function toEnd(talk) { talk.scrollTop = talk.scrollHeight; }

// --- news ---

let waiting = null;
let looked = 0;
function soon() {
  if (waiting) return;
  const pause = Math.max(0, looked + TOGETHER - performance.now());
  waiting = setTimeout(() => { waiting = null; looked = performance.now(); renew(); }, pause);
}

function concerns(event) {
  const main = document.querySelector("main[data-booking]");
  return !main || !main.dataset.booking || !event.data || event.data === main.dataset.booking;
}

function listen() {
  let first = true;
  const stream = new EventSource("/desk/events");
  stream.addEventListener("hello", () => { live(true); if (!first) soon(); first = false; });
  for (const what of ["booking", "talk", "delivery", "thread", "payment", "catalogue", "anew"]) {
    stream.addEventListener(what, (event) => { if (concerns(event)) soon(); });
  }
  stream.addEventListener("error", () => {
    live(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
}

function live(on) {
  const chip = document.getElementById("live");
  if (chip) chip.toggleAttribute("data-away", !on);
}

function offline(away) {
  const banner = document.getElementById("offline");
  if (banner) banner.hidden = !away;
}

// --- what staff do ---

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-sends]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const field = form.querySelector("textarea");
  const answer = await take(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
  button.removeAttribute("aria-busy");
  if (!answer) return;
  document.querySelectorAll("details.sure[open]").forEach((open) => open.removeAttribute("open"));
  if (answer.ok) {
    if (field) { field.value = ""; field.focus(); }
    if (answer.redirected) history.replaceState(null, "", answer.url);
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const search = document.querySelector(".search input[type=search]");
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && typing && typing.form) return typing.form.requestSubmit();
  if (event.key === "Escape") return escape(typing, search);
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event, event.key === "ArrowDown" ? 1 : -1);
  return undefined;
});

function escape(typing, search) {
  const open = document.querySelector("details.sure[open]");
  if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); return; }
  if (typing && typing === search) {
    if (search.value) { search.value = ""; if (new URLSearchParams(location.search).get("q")) search.form.requestSubmit(); } else search.blur();
  } else if (typing) typing.blur();
  else if (new URLSearchParams(location.search).size && location.pathname === "/desk") location.assign("/desk");
}

function step(event, by) {
  const links = [...document.querySelectorAll(".row-link, .talk-link")];
  if (!links.length) return;
  event.preventDefault();
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

// Who comes to answer finds the box in view, the cursor in it.
function answer() {
  const box = location.hash === "#text" && document.getElementById("text");
  if (!box) return;
  box.focus({ preventScroll: true });
  box.form.scrollIntoView({ block: "end" });
}

document.querySelectorAll("[data-end]").forEach(toEnd);
answer();
listen();
setInterval(() => { if (!document.hidden) renew(); }, LIVE_AGAIN);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
addEventListener("online", renew);
addEventListener("offline", () => offline(true));

document.querySelector("[aria-invalid]")?.focus(); // the first mistake of a form that was sent
