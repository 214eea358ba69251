/**
 * Who and how much, before the consent; then one button.
 *
 * The draft (with its order id) lives in the history entry: a reload, Back and a second click find
 * the same id, and an id that was once confirmed shows its result and never asks again.
 */

import { onSubmit, showErrors } from "./forms.js";
import { formatNumber, parseAmount } from "./money.js";
import { nameAndFocus } from "./steps.js";
import { currencyOf, fill, fillMoney, inLanguage, money, say, spokenMoney } from "./words.js";

const TYPING_PAUSE_MS = 400;

export function confirmStep(app, steps, section) {
  const amountField = section.querySelector("#confirm-amount");
  const noteField = section.querySelector("#confirm-note");
  const button = section.querySelector("button[type=submit]");
  let draft;
  let place;
  let soon;

  const isFixed = () => draft.payee.amount_minor !== null;
  const amount = () => {
    if (isFixed()) return draft.payee.amount_minor;
    return parseAmount(amountField.value, currencyOf(draft.payee.currency));
  };

  function nameButton() {
    const { name, currency } = draft.payee;
    const minor = amount();
    const values = { name, amount: minor === null ? "" : money(minor, currency) };
    const sentence = minor === null ? "pay_name" : "pay_amount";
    button.querySelector("span").textContent = say(sentence, values);
    if (minor === null) {
      button.removeAttribute("aria-label");
    } else {
      const spoken = { name, amount: spokenMoney(minor, currency) };
      button.setAttribute("aria-label", say("pay_amount", spoken));
    }
  }

  function remember() {
    clearTimeout(soon);
    if (!place.isOpen()) return;
    draft = { ...draft, amount: amountField.value, note: noteField.value };
    steps.remember(draft);
    nameButton();
  }

  function rememberSoon() {
    nameButton();
    clearTimeout(soon);
    soon = setTimeout(remember, TYPING_PAUSE_MS);
  }

  amountField.addEventListener("input", rememberSoon);
  noteField.addEventListener("input", rememberSoon);
  amountField.addEventListener("change", () => {
    const minor = amount();
    if (minor !== null) amountField.value = formatNumber(minor, currencyOf(draft.payee.currency));
    remember();
  });

  onSubmit(section, async () => {
    remember();
    const minor = amount();
    if (minor === null) {
      showErrors(section, [{ field: "confirm-amount", sentence: say("amount_missing") }]);
      return;
    }
    const record = await app.outbox.keep(order(draft, minor), told(draft.payee));
    await steps.go(`${app.home}/result/${record.id}`, { replace: true, state: { again: draft } });
  });

  function show() {
    const { payee, purpose } = draft;
    fill(section, {
      "payee-name": payee.name,
      "payee-participant": inLanguage(payee.participant.name),
      "payee-address": payee.address,
      "payee-reference": payee.reference,
      "purpose": purpose === "cash_out" ? say("purpose_cash_out") : null,
    });
    section.querySelector("[data-fixed]").hidden = !isFixed();
    section.querySelector("[data-asked]").hidden = isFixed();
    if (isFixed()) {
      fillMoney(section.querySelector("[data-fixed] .amount"), payee.amount_minor, {
        code: payee.currency,
      });
    }
    amountField.value = draft.amount;
    noteField.value = draft.note;
    nameButton();
  }

  return async (context) => {
    place = context;
    draft = context.state;
    if (draft?.payee === undefined) return steps.go(app.home, { replace: true });
    show();
    const known = await app.outbox.find(draft.id);
    if (!context.isOpen()) return undefined;
    if (known !== undefined) {
      return steps.go(`${app.home}/result/${known.id}`, { replace: true, state: { again: draft } });
    }
    nameAndFocus(section);
    if (!isFixed()) amountField.focus({ preventScroll: true });
    return undefined;
  };
}

function order({ id, payee, purpose, note }, amount) {
  const { payee: account, currency, reference } = payee;
  const whole = { id, payee: account, amount, currency, purpose };
  const said = note.trim().normalize("NFC");
  return { ...whole, ...(said ? { note: said } : {}), ...(reference ? { reference } : {}) };
}

/** What the person saw, to be shown again with the result. */
function told({ name, participant, address, kind }) {
  return { name, participant: inLanguage(participant.name), address, kind };
}
