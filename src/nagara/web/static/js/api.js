/**
 * The payments API as this device speaks it: signed requests, a session for reading, problems.
 *
 * A refusal of the server becomes a Problem with the server's own sentences; a lost network becomes
 * NetworkLost. The session token lives in memory only and is renewed by signing.
 * Spec: spec/payments.md.
 */

import { uuid7 } from "./encoding.js";
import { sign } from "./jws.js";

const SIGNED_SECONDS = 300;
const RENEW_BEFORE_SECONDS = 20;
const SKEW_TOLERATED_MS = 2000;
const ANSWER_WITHIN_MS = 20000;
const LATER = [408, 425, 429];

/** The server said no, or could not: RFC 9457 problem details with our `action` and `who`. */
export class Problem extends Error {
  constructor(status, members) {
    super(members.title ?? `HTTP ${status}`);
    this.status = status;
    this.members = members;
    this.detail = members.detail ?? "";
    this.action = members.action ?? "";
    this.code = members.code ?? null;
    this.order = members.order ?? null;
  }
}

/** No answer came: the network is gone, or the server did not answer in time. */
export class NetworkLost extends Error {}

/** A server that is reached but cannot answer now; asking again later is right. */
export function isPassing(fault) {
  if (fault instanceof NetworkLost) return true;
  return fault instanceof Problem && (fault.status >= 500 || LATER.includes(fault.status));
}

/** One connection to a country. `origin` is empty in a page. */
export class Country {
  #skewMs = 0;

  constructor({ origin = "", language = "en", country = null } = {}) {
    this.base = `${origin}/api/payments/v1`;
    this.language = language;
    this.facts = country;
  }

  /** Milliseconds since 1970 by the server's clock, as last seen: phones run early and late. */
  now() {
    return Date.now() + this.#skewMs;
  }

  /** What `GET /country` says; asked once. */
  async know() {
    this.facts ??= await this.ask("GET", "/country");
    return this.facts;
  }

  /** The payload with `aud`, `iat`, `exp`, signed by the key. */
  async signed(key, typ, payload) {
    const { network } = await this.know();
    const iat = Math.floor(this.now() / 1000);
    return sign(key, typ, { ...payload, aud: network, iat, exp: iat + SIGNED_SECONDS });
  }

  /** Sends a compact JWS as the whole body. */
  post(path, jws) {
    return this.ask("POST", path, { body: jws, headers: { "Content-Type": "application/jose" } });
  }

  /** @returns {Promise<object>} the JSON answer @throws {Problem|NetworkLost} */
  async ask(method, path, options = {}) {
    return (await this.reach(method, path, options)).json();
  }

  /** @returns {Promise<Response>} an answer that is not a problem @throws {Problem|NetworkLost} */
  async reach(method, path, { body, headers = {}, signal = null } = {}) {
    const limit = signal ?? AbortSignal.timeout(ANSWER_WITHIN_MS);
    const all = { "Accept-Language": this.language, ...headers };
    let response;
    try {
      const url = this.base + path;
      response = await fetch(url, { method, body, headers: all, signal: limit, cache: "no-store" });
    } catch (fault) {
      throw new NetworkLost(String(fault));
    }
    this.#noteClock(response.headers.get("Date"));
    if (response.ok) return response;
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }

  #noteClock(date) {
    const server = Date.parse(date ?? "");
    if (Number.isNaN(server)) return;
    const skew = server + 500 - Date.now();
    this.#skewMs = Math.abs(skew) > SKEW_TOLERATED_MS ? skew : 0;
  }
}

/** The right to read one account, proved by its device key. */
export class Session {
  #token = null;
  #ends = 0;

  /** @param {Country} country @param {{account: string, key: object}} wallet */
  constructor(country, wallet) {
    this.country = country;
    this.wallet = wallet;
    this.account = `/accounts/${wallet.account}`;
  }

  /** As Country.ask, with JSON sent where `value` is given. */
  async ask(method, path, value) {
    return (await this.reach(method, path, value)).json();
  }

  /** As Country.reach; a token that the server no longer knows is renewed once. */
  async reach(method, path, value, { headers = {}, signal = null } = {}) {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const type = value === undefined ? {} : { "Content-Type": "application/json" };
    const attempt = async () => {
      const proof = { Authorization: `Bearer ${await this.#valid()}` };
      const all = { ...type, ...headers, ...proof };
      return this.country.reach(method, path, { body, headers: all, signal });
    };
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.status !== 401 || this.#token === null) throw fault;
      this.#token = null;
      return attempt();
    }
  }

  async #valid() {
    if (this.#token !== null && Date.now() < this.#ends) return this.#token;
    const { account, key } = this.wallet;
    const payload = { account, jti: uuid7(this.country.now()) };
    const jws = await this.country.signed(key, "nagara-session+jwt", payload);
    const { token, expires_in_seconds: seconds } = await this.country.post("/sessions", jws);
    this.#token = token;
    this.#ends = Date.now() + (seconds - RENEW_BEFORE_SECONDS) * 1000;
    return token;
  }
}
