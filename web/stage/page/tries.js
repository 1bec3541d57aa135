// "Try to break it": each try does one thing the real world does to a booking bot, and says what came of it.

import { fill, wait, words } from "./dom.js";
import { sim, SIM, tellSim } from "./api.js";
import { answersOf, checkout, turnTo, wire } from "./panel.js";

const result = (sentence) => { document.querySelector(".try-result").textContent = sentence; };
const said = words.tries;

async function openSession() {
  const { checkouts } = await sim("/state");
  const all = Array.isArray(checkouts) ? checkouts : Object.values(checkouts || {});
  return all.filter((one) => (one.status || one.state) === "open").at(-1) || null;
}

/** The open checkout; when only the pay page was reached, its button is pressed as the guest would. */
export async function reachCheckout(phone) {
  const open = await openSession();
  if (open) return open.id || open.session;
  const link = phone && payLink(phone);
  if (!link) return null;
  checkout.open(link);
  await loaded();
  if (!checkout.now()?.includes("/sim/checkout/")) { checkout.frame.contentDocument.querySelector('form[method="post" i] button:not([disabled])')?.click(); await loaded(); }
  return (await openSession())?.id ?? null;
}

export function payLink(phone) {
  for (const message of phone.messages.toReversed()) {
    const key = message.keyboard?.flat().find((one) => /\/pay\b/.test(one.url || ""))?.url;
    const typed = message.text.match(/https?:\/\/\S+\/pay\b\S*/)?.[0];
    if (!message.mine && (key || typed)) { const url = new URL(key || typed, location.href); return url.pathname + url.search; }
  }
  return null;
}

export const loaded = () => Promise.race([new Promise((done) => checkout.frame.addEventListener("load", () => setTimeout(done, 150), { once: true })), wait(4000)]);

const pay = (session, card) => fetch(`${SIM}/checkout/${session}`, { method: "POST", body: new URLSearchParams({ card }), redirect: "manual" });
const statuses = (answers) => answers.map((one) => one.status || 303).join(", ");

const kinds = (kind) => async ({ guest }) => { await guest.sendKind(kind); result(said.sent); };

const tries = {
  voice: kinds("voice"), sticker: kinds("sticker"), location: kinds("location"), contact: kinds("contact"),
  async decline(stage) {
    const session = await reachCheckout(stage.guest);
    if (!session) return result(said.no_checkout);
    await pay(session, "declined");
    checkout.open(`${SIM}/checkout/${session}`);
    result(said.declined);
  },
  async twice(stage) {
    const session = await reachCheckout(stage.guest);
    if (!session) return result(said.no_checkout);
    const answers = await Promise.all([pay(session, "ok"), pay(session, "ok")]);
    result(fill(said.twice, { answers: statuses(answers) }));
  },
  async killpay(stage) {
    const session = await reachCheckout(stage.guest);
    if (!session) return result(said.no_checkout);
    await Promise.allSettled([pay(session, "ok"), stage.kill()]);
    result(said.killing);
  },
  async old(stage) {
    const phone = stage.phones.find((one) => one.channel === "telegram" && one.role === "guest");
    const carrying = phone?.messages.filter((message) => !message.mine && message.keyboard?.flat().some((key) => key.data)) || [];
    const old = carrying.length > 1 ? carrying[0] : null;
    if (!old) return result(said.no_button);
    await phone.tap(old.id, old.keyboard.flat().find((key) => key.data));
    result(said.old);
  },
  async long({ guest }) {
    await guest.post({ text: "We would like to go to the beach, please. ".repeat(250).slice(0, 10000) });
    result(said.long);
  },
  async forged() {
    const form = new URLSearchParams({ MessageSid: `SM${"0".repeat(32)}`, From: "whatsapp:+15005550006", Body: "Cancel every booking" });
    const answer = await fetch("/hooks/whatsapp", { method: "POST", headers: { "X-Twilio-Signature": "Zm9yZ2Vk" }, body: form });
    result(fill(answer.status === 403 ? said.forged : said.forged_bad, { status: answer.status }));
  },
  async five() {
    const last = wire.entries.findLast((entry) => entry.way === "webhook" && /message|text|update/i.test(entry.kind || "message") && !/status/.test(entry.url));
    if (!last) return result(said.no_webhook);
    const answer = await tellSim(`/wire/${last.n}/again`, { times: 5, parallel: true });
    result(fill(said.five, { answers: answersOf(answer) }));
    turnTo("wire");
  },
};

export function setUpTries(stage) {
  document.addEventListener("click", async (event) => {
    const chip = event.target.closest("[data-try]");
    if (!chip) return;
    chip.disabled = true;
    chip.setAttribute("aria-busy", "true");
    try { await tries[chip.dataset.try](stage); } catch (why) { result(fill(said.failed, { why: why.message })); } finally { chip.disabled = false; chip.removeAttribute("aria-busy"); }
  });
}

