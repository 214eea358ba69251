/**
 * The receipt of one payment: for eyes, for paper, and as a file that proves itself.
 */

import { fromBase64url } from "./encoding.js";
import { download } from "./history.js";
import { fill, fillMoney, inLanguage, moment, say, shortNumber } from "./words.js";

export function receiptStep(app, _steps, section) {
  const body = section.querySelector("[data-receipt-body]");
  const keep = section.querySelector("[data-download]");
  let order = null;

  keep.addEventListener("click", () => {
    const text = JSON.stringify(order.receipt, null, 1);
    download(new Blob([text], { type: "application/json" }), `receipt-${order.id}.json`);
  });
  section.querySelector("[data-print]").addEventListener("click", () => print());

  return async (context) => {
    const [id] = context.parameters;
    if (order?.id !== id) body.hidden = true;
    order = await app.session.ask("GET", `/orders/${id}`);
    if (!context.isOpen()) return;
    const { payer, payee } = factOf(order.receipt);
    const names = await participantNames(app);
    if (!context.isOpen()) return;
    fill(section, {
      "state": say(`state_${order.state}`),
      "from": partyOf(payer, names),
      "to": partyOf(payee, names),
      "at": moment(order.at),
      "purpose": say(`purpose_${order.purpose}`),
      "note": order.note,
      "reference": order.reference,
      "number": shortNumber(order.id),
      "id": order.id,
    });
    fillMoney(section.querySelector(".amount"), order.amount_minor, { code: order.currency });
    body.hidden = false;
  };
}

/** The fact inside the country's signature, for reading; `nagara verify` checks it. */
export function factOf(receipt) {
  const [, payload] = receipt.receipt.split(".");
  return JSON.parse(new TextDecoder().decode(fromBase64url(payload))).fact;
}

/** Names of participants by code; the codes alone where the country cannot be asked. */
async function participantNames(app) {
  try {
    const { participants } = await app.country.ask("GET", "/country");
    return Object.fromEntries(participants.map(({ code, name }) => [code, inLanguage(name)]));
  } catch {
    return {};
  }
}

function partyOf({ name, participant }, names) {
  return [name, names[participant] ?? participant].filter(Boolean).join(" · ");
}
