/**
 * The first visit: a name, a phone, who keeps the money; and the key that never leaves the device.
 *
 * The account id and the key are kept before they are sent: a lost answer makes no second wallet.
 */

import { Problem, Session } from "./api.js";
import { uuid7 } from "./encoding.js";
import { onSubmit, showErrors } from "./forms.js";
import { makeKey } from "./jws.js";
import { inLanguage, say } from "./words.js";

/** @param {App} app @param {Steps} steps @param {() => void} onMade after the wallet was made */
export function createStep(app, steps, section, onMade = () => {}) {
  onSubmit(section, async (form) => {
    const wishes = read(form, app.role);
    const errors = check(wishes, section);
    if (errors.length > 0) {
      showErrors(section, errors);
      return;
    }
    await app.adopt(await open(app, wishes));
    onMade();
    await steps.go(app.home, { replace: true });
  });
  return () => offerIssuers(app, section);
}

function read(form, role) {
  const wishes = { kind: role };
  for (const name of ["issuer", "name", "phone", "category"]) {
    const value = String(form.get(`create-${name}`) ?? "").trim().normalize("NFC");
    if (value !== "") wishes[name] = value;
  }
  return wishes;
}

function check(wishes, section) {
  return ["name", "category", "phone", "issuer"].flatMap((name) => {
    const field = section.querySelector(`[name="create-${name}"]`);
    if (!field?.required || wishes[name]) return [];
    return [{ field: field.id, sentence: say(`create_${name}_missing`) }];
  });
}

async function open(app, wishes) {
  const kept = await app.vault.get("wallets", app.role);
  const earlier = kept === undefined ? null : await opened(app, kept);
  if (earlier !== null) return earlier;
  const begun = await begin(app);
  const payload = { account: begun.account, ...wishes };
  const jws = await app.country.signed(begun.key, "nagara-wallet+jwt", payload);
  await app.country.post("/wallets", jws);
  return view(app, begun);
}

/** An earlier try whose answer was lost may have made the wallet. */
async function opened(app, kept) {
  try {
    return await view(app, kept);
  } catch (fault) {
    if (fault instanceof Problem) return null;
    throw fault;
  }
}

/** The wallet with its name and the address that is easiest to say. */
async function view(app, wallet) {
  const session = new Session(app.country, wallet);
  const { name, addresses } = await session.ask("GET", session.account);
  const spoken = (sign) => addresses.find((address) => address.includes(sign));
  return { ...wallet, name, address: spoken("@") ?? spoken("+") ?? addresses[0] };
}

async function begin(app) {
  const account = uuid7(app.country.now());
  const begun = { role: app.role, made: false, account, key: await makeKey() };
  await app.vault.put("wallets", begun);
  return begun;
}

async function offerIssuers(app, section) {
  const choices = section.querySelector("[data-issuers]");
  if (choices.childElementCount > 0) return;
  const { participants } = await app.country.ask("GET", "/country");
  const template = document.getElementById("issuer-choice").content;
  participants.filter((each) => each.open_to_public).forEach((participant, index) => {
    const choice = template.cloneNode(true);
    const input = choice.querySelector("input");
    const label = choice.querySelector("label");
    input.id = `issuer-${index}`;
    label.htmlFor = input.id;
    input.value = participant.code;
    input.checked = index === 0;
    input.required = true;
    label.textContent = inLanguage(participant.name);
    choices.append(choice);
  });
}
