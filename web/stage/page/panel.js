// The panel beside the phones: desk, mailbox, checkout and wire.

import { day, el, emptiness, fill, hour, icon, second, words } from "./dom.js";
import { here, sim, SIM, tellSim } from "./api.js";

const paneOf = (name) => document.getElementById(`pane-${name}`);

/** Turns the panel to one of its tabs. */
export function turnTo(name) {
  for (const tab of document.querySelectorAll(".panel [role=tab].tab")) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  document.dispatchEvent(new CustomEvent("panel", { detail: name }));
}

export const turnedTo = () => document.querySelector('.panel .tab[aria-selected="true"]').id.slice(4);

export function setUpTabs() {
  const tabs = [...document.querySelectorAll(".panel > .tabs [role=tab]")];
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => turnTo(tab.id.slice(4)));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      turnTo(next.id.slice(4));
      next.focus();
    });
  });
}

export function count(name, number) {
  const badge = document.querySelector(`[data-count="${name}"]`);
  badge.textContent = number;
  badge.hidden = !number;
}

/** Shows a file (PDF, picture) above everything, with a way to keep it. */
export function showFile(address, type, name) {
  const dialog = document.querySelector("dialog.viewer");
  const shown = (type || "").startsWith("image/") ? el("img", { src: address, alt: name || "" }) : el("iframe", { src: address, title: name || "" });
  dialog.replaceChildren(
    el("header.spread", {}, el("h2.cut", {}, name || ""), el("span.row", {}, el("a.btn.small", { href: address, download: name || true }, icon("download", 14), words.download), el("button.btn.small.only", { type: "button", "aria-label": words.close, onclick: () => dialog.close() }, icon("x", 14)))),
    el("div.sheet-view", {}, shown));
  dialog.showModal();
}

// -- the page a guest opened: pay page, checkout, booking --

export const checkout = {
  frame: null,
  open(address) {
    const pane = paneOf("checkout");
    if (!this.frame) this.build(pane);
    if (address !== this.now()) this.frame.src = address;
    turnTo("checkout");
  },
  now() {
    try { return this.frame?.contentWindow.location.pathname + this.frame?.contentWindow.location.search; } catch { return this.frame?.getAttribute("src"); }
  },
  build(pane) {
    this.frame = el("iframe", { title: words.page });
    this.address = el("span.address.cut", {});
    this.alone = el("a.btn.small.only.plain", { target: "_blank", rel: "noopener", title: words.open_alone, "aria-label": words.open_alone }, icon("out", 15));
    this.frame.addEventListener("load", () => { this.address.textContent = this.now() || ""; this.alone.href = this.now() || "/"; });
    pane.replaceChildren(el("div.browser-bar", {}, el("button.btn.small.only.plain", { type: "button", "aria-label": words.reload, title: words.reload, onclick: () => this.frame.contentWindow.location.reload() }, icon("retry", 15)), el("span.address-box", {}, icon("lock", 13), this.address), this.alone), this.frame);
  },
  rest() { if (!this.frame) paneOf("checkout").replaceChildren(emptiness("card", words.tab_checkout_empty, words.tab_checkout_more)); },
};

// -- the desk --

/** In a frame this low the desk's own bar at the foot would lie over what one writes: the form is brought above it. */
export function keepClear(frame) {
  const above = (field) => {
    const page = frame.contentDocument, form = field?.closest("form");
    const bar = [...page.querySelectorAll("nav")].find((nav) => nav.ownerDocument.defaultView.getComputedStyle(nav).position === "fixed");
    if (!form || !field.matches("textarea")) return;
    page.documentElement.style.scrollPaddingBottom = `${(bar?.offsetWidth > bar?.offsetHeight ? bar.offsetHeight : 0) + 16}px`;
    form.scrollIntoView({ block: "nearest" });
  };
  const opened = () => {
    let page;
    try { page = frame.contentDocument; } catch { return; }
    page?.addEventListener("focusin", (event) => above(event.target));
    if (/[?&]talk=/.test(page?.location?.search || "")) above([...page.querySelectorAll("main textarea")].find((field) => field.offsetParent));
  };
  frame.addEventListener("load", opened);
  opened();
}

// -- the mailbox --

