/**
 * How it ended, to be read at arm's length; or that it is on its way, and is never paid twice.
 */

import { explainMembers } from "./forms.js";
import { pause } from "./network.js";
import { factOf } from "./receipt.js";
import { nameAndFocus } from "./steps.js";
import { clockTime, day, fill, fillMoney, say, shortNumber } from "./words.js";

const LOOKS = { posted: "success", on_its_way: "waiting" };

/** @param {Sound} sound */
export function resultStep(app, steps, section, sound) {
  const panel = section.querySelector(".result");
  let draft = null;

  section.querySelector("[data-again]").addEventListener("click", () => {
    const fresh = { ...draft, id: app.outbox.newId() };
    steps.go(`${app.home}/confirm`, { replace: true, state: fresh });
  });

  function show(record) {
    const { id, state, order, payee, answer } = record;
    panel.className = `result result--${LOOKS[state] ?? "failure"}`;
    for (const icon of panel.querySelectorAll("[data-icon]")) {
      icon.toggleAttribute("hidden", icon.dataset.icon !== (LOOKS[state] ?? "failure"));
    }
    const at = answer?.at;
    fill(section, {
      "word": say(`result_${state}`),
      "to": say("result_to", { name: payee.name }),
      "at": at && state === "posted" ? `${clockTime(at)} · ${day(at)}` : null,
      "number": state === "posted" ? shortNumber(id) : null,
      "reference": order.reference,
      "detail": state === "on_its_way" ? say("result_patience") : null,
    });
    fillMoney(panel.querySelector(".amount"), order.amount, { code: order.currency });
    showReason(section, record);
    const isFinal = state !== "on_its_way";
    section.querySelector("[data-receipt]").hidden = state !== "posted";
    section.querySelector("[data-receipt]").setAttribute("href", `${app.home}/payments/${id}`);
    section.querySelector("[data-again]").hidden = !isFinal || state === "posted" || draft === null;
    nameAndFocus(section);
  }

  return async (context) => {
    const [id] = context.parameters;
    draft = context.state?.again ?? null;
    const record = (await app.outbox.find(id)) ?? (await foreign(app, id));
    if (!context.isOpen()) return;
    show(record);
    if (record.state !== "on_its_way") {
      await app.outbox.markShown(id);
      return;
    }
    const onDelay = () => {
      if (context.isOpen()) fill(section, { detail: say("result_offline") });
    };
    const ended = await app.outbox.deliver(id, pause, onDelay);
    if (!context.isOpen()) return;
    show(ended);
    if (ended.state === "posted") {
      sound.chime();
      navigator.vibrate?.([80, 60, 80]);
    }
    await app.outbox.markShown(id);
  };
}

function showReason(section, { state, problem }) {
  const place = section.querySelector("[data-reason]");
  place.hidden = state === "posted" || state === "on_its_way";
  if (place.hidden) return;
  const { title, sentences } = explainMembers(problem ?? {});
  fill(place, { "reason-title": title, "reason": sentences.join(" ") });
}

/** An order this device no longer keeps, as the country tells it. */
async function foreign(app, id) {
  const answer = await app.session.ask("GET", `/orders/${id}`);
  const order = { ...answer, amount: answer.amount_minor };
  const payee = { name: factOf(answer.receipt).payee.name };
  return { id, state: answer.state, order, payee, answer };
}
