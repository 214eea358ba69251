/**
 * What the server told this page: its sentences, the country's money, and how a moment is written.
 *
 * Two JSON blocks of the page (`#words`, `#settings`) carry it, so that no sentence stands in code.
 */

import { formatAmount } from "./money.js";

const LENGTH_AT_EASE = 11;
const words = read("words");

/** `language network currency currencies time_zone date_pattern months` */
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

/** A name that comes in several languages, in that of the page. */
export function inLanguage(names) {
  return names[settings.language] ?? Object.values(names)[0];
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
  const figure = (minor / 10 ** exponent).toFixed(exponent).replace(/\.0+$/, "");
  return `${figure} ${currencyOf(code).name}`;
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

const clock = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  ...(settings.time_zone ? { timeZone: settings.time_zone } : {}),
});

/** An instant as figures of the country's civil time. @param {string|number} at */
function civil(at) {
  const parts = clock.formatToParts(new Date(at)).map(({ type, value }) => [type, value]);
  return Object.fromEntries(parts);
}

/** `22 ພະຈິກ 2026`: browsers do not know every language's months, so the server tells them. */
export function day(at) {
  const { year, month, day: number } = civil(at);
  const said = {
    d: String(Number(number)), dd: number, M: String(Number(month)), MM: month,
    MMMM: settings.months[Number(month) - 1], y: year,
  };
  const token = /'([^']*)'|d+|M+|y+/g;
  return settings.date_pattern.replace(token, (part, text) => text ?? said[part]);
}

export function clockTime(at) {
  const { hour, minute } = civil(at);
  return `${hour}:${minute}`;
}

export function moment(at) {
  return `${day(at)}, ${clockTime(at)}:${civil(at).second}`;
}

/** The civil day as `2026-05-31`, for comparing and for asking. */
export function dayKey(at = Date.now()) {
  const { year, month, day: number } = civil(at);
  return `${year}-${month}-${number}`;
}

/** What two people compare on their screens: the last eight signs of an id. */
export function shortNumber(id) {
  const last = id.replaceAll("-", "").slice(-8).toUpperCase();
  return `${last.slice(0, 4)} ${last.slice(4)}`;
}
