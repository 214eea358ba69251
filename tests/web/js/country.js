/** A country small enough to stand inside a test: it never pays an id twice. */

import { createServer } from "node:http";
import { once } from "node:events";
import { fromBase64url } from "../../../src/nagara/web/static/js/encoding.js";
import { makeKey } from "../../../src/nagara/web/static/js/jws.js";

export const KIP = {
  code: "LAK", exponent: 0, symbol: "₭", group_separator: ".", decimal_separator: ",",
};

/** A browser's IndexedDB stands outside Node; a map has the same promises. */
export class MapVault {
  orders = new Map();

  async get(_store, key) { return structuredClone(this.orders.get(key)); }
  async all() { return [...this.orders.values()]; }
  async put(_store, record) { this.orders.set(record.id, structuredClone(record)); }
  async delete(_store, key) { this.orders.delete(key); }
}

export class SmallCountry {
  requests = [];
  paid = new Map();
  /** Handlers by "METHOD path"; they get (request, response, body) and answer themselves. */
  on = new Map();

  async open() {
    this.server = createServer((request, response) => this.#take(request, response));
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  async #take(request, response) {
    let body = "";
    for await (const part of request) body += part;
    const call = `${request.method} ${request.url.replace("/api/payments/v1", "")}`;
    this.requests.push({ call, body, headers: request.headers });
    const handler = this.on.get(call) ?? this[call];
    if (handler === undefined) return reply(response, 404, { title: "not here", code: 1003 });
    return handler.call(this, request, response, body);
  }

  "GET /country"(_request, response) {
    reply(response, 200, { network: "la.test", currency: KIP });
  }

  "POST /sessions"(_request, response) {
    reply(response, 201, { token: `t${this.requests.length}`, expires_in_seconds: 600 });
  }

  "POST /orders"(_request, response, body) {
    const order = payloadOf(body);
    if (!this.paid.has(order.id)) this.paid.set(order.id, { ...order, state: "posted" });
    reply(response, 201, this.paid.get(order.id));
  }
}

export function reply(response, status, value) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

export function payloadOf(jws) {
  return JSON.parse(new TextDecoder().decode(fromBase64url(jws.split(".")[1])));
}

export async function someWallet() {
  return { role: "person", account: "018f0000-0000-7000-8000-000000000001", key: await makeKey() };
}
