// The guest's pages: the countdown, what changes by itself, and a button that counts once.

const root = document.querySelector("[data-live]");

function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` : `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

function countDown(place) {
  const until = Date.parse(place.dataset.until);
  const from = Date.parse(place.dataset.from);
  const ahead = Date.parse(place.dataset.now) - Date.now(); // the house's clock, not this phone's
  const figure = place.querySelector("b");
  const bar = document.querySelector("progress.left");
  const said = document.querySelector("[data-say]");
  const announced = { 600: "ten", 300: "five", 60: "one" };
  const tick = () => {
    if (!place.isConnected) return;
    const left = Math.max(0, Math.ceil((until - Date.now() - ahead) / 1000));
    figure.textContent = clock(left);
    if (bar) bar.value = Math.min(1, left / Math.max(1, (until - from) / 1000));
    if (said && announced[left]) said.textContent = said.dataset[announced[left]];
    if (left > 0) setTimeout(tick, 1000 - (Date.now() % 1000));
    else setTimeout(renew, 700);
  };
  tick();
}

function start() {
  document.querySelectorAll(".countdown[data-until]").forEach(countDown);
  document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
      form.querySelector("button").setAttribute("aria-busy", "true");
    });
  });
}

// Takes the page anew and puts its main part in place of the old one: nothing the guest reads jumps.
async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!fresh) return;
  document.querySelector("main").replaceChildren(...fresh.childNodes);
  start();
}

function watch(address, every) {
  let seal = null;
  const look = async () => {
    if (!document.hidden) {
      const answer = await fetch(address).catch(() => null);
      if (answer && answer.ok) {
        const now = (await answer.json()).seal;
        if (seal !== null && now !== seal) await renew();
        seal = now;
      }
    }
    setTimeout(look, every);
  };
  look();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
}

start();
if (root) watch(root.dataset.live, "soon" in root.dataset ? 1500 : 4000);
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);
// Coming back from the checkout with the back button shows the page as it was: take it anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const link of document.querySelectorAll("[data-call]")) {
  link.addEventListener("click", () => {
    const told = new URLSearchParams({ from: link.dataset.from ?? "", token: link.dataset.token ?? "" });
    navigator.sendBeacon("/call", told); // the desk hears that somebody calls; the call itself goes its own way
  });
}
document.querySelector("[aria-invalid]")?.focus(); // the first mistake of a form that was sent
