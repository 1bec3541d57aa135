// One phone: shows a person's chat on one channel and writes as that person.

import { day, el, hour, icon, now, words } from "./dom.js";
import { here, once, sim, tellSim } from "./api.js";
import { numbered, rich } from "./rich.js";

const LONG = 1400;
const ATTACHABLE = [["photo", "picture"], ["voice", "mic"], ["sticker", "sticker"], ["location", "pin"], ["contact", "contact"], ["document", "document"]];

/** The provider said no, rather than nothing: sending the same again is of no use. */
const refused = (why) => why.status && why.status !== 502;

export class Phone {
  constructor(element, { onLink, onFile, onArrival, onTrouble }) {
    Object.assign(this, { element, onLink, onFile, onArrival, onTrouble });
    this.person = element.dataset.person;
    this.role = element.dataset.role;
    this.says = words.speech[element.dataset.language] || words.speech.en;
    this.language = element.dataset.language;
    this.channels = element.dataset.channels.split(" ");
    this.messages = [];
    this.drawn = new Map();
    this.outbox = [];
    this.tapped = null;
    this.unread = 0;
    this.loaded = false;
    const part = (selector) => element.querySelector(selector);
    this.parts = {
      log: part(".log"), newer: part(".newer"), empty: part(".empty-chat"), quick: part(".quick"), form: part(".composer"), input: part("textarea"), send: part(".send"),
      under: part(".under"), aside: part(".about-message"), attach: part(".attach"), attachments: part(".attachments"), menu: part(".menu-button"), commands: part(".commands"),
    };
    this.listenToHands();
    this.dress();
  }

  get channel() { return this.element.dataset.channel; }
  get path() { return `/chats/${this.person}/${this.channel}`; }

  // -- what the person does --

