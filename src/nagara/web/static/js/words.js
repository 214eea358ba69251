/**
 * What the server told this page: its sentences, the country's money, and how a moment is written.
 *
 * Two JSON blocks of the page (`#words`, `#settings`) carry it, so that no sentence stands in code.
 */

import { formatAmount } from "./money.js";

const LENGTH_AT_EASE = 11;
const words = read("words");

/** `language currency currencies time_zone network demo` */
export const settings = read("settings");

function read(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** A sentence of the page, with `{name}` places filled. @throws {Error} for an unknown key */
export function say(key, values = {}) {
  const sentence = words[key];
  if (sentence === undefined) throw new Error(`no sentence "${key}" in this page`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The country's own currency, or one whose code is given. */
export function currencyOf(code = settings.currency) {
  return settings.currencies[code];
}

/** `25.000 ₭` */
export function money(minor, code) {
  return formatAmount(minor, currencyOf(code));
}

/** The same for ears: `25000 Lao Kip`. */
export function spokenMoney(minor, code = settings.currency) {
  const { exponent } = currencyOf(code);
  const names = new Intl.DisplayNames([settings.language], { type: "currency" });
  const figure = (minor / 10 ** exponent).toFixed(exponent).replace(/\.0+$/, "");
  return `${figure} ${names.of(code)}`;
}

/** Writes an amount into an element: figures for eyes, words for ears. */
export function fillMoney(element, minor, { code, sign = "" } = {}) {
  const seen = document.createElement("span");
  seen.ariaHidden = "true";
  seen.textContent = sign + money(minor, code);
  const heard = document.createElement("span");
  heard.className = "govuk-visually-hidden";
  heard.textContent = `${sign} ${spokenMoney(minor, code)}`.trim();
  element.replaceChildren(seen, heard);
  element.classList.toggle("amount--long", seen.textContent.length > LENGTH_AT_EASE);
}

/** Writes texts into the `data-fill` places below `root`; a null value hides its place. */
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const place of root.querySelectorAll(`[data-fill="${name}"]`)) {
      place.textContent = value ?? "";
      const row = place.closest("[data-row]") ?? place;
      row.hidden = value === null || value === undefined || value === "";
    }
  }
}

const zone = settings.time_zone ? { timeZone: settings.time_zone } : {};
const format = (options) => new Intl.DateTimeFormat(settings.language, { ...options, ...zone });
const days = format({ dateStyle: "long" });
const times = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = format({ timeStyle: "medium", hourCycle: "h23" });
const keys = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...zone });

/** @param {string} at RFC 3339 */
export const day = (at) => days.format(new Date(at));
export const clockTime = (at) => times.format(new Date(at));
export const moment = (at) => `${day(at)}, ${seconds.format(new Date(at))}`;

/** The civil day as `2026-05-31`, for comparing and for asking. */
export const dayKey = (at = Date.now()) => keys.format(new Date(at));

/** What two people compare on their screens: the last eight signs of an id. */
export function shortNumber(id) {
  const last = id.replaceAll("-", "").slice(-8).toUpperCase();
  return `${last.slice(0, 4)} ${last.slice(4)}`;
}
