/**
 * The steps of a shop: its code, today's takings with a sound, and asking for an amount.
 */

import { askCode, drawCode } from "./code.js";
import { onSubmit, showErrors } from "./forms.js";
import { row } from "./history.js";
import { forgetting } from "./home.js";
import { parseAmount } from "./money.js";
import { announce, nameAndFocus } from "./steps.js";
import { clockTime, fill, fillMoney, money, say, settings, spokenMoney } from "./words.js";

const ROLL_LENGTH = 30;
const SOUND_KEPT = "nagara_sound";

/** The first page: the code, the takings, the roll. */
export function shopStep(app, steps, section, sound, takings) {
  const gone = forgetting(app, steps, section);
  const roll = section.querySelector("[data-roll]");
  const nothing = section.querySelector("[data-nothing]");
  const switchSound = section.querySelector("[data-sound]");

  switchSound.addEventListener("click", async () => {
    const isOn = switchSound.dataset.on !== "true";
    localStorage.setItem(SOUND_KEPT, isOn ? "on" : "off");
    await showSound(isOn);
    if (isOn) sound.chime();
  });

  async function showSound(isOn) {
    if (isOn) await sound.wake();
    switchSound.dataset.on = String(isOn);
    switchSound.querySelector("span").textContent = say(isOn ? "sound_on" : "sound_off");
  }

  function showTakings() {
    const { minor, count } = takings().today();
    fillMoney(section.querySelector("[data-takings]"), minor);
    const sentence = count === 1 ? "takings_count_one" : "takings_count";
    fill(section, { count: say(sentence, { count }) });
    nothing.hidden = takings().items.size > 0;
    roll.hidden = !nothing.hidden;
  }

  return {
    onBooks() {
      roll.replaceChildren(...takings().newest(ROLL_LENGTH).map((item) => row(item, app.home)));
      showTakings();
    },
    onArrival(item) {
      const entry = row(item, app.home);
      entry.classList.add("card--new");
      roll.querySelector(".card--new")?.classList.remove("card--new");
      roll.prepend(entry);
      if (roll.childElementCount > ROLL_LENGTH) roll.lastElementChild.remove();
      showTakings();
      ring(item, sound);
    },
    onLine(isLive) {
      section.querySelector("[data-live]").hidden = !isLive;
      section.querySelector("[data-lost]").hidden = isLive;
    },
    enter: async () => {
      section.querySelector("[data-errors]").replaceChildren();
      fill(section, { name: app.wallet.name, address: app.wallet.address });
      await showSound(localStorage.getItem(SOUND_KEPT) === "on");
      gone.offer(null);
      try {
        drawCode(app, section, await askCode(app));
      } catch (fault) {
        gone.offer(fault);
        throw fault;
      }
    },
  };
}

/** A payment is heard, and said to people who listen to the page. */
function ring(item, sound) {
  const values = { amount: money(item.amount_minor, item.currency), name: item.counterpart.name };
  announce(say("arrived", values));
  if (localStorage.getItem(SOUND_KEPT) !== "on") return;
  sound.chime();
  const spoken = spokenMoney(item.amount_minor, item.currency);
  sound.speak(say("spoken", { amount: spoken }), settings.language);
}

/** Amount and bill number for one payment. */
export function askStep(app, steps, section) {
  const field = section.querySelector("#ask-amount");
  onSubmit(section, async (form) => {
    const amount = parseAmount(field.value, app.currency);
    if (amount === null) {
      showErrors(section, [{ field: "ask-amount", sentence: say("amount_missing") }]);
      return;
    }
    const typed = String(form.get("ask-reference")).trim().normalize("NFC");
    const reference = typed || app.outbox.newId().replaceAll("-", "").slice(-8).toUpperCase();
    const code = await askCode(app, { amount, reference });
    await steps.go(`${app.home}/asked`, { state: code });
  });
  return () => field.focus({ preventScroll: true });
}

/** The code for that payment, full screen, until it arrives. */
export function askedStep(app, steps, section) {
  let asked = null;

  function showPaid(item) {
    section.querySelector("[data-waiting-for]").hidden = true;
    section.querySelector("[data-arrived]").hidden = false;
    fillMoney(section.querySelector("[data-arrived] .amount"), item.amount_minor);
    fill(section, { "from": say("arrived_from", { name: item.counterpart.name }) });
    fill(section, { "at": clockTime(item.at) });
    nameAndFocus(section.querySelector("[data-arrived]"));
  }

  return {
    /** Called for each payment that comes in. */
    onArrival(item) {
      const isIt = item.reference === asked?.reference && item.amount_minor === asked.amount;
      if (isIt) showPaid(item);
    },
    enter: (context) => {
      asked = context.state;
      if (asked?.amount === undefined) return steps.go(app.home, { replace: true });
      section.querySelector("[data-waiting-for]").hidden = false;
      section.querySelector("[data-arrived]").hidden = true;
      fill(section, { reference: asked.reference, name: app.wallet.name });
      fillMoney(section.querySelector("[data-waiting-for] .amount"), asked.amount);
      drawCode(app, section, asked);
      return undefined;
    },
    leave: () => { asked = null; },
  };
}

/** The code alone, as large as the screen, to be shown or printed. */
export function posterStep(app, section) {
  section.querySelector("[data-print]").addEventListener("click", () => print());
  return async () => {
    fill(section, { name: app.wallet.name, address: app.wallet.address });
    drawCode(app, section, await askCode(app));
  };
}
