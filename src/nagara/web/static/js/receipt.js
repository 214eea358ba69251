/**
 * The receipt of one payment: for eyes, for paper, and as a file that proves itself.
 */

import { fromBase64url } from "./encoding.js";
import { download } from "./history.js";
import { fill, fillMoney, moment, say, shortNumber } from "./words.js";

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
    const fact = factOf(order.receipt);
    fill(section, {
      "state": say(`state_${order.state}`),
      "from": partyOf(fact?.payer ?? order.payer),
      "to": partyOf(fact?.payee ?? order.payee),
      "at": moment(order.at),
      "purpose": say(`purpose_${order.purpose}`),
      "note": order.note,
      "reference": order.reference,
      "number": shortNumber(order.id),
      "id": order.id,
      "refusal": order.refusal?.title ?? null,
    });
    fillMoney(section.querySelector(".amount"), order.amount_minor, { code: order.currency });
    keep.hidden = !order.receipt;
    section.querySelector("[data-proof]").hidden = !order.receipt;
    body.hidden = false;
  };
}

/** The fact inside the country's signature, for reading; `nagara verify` checks it. */
function factOf(receipt) {
  if (!receipt) return null;
  const [, payload] = receipt.receipt.split(".");
  return JSON.parse(new TextDecoder().decode(fromBase64url(payload)));
}

function partyOf(party) {
  if (typeof party === "string") return party;
  return [party.name, party.participant?.name ?? party.participant].filter(Boolean).join(" · ");
}
