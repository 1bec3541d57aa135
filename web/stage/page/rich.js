// A chat message's text as the app would show it: bold, italics, links. Built as nodes, never as HTML from text.

import { el } from "./dom.js";

const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g;
const STARS = /(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\p{L}\p{N}*])|(?<![\p{L}\p{N}_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\p{L}\p{N}~])/gu;
const KEPT = { B: "b", STRONG: "b", I: "i", EM: "i", U: "u", S: "s", CODE: "code", PRE: "pre" };

/** The nodes of a text. `onLink(address)` is called for a tapped link. WhatsApp's marks count only where `marks` is true. */
export function rich(text, { html = false, marks = false, onLink }) {
  if (html) return [...new DOMParser().parseFromString(text, "text/html").body.childNodes].map((node) => kept(node, onLink));
  return linked(text, onLink).flatMap((part) => (typeof part === "string" && marks ? marked(part) : [part]));
}

function linked(text, onLink) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(from, found.index), link(found[0], found[0], onLink));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

function link(address, shown, onLink) {
  const short = shown.replace(/^https?:\/\//, "");
  return el("a", { href: address, title: address, rel: "noopener", target: "_blank", onclick: (event) => onLink(address, event) }, short.length > 44 ? `${short.slice(0, 26)}…${short.slice(-12)}` : short);
}

function marked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(STARS)) {
    parts.push(text.slice(from, found.index));
    parts.push(found[1] ? el("b", {}, found[1]) : found[2] ? el("i", {}, found[2]) : el("s", {}, found[3]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

function kept(node, onLink) {
  if (node.nodeType !== Node.ELEMENT_NODE) return document.createTextNode(node.textContent);
  const inside = [...node.childNodes].map((child) => kept(child, onLink));
  if (node.tagName === "A" && /^https?:/.test(node.href)) return link(node.href, node.textContent, onLink);
  if (node.tagName === "BR") return document.createTextNode("\n");
  return el(KEPT[node.tagName] || "span", {}, inside);
}

/** The numbered lines of a text ("1. Van, US$48.00"), as suggested answers. */
export function numbered(text) {
  const found = [...text.matchAll(/^\s*(\d{1,2})[.)]\s+(.+)$/gm)].map(([, value, label]) => ({ value, label: label.replace(/[*_]/g, "") }));
  return found.length > 1 || (found.length === 1 && found[0].value === "1") ? found : [];
}
