// The stage: brings phones, panel and bar together and keeps them true to what happens.

import { about, day, el, fill, hour, icon, now, setOffset, words } from "./dom.js";
import { get, listen, post, sim, tellSim } from "./api.js";
import { Phone } from "./phone.js";
import { checkout, count, keepClear, mailbox, openLink, setUpTabs, showFile, wire } from "./panel.js";
import { setUpPlay } from "./play.js";
import { setUpTries } from "./tries.js";

const find = (selector) => document.querySelector(selector);
const narrow = matchMedia("(max-width: 1239px)");
const CAUGHT_UP = 90_000; // ms within which a server that was away asks its providers what it missed

const stage = {
  phones: [],
  chats: [],
  get guest() { return this.lastGuest || this.phones[0]; },
  kill,
  show,
};

// -- devices --

function setUpPhones() {
  stage.phones = [...document.querySelectorAll(".device")].map((element) => new Phone(element, { onLink: openLink, onFile: showFile, onArrival: arrived, onTrouble: (why) => outage("triangle", fill(words.tries.failed, { why: why.message })) }));
  for (const phone of stage.phones.filter((one) => one.role === "guest")) phone.element.addEventListener("focusin", () => { stage.lastGuest = phone; });
  for (const button of document.querySelectorAll(".devices [data-to]")) button.addEventListener("click", () => show(button.dataset.to));
}

function arrived(phone, fresh) {
  const button = find(`.devices [data-to="${phone.person}"]`);
  if (!narrow.matches || find(".boards").dataset.show === phone.person || !button) return;
  const badge = button.querySelector(".count");
  badge.textContent = Number(badge.textContent || 0) + fresh.length;
  badge.hidden = false;
}

function show(name) {
  find(".boards").dataset.show = name;
  for (const device of document.querySelectorAll(".device, .panel")) device.classList.toggle("shown", device.dataset.person === name);
  for (const button of document.querySelectorAll(".devices [data-to]")) {
    button.toggleAttribute("aria-current", button.dataset.to === name);
    if (button.dataset.to === name && name !== "desk") { button.querySelector(".count").hidden = true; button.querySelector(".count").textContent = ""; }
  }
  stage.phones.find((phone) => phone.person === name)?.toEnd();
  find(".shell-bar").classList.remove("open");
}

// -- the bar: clock, switches, kill --

function tick() {
  const moment = now();
  find(".shell-bar .day").textContent = day(moment, document.documentElement.lang);
  find(".shell-bar .hour").textContent = hour(moment);
  for (const clock of document.querySelectorAll(".phone-clock")) clock.textContent = hour(moment);
}

async function moveClock(asked, button) {
  button.disabled = true;
  const before = now().getTime();
  try {
    const moved = await post("/stage/clock", asked);
    setOffset(moved.offset);
    if (asked.to && Math.abs(now().getTime() - before) < 1500) outage("clock", words.nothing_next, "");
  } catch (why) { outage("triangle", fill(words.tries.failed, { why: why.message }), ""); } finally { button.disabled = false; tick(); soon(); }
}

function setUpBar() {
  for (const button of document.querySelectorAll("[data-minutes]")) button.addEventListener("click", () => moveClock({ minutes: Number(button.dataset.minutes) }, button));
  find("[data-next]").addEventListener("click", (event) => moveClock({ to: "next" }, event.currentTarget));
  for (const label of document.querySelectorAll(".provider")) label.querySelector("input").addEventListener("change", (event) => flip(label.dataset.provider, event.target.checked));
  find(".kill").addEventListener("click", kill);
  foldTries(sessionStorage.getItem("tries") === "folded");
  find(".tries-head").addEventListener("click", () => foldTries(!find(".tries").classList.contains("folded")));
  const sliders = find(".sliders");
  sliders.addEventListener("click", () => sliders.setAttribute("aria-expanded", String(find(".shell-bar").classList.toggle("open"))));
  fold();
  narrow.addEventListener("change", fold);
}

/** Whoever works on the desk may want its whole height. */
function foldTries(folded) {
  find(".tries").classList.toggle("folded", folded);
  find(".tries-head").setAttribute("aria-expanded", String(!folded));
  sessionStorage.setItem("tries", folded ? "folded" : "open");
}

