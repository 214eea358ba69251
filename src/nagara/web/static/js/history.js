/**
 * What came in and what went out, newest first, and the statement as a CSV file.
 */

import { onSubmit, showErrors } from "./forms.js";
import { clockTime, day, dayKey, fillMoney, say } from "./words.js";

const PAGE_LIMIT = 30;
const URL_KEPT_MS = 60000;
/** Money that a participant took in or paid out: no order stands behind it, and no receipt page. */
const UNORDERED = ["deposit", "withdrawal"];

/** One payment as a row of a list: `item` is ITEM of spec/payments.md, section 2. */
export function row(item, home) {
  const entry = document.getElementById("payment-row").content.firstElementChild.cloneNode(true);
  const isIn = item.direction === "in";
  const isOrder = !UNORDERED.includes(item.purpose);
  if (isOrder) entry.querySelector("a").setAttribute("href", `${home}/payments/${item.id}`);
  entry.dataset.payment = item.id;
  for (const icon of entry.querySelectorAll("[data-icon]")) {
    icon.hidden = icon.dataset.icon !== item.direction;
  }
  const name = item.counterpart.name || say(`purpose_${item.purpose}`);
  entry.querySelector(".card__title").textContent = name;
  const word = say(isIn ? "came_in" : "went_out");
  const detail = [word, clockTime(item.at), item.note || item.reference].filter(Boolean);
  entry.querySelector(".card__detail").textContent = detail.join(" · ");
  const sign = isIn ? "+" : "−";
  fillMoney(entry.querySelector(".amount"), item.amount_minor, { code: item.currency, sign });
  entry.querySelector(".amount").classList.toggle("amount--in", isIn);
  return entry;
}

export function historyStep(app, steps, section) {
  const list = section.querySelector("[data-days]");
  const more = section.querySelector("[data-more]");
  const nothing = section.querySelector("[data-nothing]");
  let next = null;
  let place;

  async function load() {
    const visit = place;
    const from = next === null ? {} : { before: next };
    const query = new URLSearchParams({ limit: PAGE_LIMIT, ...from });
    const page = await app.session.ask("GET", `${app.session.account}/payments?${query}`);
    if (!visit.isOpen()) return;
    for (const item of page.payments) dayList(list, item.at).append(row(item, app.home));
    next = page.next;
    more.hidden = next === null;
    nothing.hidden = list.childElementCount > 0;
  }

  more.addEventListener("click", async () => {
    const last = list.querySelector("section:last-child li:last-child");
    more.setAttribute("aria-disabled", "true");
    try {
      await load();
      const fresh = last?.nextElementSibling ?? last?.closest("section").nextElementSibling;
      fresh?.querySelector("a").focus();
    } catch (fault) {
      steps.onFault(section, fault);
    } finally {
      more.removeAttribute("aria-disabled");
    }
  });

  onSubmit(section, async (form) => {
    const [from, to] = [form.get("statement-from"), form.get("statement-to")];
    if (!from || !to || from > to) {
      showErrors(section, [{ field: "statement-from", sentence: say("statement_days") }]);
      return;
    }
    const query = new URLSearchParams({ from, to });
    const answer = await app.session.reach("GET", `${app.session.account}/statement?${query}`);
    download(await answer.blob(), `statement-${from}-${to}.csv`);
  });

  return async (context) => {
    place = context;
    next = null;
    list.replaceChildren();
    nothing.hidden = true;
    more.hidden = true;
    const today = dayKey();
    section.querySelector("#statement-to").value ||= today;
    section.querySelector("#statement-from").value ||= `${today.slice(0, 8)}01`;
    await load();
  };
}

/** The list of one civil day, with its heading; made when its first payment comes. */
function dayList(list, at) {
  const key = dayKey(at);
  const known = list.querySelector(`[data-day="${key}"] ul`);
  if (known !== null) return known;
  const part = document.createElement("section");
  part.dataset.day = key;
  const heading = document.createElement("h2");
  heading.id = `day-${key}`;
  heading.textContent = key === dayKey() ? say("today") : day(at);
  part.setAttribute("aria-labelledby", heading.id);
  const rows = document.createElement("ul");
  rows.className = "cards";
  part.append(heading, rows);
  list.append(part);
  return rows;
}

/** Hands a file to the browser to keep. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), URL_KEPT_MS);
}
