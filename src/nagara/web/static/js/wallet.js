/**
 * A person's wallet: its steps and their addresses.
 */

import { openApp } from "./app.js";
import { codeStep } from "./code.js";
import { confirmStep } from "./confirm.js";
import { createStep } from "./create.js";
import { showProblem } from "./forms.js";
import { historyStep } from "./history.js";
import { homeStep, showWaiting, topUpStep } from "./home.js";
import { payStep, scanStep } from "./payee.js";
import { receiptStep } from "./receipt.js";
import { resultStep } from "./result.js";
import { Sound } from "./sound.js";
import { announce, closed, Steps } from "./steps.js";
import { money, say } from "./words.js";

const HOME = "/wallet";
const section = (name) => document.querySelector(`[data-step="${name}"]`);

let app = null;
try {
  app = await openApp("person", HOME);
} catch (fault) {
  closed(fault);
}
if (app !== null) {
  await start();
  await sendWaiting();
}

async function start() {
  const sound = new Sound();
  document.addEventListener("click", () => sound.wake(), { once: true });
  const steps = new Steps(() => (app.wallet === null ? first : withWallet), showProblem);
  const create = createStep(app, steps, section("create"));
  const home = homeStep(app, steps, section("home"));
  const scan = scanStep(app, steps, section("scan"));
  const own = (path, step, enter, leave) => ({ path, step, enter, leave });
  const withWallet = [
    own(/^\/wallet\/?$/, "home", home.enter, home.leave),
    own(/^\/wallet\/scan$/, "scan", scan.enter, scan.leave),
    own(/^\/wallet\/pay$/, "pay", payStep(app, steps, section("pay"))),
    own(/^\/wallet\/confirm$/, "confirm", confirmStep(app, steps, section("confirm"))),
    own(/^\/wallet\/result\/([\w-]+)$/, "result", resultStep(app, steps, section("result"), sound)),
    own(/^\/wallet\/code$/, "code", codeStep(app, steps, section("code"))),
    own(/^\/wallet\/top-up$/, "top-up",
      topUpStep(app, steps, section("top-up"), () => app.outbox.newId())),
    own(/^\/wallet\/cash-out$/, "cash-out"),
    own(/^\/wallet\/history$/, "history", historyStep(app, steps, section("history"))),
    own(/^\/wallet\/payments\/([\w-]+)$/, "receipt", receiptStep(app, steps, section("receipt"))),
  ];
  const first = [own(/^\/wallet/, "create", create)];
  await steps.start();
  navigator.serviceWorker?.register(`${HOME}/worker.js`, { scope: HOME });
}

async function sendWaiting() {
  await app.sendWaiting(async ({ state, order, payee }) => {
    const values = { amount: money(order.amount, order.currency), name: payee.name };
    announce(say(`waiting_${state}`, values));
    await showWaiting(app, section("home"));
  });
}