/** On a phone's width the clock's buttons and the tries live in the folded part of the bar. */
function fold() {
  const tries = find(".tries");
  const skips = [...document.querySelectorAll(".skip-some")];
  document.querySelector(".clock-more")?.remove();
  if (narrow.matches && innerWidth < 820) find(".for-narrow").append(el("div.group.clock-more", {}, skips), tries);
  else { find(".panel").append(tries); find(".shell-bar .now").after(...skips); }
}

const downSince = JSON.parse(sessionStorage.getItem("down") || "{}");

async function flip(provider, up) {
  try { drawSwitches(await tellSim("/switches", { [provider]: up ? "up" : "down" })); } catch { /* the next state tells */ }
  soon();
}

function drawSwitches(switches = {}) {
  for (const label of document.querySelectorAll(".provider")) {
    const provider = label.dataset.provider;
    const up = (switches[provider] ?? "up") === "up";
    label.classList.toggle("down", !up);
    label.querySelector("input").checked = up;
    label.querySelector("span").textContent = up ? words.up[provider] : words.down[provider];
    if (up) delete downSince[provider]; else downSince[provider] ??= hour(now());
  }
  sessionStorage.setItem("down", JSON.stringify(downSince));
  find(".sliders").classList.toggle("down", Object.keys(downSince).length > 0);
  const banner = find(".down-banner");
  const times = [...new Set(Object.values(downSince))];
  const lines = times.map((time) => [Object.keys(downSince).filter((provider) => downSince[provider] === time).map((provider) => words.down[provider]).join(", "), fill(words.down_since, { time })]);
  banner.hidden = lines.length === 0;
  banner.lastElementChild.replaceChildren(...lines.flatMap(([head, rest], at) => [at ? el("br") : "", el("b", {}, `${head} `), rest]));
}

const score = { killed: 0, back: null, ...JSON.parse(sessionStorage.getItem("score") || "{}") };
let killedAt = 0;

async function kill() {
  killedAt = performance.now();
  try { await post("/stage/kill"); } catch { /* it died before it could say so */ }
}

/** Another server under the same demo: the one before was killed, by whomever. */
function countLife(life) {
  if (score.life && score.life.server !== life.server) score.killed = score.life.demo === life.demo ? score.killed + 1 : 0;
  score.life = life;
}

/** Lost: what was written and nobody took within a while, nor is it tried again. Doubled: the bot said the very same thing twice in a row. */
function drawScore() {
  sessionStorage.setItem("score", JSON.stringify(score));
  const doubled = stage.phones.reduce((sum, phone) => sum + twins(phone), 0);
  const parts = [[words.killed, score.killed], [words.lost, lost()], [words.doubled, doubled]];
  find(".score").replaceChildren(...parts.flatMap(([word, number], at) => [el("span", {}, `${word} `, el(`b${at ? (number ? ".bad" : ".good") : ""}`, {}, `${number}`))]));
  find(".score").title = [words.killed_more, score.back && fill(words.back_in, { seconds: score.back })].filter(Boolean).join("; ");
}

/** How often the bot said the same once more than it was asked: by this guest, or by anybody where the house and the leads read. */
function twins(phone) {
  const said = phone.messages, asked = [...inputs(phone.role === "guest" ? [said] : stage.chats), ...taps()];
  let found = 0, before = 0;
  for (let at = 0, last; at < said.length; at = last + 1) {
    last = at;
    if (said[at].mine) continue;
    while (said[last + 1] && twin(said[last + 1], said[last])) last += 1;
    const until = Date.parse(said[last].at);
    if (last > at) found += Math.max(0, last - at + 1 - Math.max(1, asked.filter((one) => one > before && one <= until).length));
    before = until;
  }
  return found;
}

const twin = (one, other) => !one.mine && !other.mine && one.text !== "" && one.text === other.text && !one.edited && Math.abs(new Date(one.at) - new Date(other.at)) < 120000;
const inputs = (chats) => chats.flat().filter((message) => message.mine).map((message) => Date.parse(message.at));

/** A tap is no message of its own; the same webhook again is the same tap. */
function taps() {
  const first = new Map();
  for (const entry of wire.entries) if (entry.way === "webhook" && entry.kind === "tap" && !first.has(entry.body)) first.set(entry.body, Date.parse(entry.at) - 50);
  return [...first.values()];
}

