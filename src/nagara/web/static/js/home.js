/**
 * The first page of a wallet: whose it is, what is in it (a tap shows it), and Scan.
 */

import { Problem } from "./api.js";
import { showProblem } from "./forms.js";
import { fillMoney, money, say } from "./words.js";

const UNKNOWN = [401, 403, 404];

export function homeStep(app, steps, section) {
  const show = section.querySelector("[data-balance-button]");
  const balance = section.querySelector("[data-balance]");
  const gone = forgetting(app, steps, section);

  show.addEventListener("click", async () => {
    if (show.dataset.on === "true") {
      hide();
      return;
    }
    try {
      const { available_minor: minor } = await app.session.ask("GET", app.session.account);
      fillMoney(balance, minor);
      balance.hidden = false;
      section.querySelector("[data-balance-hidden]").hidden = true;
      show.dataset.on = "true";
      show.querySelector("span").textContent = say("balance_hide");
    } catch (fault) {
      showProblem(section, fault);
      gone.offer(fault);
    }
  });

  function hide() {
    balance.hidden = true;
    balance.replaceChildren();
    section.querySelector("[data-balance-hidden]").hidden = false;
    show.dataset.on = "false";
    show.querySelector("span").textContent = say("balance_show");
  }

  return {
    enter: async () => {
      gone.offer(null);
      section.querySelector("[data-errors]").replaceChildren();
      await showWaiting(app, section);
    },
    leave: hide,
  };
}

/** Offers to give the key up where the country does not know this account any more. */
export function forgetting(app, steps, section) {
  const place = section.querySelector("[data-forget]");
  place.querySelector("button").addEventListener("click", async () => {
    await app.forget();
    app.nameOwner();
    await steps.go(app.home, { replace: true });
  });
  return {
    offer(fault) {
      place.hidden = !(fault instanceof Problem && UNKNOWN.includes(fault.status));
    },
  };
}

/** What is on its way, and what ended while nobody looked: each a link to its result. */
export async function showWaiting(app, section) {
  const list = section.querySelector("[data-waiting]");
  const records = [...await app.outbox.onTheirWay(), ...await app.outbox.unseen()];
  list.replaceChildren(...records.map(({ id, state, order, payee }) => {
    const entry = document.getElementById("waiting-row").content.firstElementChild.cloneNode(true);
    const values = { amount: money(order.amount, order.currency), name: payee.name };
    entry.querySelector("a").setAttribute("href", `${app.home}/result/${id}`);
    entry.querySelector(".card__title").textContent = say(`waiting_${state}`, values);
    for (const icon of entry.querySelectorAll("[data-icon]")) {
      const isWaiting = icon.dataset.icon === "waiting";
      icon.toggleAttribute("hidden", isWaiting !== (state === "on_its_way"));
    }
    return entry;
  }));
  list.hidden = records.length === 0;
}

/** The step that says how money comes in; in a demo country an agent stands ready. */
export function topUpStep(app, steps, section, newId) {
  const button = section.querySelector("[data-demo-agent]");
  const given = section.querySelector("[data-given]");
  let id = null;

  button?.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const amount = Number(button.dataset.amount);
    id ??= newId();
    try {
      const wish = { id, account: app.wallet.account, amount_minor: amount };
      await app.session.ask("POST", "/demo/top-ups", wish);
      id = null;
      const sentence = say("given", { amount: money(amount) });
      section.querySelector("[data-fill=given]").textContent = sentence;
      given.hidden = false;
      given.focus();
    } catch (fault) {
      showProblem(section, fault);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });

  return () => {
    if (given !== null) given.hidden = true;
    section.querySelector("[data-errors]").replaceChildren();
  };
}