export const mailbox = {
  mails: [], whose: "all", open: null, people: [],
  async refresh() {
    try { const answer = await sim("/mails"); this.mails = (answer.mails || answer).slice().sort((a, b) => String(b.at || b.date).localeCompare(String(a.at || a.date))); } catch { return; }
    count("mail", this.mails.length);
    if (!this.open) this.list();
  },
  addresses() { return [...new Set(this.mails.flatMap((mail) => receivers(mail)))].slice(0, 5); },
  list() {
    this.open = null;
    const pane = paneOf("mail");
    if (!this.mails.length) return pane.replaceChildren(emptiness("mail", words.no_mail, words.no_mail_more));
    const boxes = this.addresses();
    const filter = boxes.length > 1 && el("div.mail-filter", {}, el("div.segments", {}, ["all", ...boxes].map((box) => el("button.segment", { type: "button", "aria-pressed": String(box === this.whose), onclick: () => { this.whose = box; this.list(); } }, el("span.cut", {}, box === "all" ? words.all : box.split("@")[0])))));
    const shown = this.mails.filter((mail) => this.whose === "all" || receivers(mail).includes(this.whose));
    pane.replaceChildren(...[filter, el("ul.mails", {}, shown.map((mail) => this.row(mail)))].filter(Boolean));
  },
  row(mail) {
    return el("li", {}, el("button.mail-row", { type: "button", onclick: () => this.read(mail.id) }, el("span.avatar", {}, initials(receivers(mail)[0] || "?")),
      el("span.grow", {}, el("span.spread", {}, el("b.cut", {}, receivers(mail).join(", ")), el("time.faint", {}, `${day(mail.at || mail.date)} ${hour(mail.at || mail.date)}`)), el("span.spread", {}, el("span.cut", {}, mail.subject || words.no_subject), mail.attachments ? el("span.tag", {}, icon("attach", 12), `${mail.attachments}`) : null))));
  },
  async read(id) {
    const mail = await sim(`/mails/${id}`);
    this.open = id;
    const pane = paneOf("mail");
    const body = el("div.mail-body", {});
    const views = [["page", words.page], ["text", words.text], ["headers", words.headers]].filter(([view]) => view !== "page" || mail.html);
    const segments = el("div.segments", { role: "tablist" }, views.map(([view, word]) => el("button.segment", { type: "button", role: "tab", onclick: (event) => { for (const one of segments.children) one.setAttribute("aria-selected", String(one === event.currentTarget)); body.replaceChildren(this.view(view, mail)); } }, word)));
    const head = headersOf(mail);
    const files = mail.attachments.filter((file) => !file.inline);
    pane.replaceChildren(el("div.mail-head", {}, el("div.spread", {}, el("button.btn.small.plain", { type: "button", onclick: () => { this.list(); } }, icon("arrow-left", 14), words.back_to_list), segments),
      el("h3", {}, mail.subject || head.Subject || words.no_subject), el("p.hint", {}, `${words.from} ${head.From || mail.from || ""}`), el("p.hint", {}, `${words.to} ${head.To || receivers(mail).join(", ")}`),
      files.length ? el("div.row.wrap.enclosed", {}, files.map((file) => this.enclosed(mail, file))) : null), body);
    segments.firstElementChild.click();
    pane.querySelector("button").focus({ focusVisible: false });
  },
  enclosed(mail, { url, name, content_type: type }) {
    return el("button.btn.small", { type: "button", onclick: () => showFile(here(url), type, name) }, icon(/ticket|boleto/i.test(name) ? "ticket" : type.includes("calendar") ? "calendar" : "document", 14), name);
  },
  view(view, mail) {
    if (view === "text") return el("pre.plain-text", {}, mail.text || "");
    if (view === "headers") return el("dl.facts.mail-headers", {}, Object.entries(headersOf(mail)).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
    const frame = el("iframe.mail-frame", { title: mail.subject || words.page, sandbox: "allow-same-origin", src: `/stage/mails/${mail.id}/page` });
    frame.addEventListener("load", () => tame(frame));
    return frame;
  },
};

/** Links of a mail open beside it, as the guest's browser would; nothing in the frame can run. */
function tame(frame) {
  const page = frame.contentDocument;
  if (!page) return;
  page.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    event.preventDefault();
    openLink(link.href);
  });
}

export function openLink(address, event) {
  const ours = here(address);
  if (!ours) { if (!event) window.open(address, "_blank", "noopener"); return; }
  event?.preventDefault();
  if (/\.(pdf|ics)(\?|$)/.test(ours)) { showFile(ours, "application/pdf", ours.split("?")[0].split("/").pop()); return; }
  checkout.open(ours);
  document.dispatchEvent(new CustomEvent("show", { detail: "desk" }));
}

const receivers = (mail) => [mail.recipients ?? mail.to ?? []].flat().flatMap((one) => String(one).split(/,\s*/)).map((one) => (one.match(/<([^>]+)>/)?.[1] || one).trim()).filter(Boolean);
const headersOf = (mail) => Array.isArray(mail.headers) ? Object.fromEntries(mail.headers) : (mail.headers || {});
const initials = (address) => address.split("@")[0].split(/[._-]/).map((part) => part[0] || "").join("").slice(0, 2).toUpperCase();