  listenToHands() {
    const { form, input, attach, menu, aside, log, newer } = this.parts;
    log.addEventListener("scroll", () => { if (this.isLow()) this.readAll(); }, { passive: true });
    newer.addEventListener("click", () => { this.toEnd(); log.focus({ focusVisible: false }); });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); if (input.value.trim()) this.submit(); }
      if (event.key === "Escape") this.forgetAside();
    });
    this.popup(attach, this.parts.attachments, () => ATTACHABLE.map(([kind, name]) => ({ icon: name, label: this.says[kind], act: () => this.sendKind(kind) })));
    if (menu) this.popup(menu, this.parts.commands, () => this.says.commands.map(([command, label]) => ({ code: command, label, act: () => this.say(command) })));
    this.element.querySelector(".photo")?.addEventListener("click", () => this.sendKind("photo"));
    aside.querySelector(".drop").addEventListener("click", () => this.forgetAside());
    this.element.addEventListener("click", (event) => {
      const hint = event.target.closest("[data-say]");
      if (hint) this.say(hint.dataset.say);
    });
    for (const tab of this.element.querySelectorAll("[data-to]")) {
      tab.addEventListener("click", () => this.turnTo(tab.dataset.to));
      tab.addEventListener("keydown", (event) => { if (/Arrow(Left|Right)/.test(event.key)) { this.turnTo(this.channels.find((one) => one !== this.channel)); this.element.querySelector('[data-to][aria-selected="true"]').focus(); } });
    }
  }

  typed() {
    const { input, form, send } = this.parts;
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 96)}px`;
    form.classList.toggle("writing", input.value.trim() !== "");
    send.setAttribute("aria-label", input.value.trim() ? this.says.send : this.says.voice);
  }

  submit() {
    const text = this.parts.input.value.trim();
    if (!text) return this.sendKind("voice");
    this.parts.input.value = "";
    this.typed();
    return this.say(text);
  }

  say(text) {
    const more = this.aside ? { [this.aside.as]: this.aside.id } : {};
    this.forgetAside();
    return this.post({ text, ...more });
  }

  sendKind(kind) {
    const extra = { location: { lat: 18.6823, lon: -68.4105 }, contact: { name: "Peter Moore", phone: "+447700900177" } }[kind] || {};
    return this.post({ kind, ...extra });
  }

  /** Says it once; what the provider does not take stays in the chat as not sent, to be tried again. */
  post(message) {
    const letter = { id: once(), channel: this.channel, path: this.path, at: now().toISOString(), message, state: "new" };
    this.outbox.push(letter);
    this.toEnd();
    setTimeout(() => { if (letter.state === "new") { letter.state = "slow"; this.draw(); } }, 300);
    return this.deliver(letter);
  }

  async deliver(letter) {
    if (letter.state === "unsent") { letter.state = "slow"; this.draw(); }
    const drop = () => { letter.state = "sent"; this.outbox = this.outbox.filter((one) => one !== letter); };
    try { await tellSim(`${letter.path}/messages`, { ...letter.message, once: letter.id, wait: 0 }); drop(); }
    catch (why) { if (refused(why)) { drop(); this.onTrouble(why); } else letter.state = "unsent"; }
    await this.refresh();
    this.draw();
  }

  /** Sends what could not be sent, in its order. */
  async deliverAll() {
    for (const letter of this.outbox.filter((one) => one.state === "unsent")) await this.deliver(letter);
  }

  async tap(message, key) {
    const tapped = { message: `${message}`, data: key.data, id: once() };
    this.tapped = tapped;
    this.toEnd();
    this.draw();
    try { await tellSim(`${this.path}/taps`, { message, data: key.data, once: tapped.id, wait: 0 }); if (this.tapped === tapped) this.tapped = null; }
    catch (why) { if (refused(why)) { this.tapped = null; this.onTrouble(why); } else tapped.unsent = true; }
    await this.refresh();
    this.draw();
  }

  press(message, key, event) {
    if (key.url) return this.onLink(key.url, event);
    return this.tap(message.id, key);
  }

  aboutMessage(as, message) {
    this.aside = { as, id: message.id };
    const { aside, input } = this.parts;
    aside.firstElementChild.replaceChildren(el("b", {}, as === "edit" ? this.says.editing : this.says.replying), ` ${message.text.slice(0, 80)}`);
    aside.hidden = false;
    if (as === "edit") { input.value = message.text; this.typed(); }
    input.focus();
  }

  forgetAside() {
    this.aside = null;
    this.parts.aside.hidden = true;
    for (const list of [this.parts.attachments, this.parts.commands]) if (list) list.hidden = true;
  }

  popup(button, list, items) {
    const close = () => { list.hidden = true; button.setAttribute("aria-expanded", "false"); };
    button.addEventListener("click", () => {
      if (!list.hidden) return close();
      list.replaceChildren(...items().map((item) => el("button", { type: "button", onclick: () => { close(); item.act(); } }, item.icon ? icon(item.icon, 17) : el("code", {}, item.code), el("span", {}, item.label))));
      list.hidden = false;
      button.setAttribute("aria-expanded", "true");
      list.querySelector("button").focus({ focusVisible: false });
    });
    list.addEventListener("keydown", (event) => {
      const all = [...list.querySelectorAll("button")];
      const at = all.indexOf(document.activeElement);
      if (event.key === "Escape") { close(); button.focus(); }
      if (event.key === "ArrowDown") all[(at + 1) % all.length].focus();
      if (event.key === "ArrowUp") all[(at + all.length - 1) % all.length].focus();
      if (event.key.startsWith("Arrow")) event.preventDefault();
    });
    document.addEventListener("click", (event) => { if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) close(); });
  }

  // -- what the phone shows --

  turnTo(channel) {
    this.element.dataset.channel = channel;
    this.messages = [];
    this.drawn.clear();
    this.tapped = null;
    this.loaded = false;
    this.parts.log.removeAttribute("aria-live");
    this.parts.log.replaceChildren();
    this.dress();
    this.refresh();
  }

  dress() {
    for (const tab of this.element.querySelectorAll("[data-to]")) {
      const chosen = tab.dataset.to === this.channel;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) tab.classList.remove("news");
    }
    this.parts.under.textContent = this.restingWord();
  }

  restingWord() {
    if (this.channel === "whatsapp") return this.says.business;
    return this.role === "house" ? this.says.group : this.says.bot;
  }

  /** Reads the chat again; several calls at once become one more. */
  async refresh() {
    if (this.reading) { this.again = true; return this.reading; }
    this.reading = this.readAndDraw().finally(() => { this.reading = null; });
    await this.reading;
    if (this.again) { this.again = false; await this.refresh(); }
  }

  async readAndDraw() {
    const channel = this.channel;
    let chat;
    try { chat = await sim(this.path); } catch { return; }
    if (channel !== this.channel) return;
    const before = this.messages.length;
    this.messages = chat.messages;
    const fresh = this.loaded ? chat.messages.slice(before).filter((message) => !message.mine) : [];
    if (!this.isLow()) this.unread += fresh.length;
    this.draw();
    if (!this.loaded) { this.parts.log.setAttribute("aria-live", "polite"); this.loaded = true; }
    if (fresh.length) { this.typing(false); this.onArrival(this, fresh); }
  }

  draw() {
    const { log, empty } = this.parts;
    const ids = new Set(this.messages.map((message) => `${message.id}`));
    for (const [id, kept] of this.drawn) if (!ids.has(id)) { kept.node.remove(); this.drawn.delete(id); }
    const low = this.isLow();
    let changed = false, previous = null, last = null;
    this.messages.forEach((message, at) => {
      const first = previous === null || previous.mine !== message.mine;
      const newDay = previous === null || day(previous.at) !== day(message.at);
      const tick = message.mine ? this.messages.slice(at).some((one) => !one.mine) : this.tapped?.message === `${message.id}` && this.tapped;
      const sign = JSON.stringify([message, first, tick, newDay && day(now())]);
      let kept = this.drawn.get(`${message.id}`);
      if (!kept || kept.sign !== sign) {
        const node = this.message(message, first, newDay ? this.dayWord(message.at) : null, this.loaded && !kept);
        if (kept) kept.node.replaceWith(node); else if (last) last.after(node); else log.prepend(node);
        kept = { node, sign };
        this.drawn.set(`${message.id}`, kept);
        changed = true;
      }
      last = kept.node;
      previous = message;
    });
    changed = this.drawOutbox() || changed;
    empty.hidden = log.children.length > 0;
    log.hidden = !empty.hidden;
    this.suggest();
    const wrote = this.messages.at(-1)?.mine && this.messages.at(-1).id !== this.lastId;
    this.lastId = this.messages.at(-1)?.id;
    if (changed && (low || wrote || !this.loaded)) this.toEnd();
    this.drawNewer();
  }

  /** What the provider has not taken stands last, whole, with a way to try again. */
  drawOutbox() {
    const { log } = this.parts;
    const unsent = this.outbox.filter((letter) => letter.channel === this.channel && letter.state !== "new");
    const sign = JSON.stringify(unsent);
    if (sign === this.outboxSign) return false;
    this.outboxSign = sign;
    for (const old of log.querySelectorAll(".unsent")) old.remove();
    log.append(...unsent.map((letter) => this.unsent(letter)));
    return true;
  }

  unsent(letter) {
    const { text, kind } = letter.message;
    const stays = letter.state === "unsent";
    const mark = el("span.meta", {}, el("time", { dateTime: letter.at }, hour(letter.at)), el("span.ticks", { title: this.says.sending }, icon("clock", 12)));
    const again = stays && el("button.again", { type: "button", onclick: () => this.deliver(letter) }, icon("retry", 13), el("span", {}, this.says.not_sent));
    return el("div.msg.mine.first.unsent", {}, el("div.balloon", {}, text ? null : el("div.thing", {}, el("span", {}, this.says[kind] || kind)), el("div.words", { dir: "auto" }, (text || "").slice(0, LONG), mark)), again);
  }

  /** The person who reads further up is told, not dragged down. */
  drawNewer() {
    const { newer } = this.parts;
    newer.hidden = this.unread === 0;
    newer.lastElementChild.textContent = this.unread > 1 ? `${this.unread} ${this.says.newer_many}` : this.says.newer;
  }

  readAll() {
    this.unread = 0;
    this.parts.newer.hidden = true;
  }

  isLow() {
    const { log } = this.parts;
    return log.scrollHeight - log.scrollTop - log.clientHeight < 140;
  }

  toEnd() {
    const { log } = this.parts;
    this.readAll();
    const down = () => { log.scrollTop = log.scrollHeight; };
    down();
    for (const picture of log.querySelectorAll("img")) if (!picture.complete) picture.addEventListener("load", down, { once: true });
  }

  dayWord(at) {
    if (day(at) === day(now())) return this.says.today;
    if (day(at) === day(now().getTime() - 864e5)) return this.says.yesterday;
    return day(at, this.language);
  }

  message(message, first, dayWord, entering) {
    const failed = message.status === "failed" || message.status === "undelivered";
    const keys = message.keyboard?.length && !message.typed_keys ? this.keys(message) : null;
    const whatsapp = this.channel === "whatsapp";
    const item = el(`div.msg.${message.mine ? "mine" : "theirs"}`, { "data-id": message.id }, dayWord && el("p.day-mark", {}, el("span", {}, dayWord)),
      el("div.balloon", { title: failed ? this.says.not_delivered : "" }, this.quoted(message), this.media(message), this.text(message), whatsapp && keys),
      !whatsapp && keys, this.acts(message));
    item.classList.toggle("first", first);
    item.classList.toggle("entering", entering);
    item.classList.toggle("failed", failed);
    this.holdToReply(item, message);
    return item;
  }

  quoted(message) {
    if (!message.quotes) return null;
    const quoted = this.messages.find((one) => `${one.id}` === `${message.quotes}`);
    if (!quoted) return null;
    return el("blockquote", { onclick: () => this.drawn.get(`${quoted.id}`)?.node.scrollIntoView({ block: "center" }) }, el("b", {}, quoted.mine ? this.says.you : this.element.querySelector(".title").textContent), quoted.text.slice(0, 120) || this.says[quoted.kind] || quoted.kind);
  }

  text(message) {
    const failed = message.status === "failed" || message.status === "undelivered";
    const options = { html: message.html, marks: this.channel === "whatsapp", onLink: this.onLink };
    const words = message.text ? rich(message.text, options) : [];
    const body = el(`div.words${message.text ? "" : ".wordless"}`, { dir: "auto" }, words, failed && el("em.undelivered", {}, `${message.text ? "\n" : ""}${this.says.not_delivered}${message.error ? ` (${message.error.code ?? message.error})` : ""}`), this.meta(message));
    if (message.text.length <= LONG) return body;
    body.classList.add("folded");
    return el("div", {}, body, el("button.unfold", { type: "button", onclick: (event) => { body.classList.remove("folded"); event.currentTarget.remove(); } }, this.says.more));
  }

  meta(message) {
    const ticks = message.mine ? this.ticks(message) : null;
    return el("span.meta", {}, message.edited ? `${this.says.edited} ` : "", el("time", { dateTime: message.at }, hour(message.at)), ticks);
  }

  /** One tick: still on its way. Two: the bot has taken it. Blue: it has answered since. */
  ticks(message) {
    const answered = this.messages.slice(this.messages.indexOf(message)).some((one) => !one.mine);
    const waiting = message.owed && !answered;
    const ticks = el("span.ticks", { title: waiting ? this.says.waiting : "" }, icon(waiting ? "check" : "double-check", 13));
    ticks.classList.toggle("read", !waiting && answered);
    return ticks;
  }

  media(message) {
    const made = (message.media || []).map((file) => this.file(message, file));
    if (made.length) return made;
    if (message.kind === "location") return el("div.map", {}, icon("pin", 26), el("span", {}, [message.lat, message.lon].every((one) => one !== undefined) ? `${Number(message.lat).toFixed(4)}, ${Number(message.lon).toFixed(4)}` : this.says.location));
    if (!message.text && message.kind !== "text") return el("div.thing", {}, icon({ voice: "mic", contact: "contact", photo: "picture" }[message.kind] || message.kind, 18), el("span", {}, this.says[message.kind] || message.kind));
    return null;
  }

  file(message, file) {
    const address = here(file.url) || file.url;
    const type = file.content_type || "";
    if (message.kind === "sticker") return el("img.sticker", { src: address, alt: this.says.sticker });
    if (type.startsWith("image/")) return el("button.picture", { type: "button", "aria-label": file.name || this.says.photo, onclick: () => this.onFile(address, type, file.name) }, el("img", { src: address, alt: file.name || this.says.photo }));
    if (type.startsWith("audio/")) return el("div.voice", {}, el("span.play", {}, icon("mic", 15)), el("span.wave", { "aria-hidden": "true" }, [5, 9, 14, 8, 16, 11, 18, 12, 7, 15, 10, 17, 8, 12, 6, 10, 14, 7, 4].map((height) => el("i", { className: `h${height}` }))), el("span", {}, `0:0${2 + (message.text.length % 7)}`));
    if (type.includes("vcard")) return el("div.thing", {}, icon("contact", 20), el("span", {}, message.contact?.name || file.name || this.says.contact));
    const name = file.name || address.split("/").pop();
    return el("button.paper", { type: "button", onclick: () => this.onFile(address, type, name) }, el("span.sheet", {}, icon("document", 18)), el("span.grow", {}, el("b.cut", {}, name), el("small", {}, `${type.includes("pdf") ? "PDF" : type}${file.size ? ` · ${Math.ceil(file.size / 1024)} kB` : ""}`)));
  }

  keys(message) {
    if (message.list) return el("div.keys", {}, el("div.key-row", {}, el("button.key", { type: "button", "aria-haspopup": "dialog", onclick: () => this.openList(message) }, icon("list", 14), el("span", {}, message.list))), this.tapAgain(message));
    const rows = message.keyboard.map((row) => el("div.key-row", {}, row.map((key) => el("button.key", { type: "button", className: `key ${key.style || ""}`, "aria-busy": this.isPressed(message, key) && "true", onclick: (event) => this.press(message, key, event) }, key.url ? icon(key.url.startsWith("tel:") ? "phone" : "out", 13) : this.channel === "whatsapp" ? icon("reply", 13) : null, el("span", {}, key.text)))));
    return el("div.keys", {}, rows, this.tapAgain(message));
  }

  tapAgain(message) {
    const tapped = this.tapped?.unsent && this.tapped.message === `${message.id}`;
    return tapped && el("p.tap-again", { role: "status" }, icon("retry", 13), this.says.not_tapped);
  }

  /** WhatsApp's list comes up from below; a row that is chosen is sent and closes it. */
  openList(message) {
    const back = document.activeElement;
    const close = () => { shade.remove(); back?.focus({ focusVisible: false }); };
    const choose = (key) => { close(); this.tap(message.id, key); };
    const rows = message.keyboard.flat().map((key) => el("button.choice", { type: "button", onclick: () => choose(key) }, el("span.grow", {}, el("b", {}, key.text), key.description ? el("small", {}, key.description) : null), el("i.round", { "aria-hidden": "true" })));
    const head = el("div.choices-head", {}, el("b", {}, message.list), el("button.bare", { type: "button", "aria-label": this.says.cancel, onclick: close }, icon("x", 16)));
    const shade = el("div.shade", { onclick: (event) => { if (event.target === shade) close(); } }, el("div.choices", { role: "dialog", "aria-modal": "true", "aria-label": message.list }, head, el("div.choices-rows", {}, rows)));
    shade.addEventListener("keydown", (event) => {
      const at = rows.indexOf(document.activeElement);
      if (event.key === "Escape") close();
      if (event.key === "ArrowDown") rows[(at + 1) % rows.length].focus();
      if (event.key === "ArrowUp") rows[(at + rows.length - 1) % rows.length].focus();
      if (event.key.startsWith("Arrow")) event.preventDefault();
    });
    this.element.querySelector(".screen").append(shade);
    rows[0]?.focus({ focusVisible: false });
  }

  /** A tap is on its way until the bot has taken it. */
  isPressed(message, key) {
    if (!key.data) return false;
    const tapped = this.tapped?.message === `${message.id}` && this.tapped;
    return tapped ? tapped.data === key.data && !tapped.unsent : message.pressed === key.data;
  }

  acts(message) {
    const acts = [el("button.bare", { type: "button", title: this.says.reply, "aria-label": this.says.reply, onclick: () => this.aboutMessage("quotes", message) }, icon("reply", 14))];
    if (message.mine && message.text && this.channel === "telegram") acts.push(el("button.bare", { type: "button", title: this.says.edit, "aria-label": this.says.edit, onclick: () => this.aboutMessage("edit", message) }, icon("pencil", 13)));
    return el("div.acts", {}, acts);
  }

  holdToReply(item, message) {
    let timer;
    const stop = () => clearTimeout(timer);
    item.addEventListener("touchstart", () => { timer = setTimeout(() => this.aboutMessage("quotes", message), 550); }, { passive: true });
    for (const end of ["touchend", "touchmove", "touchcancel"]) item.addEventListener(end, stop, { passive: true });
  }

  /** Keys that stand in place of the phone's keyboard: each types its words, or shares what it is for; once used they are folded. */
  board() {
    const last = this.messages.findLast((one) => one.typed_keys && one.keyboard?.length);
    return last && last.id !== this.folded ? last : null;
  }

  onBoard(message, key) {
    this.folded = message.id;
    this.suggest();
    if (key.request === "contact") return this.post({ kind: "contact" });
    return key.request ? this.sendKind("location") : this.say(key.text);
  }

  drawBoard(message) {
    const { quick } = this.parts;
    const sign = `board ${message.id}`;
    if (sign === this.suggested) return;
    this.suggested = sign;
    const face = (key) => [key.request ? icon(key.request === "contact" ? "contact" : "pin", 15) : null, el("span", {}, key.text)];
    quick.replaceChildren(...message.keyboard.map((row) => el("div.board-row", {}, row.map((key) => el("button", { type: "button", className: key.request ? "asks" : "", onclick: () => this.onBoard(message, key) }, face(key))))));
    quick.classList.add("board");
    quick.hidden = false;
    this.toEnd();
  }

  /** Numbered lines of the last message become suggested answers above the keyboard, as a phone would offer them. */
  suggest() {
    const board = this.channel === "telegram" && this.board();
    if (board) return this.drawBoard(board);
    const last = this.messages.at(-1);
    const options = last && !last.mine && !last.keyboard?.length ? numbered(last.text) : [];
    const sign = JSON.stringify(options);
    if (sign === this.suggested) return;
    this.suggested = sign;
    const { quick } = this.parts;
    const low = this.isLow();
    quick.classList.remove("board");
    quick.replaceChildren(...options.map((option) => el("button", { type: "button", title: option.label, onclick: () => this.say(option.value) }, el("b", {}, option.value), el("span", {}, option.label))));
    quick.hidden = options.length === 0;
    quick.scrollLeft = 0;
    if (low) this.toEnd();
  }

  typing(on = true) {
    clearTimeout(this.typingTimer);
    this.parts.under.textContent = on ? this.says.typing : this.restingWord();
    this.parts.under.classList.toggle("typing", on);
    if (on) this.typingTimer = setTimeout(() => this.typing(false), 5000);
  }

  news(channel) {
    this.element.querySelector(`[data-to="${channel}"]`)?.classList.add("news");
  }
}
