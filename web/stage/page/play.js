// Plays a whole booking on the first guest's phone: types, reads the bot's answer, chooses, pays.

import { calm, fill, wait, words } from "./dom.js";
import { checkout, turnTo } from "./panel.js";
import { loaded, payLink } from "./tries.js";
import { numbered } from "./rich.js";

const OPENING = "airport to Bávaro tomorrow at 3pm, 4 people";
const ADDED = "Flowers for my mum's birthday, and mail it to hannah.moore@example.com"; // at the review
const FRESH = "start over";
const PATIENCE = 450; // looks of 200 ms: a server that was killed fetches what it missed within a minute
// What Hannah taps when it is offered, whatever was asked.
const OFFERED = [/^send( the)? request/i, /^forget my answers/i];
// What she says, by what she is asked: [question, the option she would tap, what she types if there is none].
const ANSWERS = [
  [/flight/i, null, "BA2203"],
  [/how old/i, null, "4"],
  [/how many (people|adults)|who travels/i, null, "3 adults and a child of 4"],
  [/bags|suitcases|luggage/i, null, "4"],
  [/which (of these )?vehicles?|which car/i, /^van\b|\bvan,/i, "van"],
  [/like to add|anything else\?|to go on/i, /^done|^no extras/i, "done"],
  [/where do we take you|which place|destination|going to/i, null, "Hotel Arena Blanca"],
  [/where do we pick you up|leave from/i, null, "airport"],
  [/what time|at what|which time/i, null, "3pm"],
  [/which day/i, null, "tomorrow"],
  [/in whose name|your name|which name|name for/i, null, "Hannah Moore"],
  [/phone/i, null, "+44 7700 900142"],
];

const play = { running: false, added: false };

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
  let quiet = 0;
  for (let tick = 0; tick < PATIENCE && play.running; tick += 1) {
    await wait(200);
    await phone.refresh();
    const fresh = phone.messages.slice(before).filter((message) => !message.mine);
    quiet = fresh.length && fresh.length === heard.length ? quiet + 1 : 0;
    heard = fresh;
    if (quiet === 4) return heard;
  }
  return heard;
}

function choice(message) {
  const keys = (message.keyboard || []).flat().filter((key) => key.data);
  const lines = numbered(message.text);
  const options = keys.length ? keys.map((key) => ({ label: key.description || key.text, key })) : lines.map((line) => ({ label: line.label, text: line.value }));
  const question = message.text.split("\n").filter((line) => line.trim() && !/^\s*\d{1,2}[.)]\s/.test(line));
  const offered = options.find((one) => OFFERED.some((wanted) => wanted.test(one.label)));
  if (offered && play.added) return offered;
  if (offered) {
    play.added = true;
    return { text: ADDED };
  }
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

async function choose(phone, message) {
  const chosen = choice(message);
  if (chosen.key) await phone.press(message, chosen.key);
  else await type(phone, chosen.text);
}

/** A chat that was used before is cleared first, so that the play always begins at the beginning. */
async function startAfresh(phone, before) {
  play.added = true; // "forget my answers" is no review
  await type(phone, FRESH);
  const heard = await answer(phone, before);
  const asked = heard.findLast((message) => /forget/i.test(JSON.stringify([message.text, message.keyboard])));
  if (!asked) return phone.messages.length;
  const said = phone.messages.length;
  await choose(phone, asked);
  await answer(phone, said);
  return phone.messages.length;
}

async function run(stage) {
  const phone = stage.guest;
  stage.show(phone.person);
  let before = phone.messages.length;
  if (before) before = await startAfresh(phone, before);
  play.added = false;
  await type(phone, OPENING);
  for (let turn = 0; turn < 32 && play.running; turn += 1) {
    const heard = await answer(phone, before);
    if (!heard.length) return false;
    if (heard.some((message) => /\/pay\b/.test(message.text + JSON.stringify(message.keyboard || [])))) break;
    await wait(calm() ? 0 : 300);
    before = phone.messages.length;
    await choose(phone, heard.at(-1));
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
