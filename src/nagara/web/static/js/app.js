/**
 * One wallet on this device, opened: its key, its session, its orders on their way.
 *
 * `role` is `person` or `merchant`; a device holds at most one wallet of each.
 */

import { Country, Session } from "./api.js";
import { pause } from "./network.js";
import { Outbox } from "./outbox.js";
import { openVault } from "./vault.js";
import { settings } from "./words.js";

const CURRENCY = settings.currencies[settings.currency];

/** @param {"person"|"merchant"} role @param {string} home the address of its first page */
export async function openApp(role, home) {
  const app = new App(await openVault(), role, home);
  const kept = await app.vault.get("wallets", role);
  if (kept?.made) app.use(kept);
  return app;
}

class App {
  wallet = null;
  session = null;
  outbox = null;

  constructor(vault, role, home) {
    this.vault = vault;
    this.role = role;
    this.home = home;
    this.currency = CURRENCY;
    const country = { network: settings.network };
    this.country = new Country({ language: settings.language, country });
  }

  /** From now on this is the wallet of the device. */
  async adopt(wallet) {
    const made = { ...wallet, made: true };
    await this.vault.put("wallets", made);
    navigator.storage?.persist?.();
    this.use(made);
  }

  /** The person gave the wallet up; its key goes with it. */
  async forget() {
    await this.vault.delete("wallets", this.role);
    this.wallet = null;
    this.session = null;
    this.outbox = null;
  }

  /** Sends what an earlier visit could not; `onEnd(record)` hears of each that ends. */
  async sendWaiting(onEnd) {
    if (this.outbox === null) return;
    await this.outbox.prune();
    const waiting = await this.outbox.onTheirWay();
    await Promise.all(waiting.map(async ({ id }) => onEnd(await this.outbox.deliver(id, pause))));
  }

  /** Whose wallet this is, on every step, under the header. */
  nameOwner() {
    const place = document.querySelector("[data-whose]");
    place.hidden = this.wallet === null;
    if (this.wallet === null) return;
    place.querySelector(".whose__name").textContent = this.wallet.name;
    place.querySelector(".whose__detail").textContent = this.wallet.address;
  }

  /** Opens the session and the outbox of a wallet that is made. */
  use(wallet) {
    this.wallet = wallet;
    this.session = new Session(this.country, wallet);
    this.outbox = new Outbox(this.vault, this.session);
    this.nameOwner();
  }
}
