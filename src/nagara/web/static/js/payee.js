/**
 * Who is to be paid: by the camera, a picture, or words; then the name, before any money.
 */

import { onSubmit, showErrors, showProblem } from "./forms.js";
import { readPicture, watchCamera } from "./scan.js";
import { announce } from "./steps.js";
import { say } from "./words.js";

const CODE_LENGTH_MIN = 20;

/** Codes are long and begin with the payload format, or are links; all else is an address. */
export function isCode(text) {
  const begins = text.startsWith("0002") && text.length >= CODE_LENGTH_MIN;
  return begins || /^[a-z][a-z+.-]*:\/\//i.test(text);
}

/** Asks whose it is and goes on to confirm. `wanted` is `cash_out` where an agent is expected. */
async function find(app, steps, text, wanted, place) {
  const typed = text.trim();
  const question = isCode(typed) ? { qr: typed } : { address: typed };
  const payee = await app.session.ask("POST", "/payees", question);
  if (!place.isOpen()) return;
  const purpose = wanted ?? (payee.kind === "merchant" ? "goods" : "person");
  const draft = { id: app.outbox.newId(), payee, purpose, amount: "", note: "" };
  await steps.go(`${app.home}/confirm`, { state: draft });
}

/** The step where an address, a phone number or a code is typed or pasted. */
export function payStep(app, steps, section) {
  const field = section.querySelector("#pay-to");
  let place;
  onSubmit(section, async () => {
    if (field.value.trim() === "") {
      showErrors(section, [{ field: "pay-to", sentence: say("pay_to_missing") }]);
      return;
    }
    steps.remember({ typed: field.value });
    try {
      await find(app, steps, field.value, place.query.get("for"), place);
    } catch (fault) {
      showProblem(section, fault, "pay-to");
    }
  });
  return (context) => {
    place = context;
    field.value = context.state?.typed ?? "";
    keepWish(section, context);
  };
}

/** The step with the camera. What it sees is asked at once: scanning is one tap. */
export function scanStep(app, steps, section) {
  const video = section.querySelector("video");
  const picture = section.querySelector("#scan-picture");
  let place;
  let watching = new AbortController();

  async function take(text) {
    announce(say("scan_found"));
    navigator.vibrate?.(60);
    await find(app, steps, text, place.query.get("for"), place);
  }

  async function watch() {
    watching = new AbortController();
    try {
      const text = await watchCamera(video, watching.signal);
      if (text !== null) await take(text);
    } catch (fault) {
      if (watching.signal.aborted) return;
      if (fault instanceof DOMException) showCameraFault(section, fault);
      else showProblem(section, fault);
    }
  }

  picture.addEventListener("change", async () => {
    const [file] = picture.files;
    picture.value = "";
    if (file === undefined) return;
    try {
      const text = await readPicture(file);
      if (text !== null) await take(text);
      else showErrors(section, [{ field: "scan-picture", sentence: say("scan_no_code") }]);
    } catch (fault) {
      showProblem(section, fault);
    }
  });

  return {
    enter(context) {
      place = context;
      section.querySelector("[data-camera]").hidden = false;
      section.querySelector("[data-errors]").replaceChildren();
      keepWish(section, context);
      watch();
    },
    leave: () => watching.abort(),
  };
}

function showCameraFault(section, fault) {
  section.querySelector("[data-camera]").hidden = true;
  const denied = fault.name === "NotAllowedError";
  const text = denied ? say("camera_denied") : say("camera_missing");
  section.querySelector("[data-fill=camera-fault]").textContent = text;
  section.querySelector("[data-camera-fault]").hidden = false;
  announce(text);
}

/** Links to the other way of finding a payee keep what the payment is for. */
function keepWish(section, { query }) {
  for (const link of section.querySelectorAll("[data-keep-wish]")) {
    const [path] = link.getAttribute("href").split("?");
    const wish = query.get("for");
    link.setAttribute("href", wish === null ? path : `${path}?for=${encodeURIComponent(wish)}`);
  }
}
