/**
 * The person's own code, to be paid with: without an amount, or asking for one.
 */

import { onSubmit, showErrors } from "./forms.js";
import { parseAmount } from "./money.js";
import { announce } from "./steps.js";
import { fill, money, say } from "./words.js";

/** Asks for the account's code. @returns {Promise<{text, svg, amount, reference}>} */
export async function askCode(app, { amount = null, reference = null } = {}) {
  const query = new URLSearchParams();
  if (amount !== null) query.set("amount_minor", amount);
  if (reference) query.set("reference", reference);
  const code = await app.session.ask("GET", `${app.session.account}/qr?${query}`);
  return { ...code, amount, reference };
}

/** Shows a code's picture, with words for those who cannot see it. */
export function drawCode(app, place, { svg, amount }) {
  const picture = place.querySelector("img");
  picture.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const { name } = app.wallet;
  const values = { name, amount: amount === null ? "" : money(amount) };
  picture.alt = say(amount === null ? "code_of" : "code_of_amount", values);
  picture.hidden = false;
}

export function codeStep(app, _steps, section) {
  const field = section.querySelector("#code-amount");

  section.querySelector("[data-copy]").addEventListener("click", async () => {
    await navigator.clipboard.writeText(app.wallet.address);
    announce(say("copied"));
    section.querySelector("[data-fill=copied]").textContent = say("copied");
  });

  onSubmit(section, async () => {
    const amount = field.value.trim() === "" ? null : parseAmount(field.value, app.currency);
    if (amount === null && field.value.trim() !== "") {
      showErrors(section, [{ field: "code-amount", sentence: say("amount_missing") }]);
      return;
    }
    drawCode(app, section, await askCode(app, { amount }));
    fill(section, { asked: amount === null ? null : money(amount) });
    announce(section.querySelector("img").alt);
    section.querySelector("img").scrollIntoView({ block: "center" });
  });

  return async () => {
    const { name, address } = app.wallet;
    fill(section, { name, address, copied: null, asked: null });
    field.value = "";
    drawCode(app, section, await askCode(app));
  };
}
