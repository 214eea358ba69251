import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Country, Problem, Session } from "../../../src/nagara/web/static/js/api.js";
import { makeKey } from "../../../src/nagara/web/static/js/jws.js";
import { follow } from "../../../src/nagara/web/static/js/events.js";
import { Outbox } from "../../../src/nagara/web/static/js/outbox.js";
import { MapVault, payloadOf, reply, SmallCountry, someWallet } from "./country.js";

const PAYEE = { name: "SOMPHONE", participant: "Lao Wallet" };
const now = () => Promise.resolve();
let country;
let vault;
let wallet;

beforeEach(async () => {
  country = await new SmallCountry().open();
  vault = new MapVault();
  wallet = await someWallet();
});
afterEach(() => country.close());

/** A page that was just opened on this device. */
function freshOutbox() {
  return new Outbox(vault, new Session(new Country({ origin: country.origin }), wallet));
}

function someOrder(outbox) {
  return { id: outbox.newId(), payee: "p", amount: 25_000, currency: "LAK", purpose: "goods" };
}

const sentOrders = () => country.requests.filter(({ call }) => call === "POST /orders");

test("an order carries exactly the members of section 3", async () => {
  const outbox = freshOutbox();
  const { jws } = await outbox.keep({ ...someOrder(outbox), note: "rice" }, PAYEE);
  const payload = payloadOf(jws);
  const members = "amount aud currency exp iat id note payee payer purpose";
  assert.equal(Object.keys(payload).sort().join(" "), members);
  assert.ok(payload.exp - payload.iat <= 900);
  assert.equal(payload.aud, "la.test");
});

test("an order is kept before it is sent", async () => {
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  assert.equal((await vault.get("orders", id)).state, "on_its_way");
  assert.equal(sentOrders().length, 0);
});

test("a second click sends the same order, and it is paid once", async () => {
  wallet.key = await makeKey(["ES256"]); // signs differently each time
  const outbox = freshOutbox();
  const order = someOrder(outbox);
  const [one, two] = await Promise.all([outbox.keep(order, PAYEE), outbox.keep(order, PAYEE)]);
  assert.equal(one.jws, two.jws);
  const both = await Promise.all([outbox.deliver(order.id, now), outbox.deliver(order.id, now)]);
  assert.deepEqual(both.map(({ state }) => state), ["posted", "posted"]);
  assert.equal(country.paid.size, 1);
  assert.equal(sentOrders().length, 1);
});

test("an id that was kept is never signed again, not even after its end", async () => {
  const outbox = freshOutbox();
  const order = someOrder(outbox);
  const { jws } = await outbox.keep(order, PAYEE);
  await outbox.deliver(order.id, now);
  const again = await freshOutbox().keep({ ...order, amount: 1 }, PAYEE);
  assert.equal(again.jws, jws);
  assert.equal(again.state, "posted");
});

test("an order whose answer was lost is sent again after a reload, byte for byte", async () => {
  country.on.set("POST /orders", function cut(request, response, body) {
    country["POST /orders"](request, { writeHead: () => ({ end: () => {} }) }, body);
    country.on.delete("POST /orders");
    response.destroy();
  });
  const first = freshOutbox();
  const { id } = await first.keep(someOrder(first), PAYEE);
  const gone = new Error("the page was closed");
  const close = () => { throw gone; };
  await assert.rejects(first.deliver(id, now, close), gone);
  assert.equal((await vault.get("orders", id)).state, "on_its_way");
  const [waiting] = await freshOutbox().onTheirWay();
  assert.equal(waiting.id, id);
  const ended = await freshOutbox().deliver(id, now);
  assert.equal(ended.state, "posted");
  const bodies = sentOrders().map(({ body }) => body);
  assert.equal(bodies.length, 2);
  assert.equal(bodies[0], bodies[1]);
  assert.equal(country.paid.size, 1);
});

test("a server that cannot answer now is asked again, and nothing is called final", async () => {
  let tries = 0;
  country.on.set("POST /orders", (request, response, body) => {
    tries += 1;
    if (tries < 4) return reply(response, tries === 1 ? 429 : 503, { title: "busy" });
    return country["POST /orders"](request, response, body);
  });
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  const delays = [];
  const ended = await outbox.deliver(id, now, (record) => delays.push(record.state));
  assert.deepEqual(delays, ["on_its_way", "on_its_way", "on_its_way"]);
  assert.equal(ended.state, "posted");
});

