/**
 * Orders on their way. Laws of this file:
 *
 *   O1  A signed order is on this device's disk before its first byte leaves the device.
 *   O2  An order is sent until the server has answered it for good; always the same bytes, so the
 *       same id. A reload, a second click or a second tab sends the same order, never another.
 *   O3  What is final stays known here for 30 days, so that going Back never pays again.
 *
 * RECORD = `id account jws order payee state answer problem attempts stored_at shown`; `state`
 * is `on_its_way`, then `posted`, `refused`, `expired` (the server's words), or `rejected` when the
 * server would not take it as an order at all and nothing is left of it there.
 */

import { isPassing, Problem } from "./api.js";
import { uuid7 } from "./encoding.js";
import { sign } from "./jws.js";

const ORDER_SECONDS = 900;
const KEPT_MS = 30 * 24 * 3600 * 1000;
const PAUSES_SECONDS = [0, 1, 2, 4, 8, 15, 30];

export class Outbox {
  #keeping = new Map();
  #sending = new Map();

  /** @param {{get, all, put, delete}} vault @param {Session} session */
  constructor(vault, session) {
    this.vault = vault;
    this.session = session;
  }

  /** An id for an order that a person is about to see and confirm. */
  newId() {
    return uuid7(this.session.country.now());
  }

  /** @returns {Promise<object|undefined>} the record of an order of this wallet */
  async find(id) {
    const record = await this.vault.get("orders", id);
    return record?.account === this.session.wallet.account ? record : undefined;
  }

  /** Records without an answer yet, oldest first. */
  async onTheirWay() {
    return (await this.#own()).filter((record) => record.state === "on_its_way");
  }

  /** Records that ended while nobody looked. */
  async unseen() {
    const own = await this.#own();
    return own.filter((record) => record.state !== "on_its_way" && !record.shown);
  }

  /**
   * Signs the order and keeps it (O1). The same id again gives the record that is kept, unchanged.
   * @param {object} order `id payee amount currency purpose` and optional `note reference`
   * @param {object} payee what the person saw: `name participant`
   */
  keep(order, payee) {
    const keeping = this.#keeping.get(order.id) ?? this.#keep(order, payee);
    this.#keeping.set(order.id, keeping);
    return keeping.finally(() => this.#keeping.delete(order.id));
  }

  async #keep(order, payee) {
    const known = await this.find(order.id);
    if (known !== undefined) return known;
    const { account, key } = this.session.wallet;
    const { country } = this.session;
    const { network } = await country.know();
    const iat = Math.floor(country.now() / 1000);
    const payload = { ...order, payer: account, aud: network, iat, exp: iat + ORDER_SECONDS };
    const jws = await sign(key, "nagara-order+jwt", payload);
    const record = {
      id: order.id, account, jws, order, payee,
      state: "on_its_way", answer: null, problem: null,
      attempts: 0, stored_at: Date.now(), shown: false,
    };
    await this.vault.put("orders", record);
    return record;
  }

  /**
   * Sends until the server has answered for good (O2); calls of one page share one sending.
   * @param {(seconds: number) => Promise<void>} pause waits, or less when the network returns
   * @param {(record: object, fault: Error) => void} onDelay told after each try without an answer
   */
  deliver(id, pause, onDelay = () => {}) {
    if (!this.#sending.has(id)) {
      const sending = this.#deliver(id, pause, onDelay);
      this.#sending.set(id, sending.finally(() => this.#sending.delete(id)));
    }
    return this.#sending.get(id);
  }

  /** The person has seen how it ended. */
  async markShown(id) {
    const record = await this.find(id);
    if (record !== undefined && !record.shown && record.state !== "on_its_way") {
      await this.vault.put("orders", { ...record, shown: true });
    }
  }

  /** Forgets what ended and was seen more than 30 days ago (O3). */
  async prune(now = Date.now()) {
    for (const record of await this.#own()) {
      if (record.shown && now - record.stored_at > KEPT_MS) {
        await this.vault.delete("orders", record.id);
      }
    }
  }

  async #own() {
    const records = await this.vault.all("orders");
    return records.filter((record) => record.account === this.session.wallet.account);
  }

  async #deliver(id, pause, onDelay) {
    for (let attempt = 0; ; attempt += 1) {
      const record = await this.find(id);
      if (record.state !== "on_its_way") return record;
      await pause(PAUSES_SECONDS[Math.min(attempt, PAUSES_SECONDS.length - 1)]);
      try {
        return await this.#send(record);
      } catch (fault) {
        if (!isPassing(fault)) throw fault;
        onDelay(record, fault);
      }
    }
  }

  async #send(record) {
    const tried = { ...record, attempts: record.attempts + 1 };
    await this.vault.put("orders", tried);
    try {
      const answer = await this.session.country.post("/orders", record.jws);
      return await this.#end(tried, { state: answer.state, answer });
    } catch (fault) {
      if (isPassing(fault) || !(fault instanceof Problem)) throw fault;
      const answer = fault.order ?? (await this.#earlierAnswer(tried));
      const state = answer?.state ?? "rejected";
      return this.#end(tried, { state, answer, problem: fault.members });
    }
  }

  /** An earlier try may have been taken though its answer was lost: ask before giving up. */
  async #earlierAnswer({ id, attempts }) {
    if (attempts < 2) return null;
    try {
      return await this.session.ask("GET", `/orders/${id}`);
    } catch (fault) {
      if (fault instanceof Problem && fault.status < 500) return null;
      throw fault;
    }
  }

  async #end(record, ending) {
    const ended = { ...record, ...ending };
    await this.vault.put("orders", ended);
    return ended;
  }
}
