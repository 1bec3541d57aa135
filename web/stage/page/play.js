// Plays a whole booking on the first guest's phone: types, reads the bot's answer, chooses, pays.

import { calm, fill, wait, words } from "./dom.js";
import { checkout, turnTo } from "./panel.js";
import { loaded, payLink } from "./tries.js";
import { numbered } from "./rich.js";

const OPENING = "airport to Bávaro tomorrow at 3pm, 4 people";
// What Hannah would say, by what she is asked; the first that fits the question's last lines.
const ANSWERS = [
  [/terms|conditions/i, /accept|agree|yes|send/i, "yes"],
  [/e-?mail/i, null, "hannah.moore@example.com"],
  [/flight/i, null, "BA2203"],
  [/bags|suitcases|luggage/i, null, "6"],
  [/room/i, null, "1204"],
  [/how many (people|of you|guests)|adults|child|who travels|party/i, null, "3 adults and a child of 4"],
  [/which vehicle|vehicle suits|which car/i, /\bvan\b/i, "van"],
  [/extras?|anything to add|child seats?/i, /none|no extras|nothing|that is all|done|continue/i, "no"],
  [/occasion|celebrat/i, null, "birthday, 60 years"],
  [/notes?|anything (else|we should)|tell us|wishes/i, null, "Please keep the flowers a surprise for my mum"],
  [/hotel|where exactly|which place|drop|take you|going/i, /arena|hotel/i, "Hotel Arena Blanca"],
  [/what time|which time|when should/i, null, "3pm"],
  [/which day|what day|which date|when/i, null, "tomorrow"],
  [/your name|name for/i, null, "Hannah Moore"],
  [/phone|number/i, null, "+44 7700 900142"],
  [/review|correct|send (it|the request|this)|shall (i|we) send|change something/i, /send/i, "send"],
];

const play = { running: false };

const say = (sentence) => { document.querySelector(".try-result").textContent = sentence; };

/** Says on the page what the play is doing; without a name: that it rests. */
function step(name) {
  for (const word of document.querySelectorAll("[data-play] span")) word.textContent = play.running ? words.stop : words.play;
  say(name ? fill(words.playing, { step: words.play_steps[name] }) : "");
}

async function type(phone, text) {
  step("type");
  const { input } = phone.parts;
  const pace = calm() ? 0 : Math.max(8, Math.min(34, 1400 / text.length));
  for (const letter of text) {
    if (!play.running) return;
    input.value += letter;
    phone.typed();
    if (pace) await wait(pace);
  }
  await wait(calm() ? 0 : 260);
  await phone.submit();
}

/** Waits until the bot has answered after `before` messages and is quiet for a moment; the new messages. */
async function answer(phone, before) {
  step("wait");
  let heard = [];
  for (let tick = 0; tick < 150 && play.running; tick += 1) {
    await wait(200);
    await phone.refresh();
    const fresh = phone.messages.slice(before).filter((message) => !message.mine);
    if (fresh.length && fresh.length === heard.length) return fresh;
    heard = fresh;
  }
  return heard;
}

function choice(message) {
  const keys = (message.keyboard || []).flat().filter((key) => key.data);
  const lines = numbered(message.text);
  const options = keys.length ? keys.map((key) => ({ label: key.text, key })) : lines.map((line) => ({ label: line.label, text: line.value }));
  const question = message.text.split("\n").filter((line) => line.trim() && !/^\s*\d{1,2}[.)]\s/.test(line));
  for (const asked of [question.at(-1) || "", question[0] || "", message.text]) {
    for (const [about, wanted, typed] of ANSWERS) {
      if (!about.test(asked)) continue;
      const option = wanted && options.find((one) => wanted.test(one.label));
      return option || { text: typed };
    }
  }
  return options[0] || { text: "no" };
}

async function pay(phone) {
  step("pay");
  checkout.open(payLink(phone));
  await loaded();
  for (let tries = 0; tries < 3 && play.running && !checkout.now()?.includes("/sim/checkout/"); tries += 1) {
    await wait(calm() ? 0 : 1100);
    checkout.frame.contentDocument.querySelector('form[method="post" i] button:not([disabled])')?.click();
    await loaded();
  }
  await wait(calm() ? 0 : 1300);
  const ok = checkout.frame.contentDocument.querySelector('button[name="card"][value="ok"], button[value="ok"], form[method="post" i] button');
  const before = phone.messages.length;
  ok?.click();
  step("confirm");
  return answer(phone, before);
}

async function run(stage) {
  const phone = stage.guest;
  stage.show(phone.person);
  let before = phone.messages.length;
  await type(phone, OPENING);
  for (let turn = 0; turn < 32 && play.running; turn += 1) {
    const heard = await answer(phone, before);
    if (!heard.length) return false;
    if (heard.some((message) => /\/pay\b/.test(message.text + JSON.stringify(message.keyboard || [])))) break;
    await wait(calm() ? 0 : 500);
    const chosen = choice(heard.at(-1));
    before = phone.messages.length;
    if (chosen.key) await phone.press(heard.at(-1), chosen.key);
    else await type(phone, chosen.text);
  }
  if (!play.running || !payLink(phone)) return false;
  await wait(calm() ? 0 : 700);
  const confirmed = await pay(phone);
  if (!confirmed.length) return false;
  stage.show(phone.person);
  turnTo("mail");
  return true;
}

export function setUpPlay(stage) {
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-play]")) return;
    if (play.running) { play.running = false; step(); return; }
    play.running = true;
    try { const done = await run(stage); play.running = false; step(); say(done ? words.played : words.play_stuck); }
    catch (why) { play.running = false; step(); say(fill(words.tries.failed, { why: why.message })); }
  });
}