function lost() {
  return stage.pending ? 0 : stage.chats.flatMap((messages) => messages.filter((message, at) => message.owed && now() - new Date(message.at) > CAUGHT_UP && messages.slice(at).every((one) => one.mine))).length;
}

/** One line above everything for five seconds; what `stays` comes back after others until it is taken away. */
function outage(name, head, rest, stays = false) {
  const line = find(".outage");
  clearTimeout(line.timer);
  if (stays) standing = [name, head, rest, true];
  line.replaceChildren(icon(name, 16), el("span", {}, el("b", {}, head), rest ? ` ${rest}` : ""));
  line.hidden = false;
  line.classList.toggle("bad", stays);
  if (!stays) line.timer = setTimeout(() => { if (standing) outage(...standing); else line.hidden = true; }, 5000);
}
let standing = null;

// -- news --

const due = new Map();
const later = (name, ms, act) => { if (!due.has(name)) due.set(name, setTimeout(() => { due.delete(name); act(); }, ms)); };
const soon = () => later("facts", 300, facts);

async function facts() {
  try {
    const told = await get("/stage/about");
    setOffset(told.offset);
    countLife(told.life);
    const awaiting = told.bookings?.awaiting || 0;
    count("desk", awaiting);
    const badge = find('.devices [data-to="desk"] .count');
    badge.textContent = awaiting;
    badge.hidden = !awaiting;
  } catch { return; }
  try {
    const state = await sim("/state");
    drawSwitches(state.switches);
    stage.pending = state.pending || 0;
    stage.chats = Object.values(state.chats).flatMap((channels) => Object.values(channels).map((chat) => chat.messages));
    wire.set(state.wire || []);
    const open = Object.values(state.checkouts || {}).filter((one) => (one.status || one.state) === "open").length;
    count("checkout", open);
  } catch { return; }
  drawScore();
}

function everything() {
  for (const phone of stage.phones) phone.deliverAll().then(() => phone.refresh()).then(drawScore);
  mailbox.refresh();
  facts();
}

function heardNews(news) {
  const phone = stage.phones.find((one) => one.person === news.person);
  if (news.type === "typing") { if (phone && phone.channel === news.channel) phone.typing(true); return; }
  if (news.type === "message" || news.type === "status") {
    if (phone && phone.channel === news.channel) phone.refresh();
    else if (phone && news.type === "message") phone.news(news.channel);
    soon();
  } else if (news.type === "mail") { mailbox.refresh(); soon(); }
  else if (news.type === "wire") { wire.add(news.entry); later("score", 300, drawScore); }
  else if (news.type === "reset") everything();
  else soon();
}

const NEEDS_SERVER = "[data-minutes], [data-next], .kill, [data-try], [data-play]";
const setAway = (away) => {
  document.body.classList.toggle("server-gone", away);
  for (const button of document.querySelectorAll(NEEDS_SERVER)) button.disabled = away;
};

function gone(what) {
  setAway(true);
  outage(what === "server" ? "bolt" : "triangle", words.gone[what], words.gone_more[what], true);
}

function back(seconds, what) {
  setAway(false);
  const took = (killedAt ? (performance.now() - killedAt) / 1000 : seconds).toFixed(1);
  if (what === "server") score.back = took;
  killedAt = 0;
  standing = null;
  outage("check-circle", words.back[what], fill(words.back_more, { seconds: took }));
  for (const frame of document.querySelectorAll(".pane iframe")) wake(frame);
}

/** A frame that was opened while nothing answered is opened again. */
function wake(frame) {
  try { if (frame.contentDocument.body.childElementCount) return; } catch { /* the browser's own error page */ }
  frame.src = frame.getAttribute("src");
}

setUpPhones();
setUpBar();
setUpTabs();
checkout.rest();
keepClear(find(".desk-frame"));
document.addEventListener("panel", (event) => { if (event.detail === "wire") wire.draw(); });
document.addEventListener("show", (event) => { if (narrow.matches) show(event.detail); });
setUpTries(stage);
setUpPlay(stage);
show(find(".boards").dataset.show);
tick();
setInterval(tick, 1000);
setInterval(soon, 10000);
mailbox.list();
listen({ onNews: heardNews, onOpen: everything, onGone: gone, onBack: back });