// -- the wire --

export const wire = {
  entries: [], only: "all", open: new Set(),
  set(entries) { this.entries = entries; if (!paneOf("wire").hidden) this.draw(); },
  add(entry) { if (!entry) return; this.entries = [...this.entries.filter((one) => one.n !== entry.n), entry].slice(-200); if (!paneOf("wire").hidden) this.later(); },
  later() { this.timer ??= setTimeout(() => { this.timer = null; this.draw(); }, 120); },
  draw() {
    const pane = paneOf("wire");
    if (!this.entries.length) return pane.replaceChildren(emptiness("wire", words.wire_empty, words.wire_empty_more));
    const filter = el("div.wire-filter", {}, el("div.segments", {}, [["all", words.all], ["webhook", words.webhooks], ["call", words.calls]].map(([key, word]) => el("button.segment", { type: "button", "aria-pressed": String(key === this.only), onclick: () => { this.only = key; this.draw(); } }, word))));
    const shown = this.entries.filter((entry) => this.only === "all" || (entry.way === "webhook") === (this.only === "webhook")).toReversed();
    const scrolled = pane.querySelector(".wires")?.scrollTop ?? 0;
    pane.replaceChildren(filter, el("ul.wires", {}, shown.map((entry) => this.row(entry))));
    pane.querySelector(".wires").scrollTop = scrolled;
  },
  row(entry) {
    const webhook = entry.way === "webhook";
    const fine = entry.status >= 200 && entry.status < 400;
    const details = el("details", { open: this.open.has(entry.n), ontoggle: (event) => { if (event.target.open) { this.open.add(entry.n); if (!event.target.dataset.full) this.unfold(event.target, entry); } else this.open.delete(entry.n); } },
      el("summary", {}, el("time.faint", {}, second(entry.at)), el(`span.way.${webhook ? "sky" : "stone"}`, {}, icon(webhook ? "arrow-down" : "arrow-up", 13)), el("span.grow.cut", { title: `${entry.method} ${entry.url}` }, el("b", {}, providerWord(entry.provider)), ` ${short(entry)}`), entry.try > 1 ? el("span.tag", {}, `×${entry.try}`) : null, el("span.faint.ms", {}, entry.ms === undefined ? "" : `${Math.round(entry.ms)} ms`), el(`span.chip.${fine ? "green" : "red"}`, {}, `${entry.status ?? words.no_answer}`)));
    if (this.open.has(entry.n)) this.unfold(details, entry);
    return el("li", {}, details);
  },
  unfold(details, entry) {
    details.dataset.full = "yes";
    const result = el("span.hint", { role: "status" });
    const again = (times) => async () => { try { const answer = await tellSim(`/wire/${entry.n}/again`, { times, parallel: times > 1 }); result.textContent = fill(words.sent_again, { answers: answersOf(answer) }); } catch (why) { result.textContent = why.message; } };
    details.append(el("div.wire-body", {}, el("p.hint.address", {}, `${entry.method} ${entry.url}`),
      entry.way === "webhook" ? el("div.row", {}, el("button.btn.small", { type: "button", onclick: again(1) }, icon("retry", 14), words.again), el("button.btn.small", { type: "button", onclick: again(5) }, words.again5), result) : null,
      el("h4.label", {}, words.request), el("pre", {}, [pretty(entry.headers), pretty(entry.body)].filter(Boolean).join("\n\n")), el("h4.label", {}, words.response), el("pre", {}, pretty(entry.answer) || entry.error || "—")));
  },
};

export const answersOf = (answer) => (answer.statuses || answer.answers || (Array.isArray(answer) ? answer : [answer.status])).map((one) => one?.status ?? one ?? words.no_answer).join(", ");
const providerWord = (provider) => ({ twilio: "WhatsApp", telegram: "Telegram", stripe: words.up.stripe, smtp: words.up.smtp }[provider] || provider || "");

function short(entry) {
  let path = String(entry.url || entry.path || "").replace(/^https?:\/\/[^/]+/, "");
  path = path.replace(/\/2010-04-01\/Accounts\/[^/]+/, "").replace(/\/bot[^/]+/, "");
  return `${entry.method || ""} ${path}`;
}

function pretty(value) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${typeof one === "object" ? JSON.stringify(one) : one}`).join("\n");
  try { return JSON.stringify(JSON.parse(value), null, 2); } catch { /* a form or plain words */ }
  if (/^[\w.%+-]+=[^\n]*$/.test(value)) return [...new URLSearchParams(value)].map(([name, one]) => `${name} = ${one}`).join("\n");
  return value;
}
