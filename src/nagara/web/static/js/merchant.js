/**
 * A merchant's page: its steps and their addresses.
 */

import { openApp } from "./app.js";
import { createStep } from "./create.js";
import { showProblem } from "./forms.js";
import { historyStep } from "./history.js";
import { receiptStep } from "./receipt.js";
import { askedStep, askStep, posterStep, shopStep } from "./shop.js";
import { Sound } from "./sound.js";
import { closed, Steps } from "./steps.js";
import { Takings } from "./takings.js";

const HOME = "/merchant";
const section = (name) => document.querySelector(`[data-step="${name}"]`);

let app = null;
try {
  app = await openApp("merchant", HOME);
} catch (fault) {
  closed(fault);
}
if (app !== null) await start();

async function start() {
  const sound = new Sound();
  let takings = new Takings(app, {});
  document.addEventListener("click", () => sound.wake(), { once: true });
  const steps = new Steps(() => (app.wallet === null ? first : withWallet), showProblem);
  const shop = shopStep(app, steps, section("home"), sound, () => takings);
  const asked = askedStep(app, steps, section("asked"));
  const own = (path, step, enter, leave) => ({ path, step, enter, leave });
  const first = [own(/^\/merchant/, "create", createStep(app, steps, section("create"), listen))];
  const withWallet = [
    own(/^\/merchant\/?$/, "home", shop.enter),
    own(/^\/merchant\/ask$/, "ask", askStep(app, steps, section("ask"))),
    own(/^\/merchant\/asked$/, "asked", asked.enter, asked.leave),
    own(/^\/merchant\/code$/, "poster", posterStep(app, section("poster"))),
    own(/^\/merchant\/history$/, "history", historyStep(app, steps, section("history"))),
    own(/^\/merchant\/payments\/([\w-]+)$/, "receipt", receiptStep(app, steps, section("receipt"))),
  ];

  function listen() {
    takings.stop();
    takings = new Takings(app, {
      ...shop,
      onArrival(item) {
        shop.onArrival(item);
        asked.onArrival(item);
      },
    });
    takings.start();
  }

  if (app.wallet !== null) listen();
  await steps.start();
  navigator.serviceWorker?.register(`${HOME}/worker.js`, { scope: HOME });
}