test("a refused order ends with the sentences of the refusal", async () => {
  country.on.set("POST /orders", (_request, response, body) => {
    const order = { ...payloadOf(body), state: "refused" };
    reply(response, 409, { title: "Not enough money.", code: 2003, order });
  });
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  const ended = await outbox.deliver(id, now);
  assert.equal(ended.state, "refused");
  assert.equal(ended.problem.title, "Not enough money.");
  assert.deepEqual(await outbox.onTheirWay(), []);
});

test("what the server would not take as an order is rejected and leaves nothing", async () => {
  country.on.set("POST /orders", (_request, response) => reply(response, 401, { title: "No." }));
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  assert.equal((await outbox.deliver(id, now)).state, "rejected");
});

test("a problem after a lost answer is not believed before the order was asked for", async () => {
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  let tries = 0;
  country.on.set("POST /orders", (_request, response) => {
    tries += 1;
    return tries === 1 ? response.destroy() : reply(response, 400, { title: "Too late." });
  });
  country.on.set(`GET /orders/${id}`, (_request, response) => {
    reply(response, 200, { id, state: "posted" });
  });
  assert.equal((await outbox.deliver(id, now)).state, "posted");
});

test("an order that ended unseen is told once", async () => {
  const outbox = freshOutbox();
  const { id } = await outbox.keep(someOrder(outbox), PAYEE);
  await outbox.deliver(id, now);
  assert.equal((await outbox.unseen()).length, 1);
  await outbox.markShown(id);
  assert.equal((await outbox.unseen()).length, 0);
});

test("orders are forgotten 30 days after they were seen, never while on their way", async () => {
  const outbox = freshOutbox();
  const seen = await outbox.keep(someOrder(outbox), PAYEE);
  await outbox.deliver(seen.id, now);
  await outbox.markShown(seen.id);
  const waiting = await outbox.keep(someOrder(outbox), PAYEE);
  await outbox.prune(Date.now() + 31 * 24 * 3600 * 1000);
  assert.equal(await outbox.find(seen.id), undefined);
  assert.equal((await outbox.find(waiting.id)).state, "on_its_way");
});

test("a phone whose clock is wrong signs with the time of the country", async () => {
  const api = new Country({ origin: country.origin });
  country.on.set("GET /country", (_request, response) => {
    response.setHeader("Date", "Tue, 04 Mar 2031 05:06:07 GMT");
    reply(response, 200, { network: "la.test" });
  });
  const { iat } = payloadOf(await api.signed(wallet.key, "nagara-session+jwt", {}));
  assert.ok(Math.abs(iat - Date.UTC(2031, 2, 4, 5, 6, 7) / 1000) <= 2);
});

test("a session is signed once and renewed when the server no longer knows it", async () => {
  const session = new Session(new Country({ origin: country.origin }), wallet);
  const known = new Set();
  country.on.set("GET /accounts/x", (request, response) => {
    const token = request.headers.authorization;
    return known.has(token) ? reply(response, 200, { token }) : reply(response, 401, {});
  });
  country.on.set("POST /sessions", (_request, response) => {
    known.add(`Bearer t${known.size}`);
    reply(response, 201, { token: `t${known.size - 1}`, expires_in_seconds: 600 });
  });
  assert.equal((await session.ask("GET", "/accounts/x")).token, "Bearer t0");
  assert.equal((await session.ask("GET", "/accounts/x")).token, "Bearer t0");
  known.clear();
  known.add("Bearer other");
  assert.equal((await session.ask("GET", "/accounts/x")).token, "Bearer t1");
  known.clear();
  country.on.set("POST /sessions", (_request, response) => {
    reply(response, 201, { token: "unknown", expires_in_seconds: 600 });
  });
  await assert.rejects(session.ask("GET", "/accounts/x"), Problem);
});

test("a cut event stream is resumed after the last event", async () => {
  const leave = new AbortController();
  const resumed = [];
  const path = `GET /accounts/${wallet.account}/events`;
  country.on.set(path, (request, response) => {
    const after = Number(request.headers["last-event-id"] ?? 0);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`event: payment\nid: ${after + 1}\ndata: {"n": ${after + 1}}\n\n`);
    setImmediate(() => response.destroy());
  });
  const items = [];
  const session = new Session(new Country({ origin: country.origin }), wallet);
  await follow(session, {
    signal: leave.signal,
    pause: now,
    onOpen: (again) => resumed.push(again),
    onLost: () => {},
    onEvent: (item) => { items.push(item.n); if (items.length === 3) leave.abort(); },
  });
  assert.deepEqual(items, [1, 2, 3]);
  assert.deepEqual(resumed, [false, true, true]);
});
