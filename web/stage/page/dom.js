// Small things every part of the stage uses: making elements, icons, words and time.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
export const words = read("words");
export const about = read("about");

/** An element: el("p.hint", {hidden: true, onclick: f, "aria-label": "…"}, "text", child, [children]). Never HTML from text. */
export function el(kind, properties = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !name.startsWith("aria-") && name !== "list" && name !== "sandbox") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** One icon of the page's sprite. */
export function icon(name, size = 16) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A sentence with its {places} filled. */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The demo's clock: real time plus the offset the server told us last.
const clock = { offset: (about.offset ?? 0) * 1000 };
export const setOffset = (seconds) => { clock.offset = Number(seconds || 0) * 1000; };
export const now = () => new Date(Date.now() + clock.offset);
const zone = about.zone || "UTC";
const shape = (options, language = "en") => new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: zone, ...options });
export const hour = (moment) => shape({ hour: "2-digit", minute: "2-digit" }).format(new Date(moment));
export const second = (moment) => shape({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(moment));
export const day = (moment, language = "en") => shape({ weekday: "short", day: "numeric", month: "short" }, language).format(new Date(moment)).replace(/[,.]/g, "");

/** Where a message or a list is empty or broken: what happened, what to do. */
export const emptiness = (name, title, more, ...actions) =>
  el("div.empty", {}, el("span.emblem", {}, icon(name, 20)), el("h3", {}, title), el("p", {}, more), actions);
