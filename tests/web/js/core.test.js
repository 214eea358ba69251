import assert from "node:assert/strict";
import { test } from "node:test";
import { base64url, fromBase64url, uuid7 } from "../../../src/nagara/web/static/js/encoding.js";
import { makeKey, sign, thumbprint } from "../../../src/nagara/web/static/js/jws.js";
import { formatAmount, parseAmount } from "../../../src/nagara/web/static/js/money.js";
import { EventReader } from "../../../src/nagara/web/static/js/events.js";
import { KIP } from "./country.js";

const CENTS = { ...KIP, code: "XTS", exponent: 2, symbol: "$" };

test("an id is a UUID of version 7 and its first 48 bits are the time", () => {
  const id = uuid7(0x0123456789ab, new Uint8Array(10).fill(0xff));
  assert.equal(id, "01234567-89ab-7fff-bfff-ffffffffffff");
});

test("ids of later milliseconds sort later", () => {
  assert.ok(uuid7(1_700_000_000_000) < uuid7(1_700_000_000_001));
});

test("base64url gives back every byte and never writes + / or =", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const text = base64url(bytes);
  assert.match(text, /^[\w-]+$/);
  assert.deepEqual(fromBase64url(text), bytes);
});

test("amounts are written as people write them", () => {
  assert.equal(formatAmount(25_000, KIP), "25.000\u00a0₭");
  assert.equal(formatAmount(0, KIP), "0\u00a0₭");
  assert.equal(formatAmount(123_456_789_012_345, KIP), "123.456.789.012.345\u00a0₭");
  assert.equal(formatAmount(5, CENTS), "0,05\u00a0$");
  assert.equal(formatAmount(-123_450, CENTS), "−1.234,50\u00a0$");
});

const typed = [
  ["25000", KIP, 25_000], ["25.000", KIP, 25_000], ["25,000", KIP, 25_000],
  ["25 000 ₭", KIP, 25_000], ["1.234.567", KIP, 1_234_567], ["໒໕໐໐໐", KIP, 25_000],
  ["25.5", KIP, null], ["1.2345", KIP, null], ["0", KIP, null], ["-5", KIP, null],
  ["", KIP, null], ["1e9", KIP, null], ["1.234,567", KIP, null], ["12abc3", KIP, null],
  ["9007199254740993", KIP, null], ["9007199254740991", KIP, 9_007_199_254_740_991],
  ["25,50", CENTS, 2550], ["25.5", CENTS, 2550], ["1.234,50", CENTS, 123_450],
  ["1.234", CENTS, 123_400], ["1.234.50", CENTS, null], ["0,005", CENTS, null],
];
for (const [text, currency, minor] of typed) {
  test(`"${text}" typed in ${currency.code} is ${minor}`, () => {
    assert.equal(parseAmount(text, currency), minor);
  });
}

for (const alg of ["EdDSA", "ES256"]) {
  test(`${alg}: the signature verifies with the key in the header`, async () => {
    const key = await makeKey([alg]);
    const jws = await sign(key, "nagara-order+jwt", { amount: 1 });
    const [head, body, signature] = jws.split(".");
    const header = JSON.parse(Buffer.from(head, "base64url"));
    assert.deepEqual(Object.keys(header), ["alg", "typ", "jwk"]);
    assert.deepEqual(Object.keys(header.jwk).filter((name) => !"crv kty x y".includes(name)), []);
    const algorithm = alg === "EdDSA" ? "Ed25519" : { name: "ECDSA", namedCurve: "P-256" };
    const how = alg === "EdDSA" ? "Ed25519" : { name: "ECDSA", hash: "SHA-256" };
    const open = await crypto.subtle.importKey("jwk", header.jwk, algorithm, true, ["verify"]);
    const input = new TextEncoder().encode(`${head}.${body}`);
    assert.ok(await crypto.subtle.verify(how, open, fromBase64url(signature), input));
    input[input.length - 1] ^= 1;
    assert.ok(!(await crypto.subtle.verify(how, open, fromBase64url(signature), input)));
  });

  test(`${alg}: no script can take the private key out of the device`, async () => {
    const { privateKey } = await makeKey([alg]);
    await assert.rejects(crypto.subtle.exportKey("jwk", privateKey));
  });
}

test("the thumbprint is that of RFC 8037 appendix A.3", async () => {
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const print = await thumbprint({ kty: "OKP", crv: "Ed25519", x });
  assert.equal(print, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

test("events are found wherever the network cuts the stream", () => {
  const stream = ': hello\n\nevent: payment\r\nid: 7\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\n';
  const expected = [
    { event: "payment", id: "7", data: '{"a":\n1}' },
    { event: "message", id: null, data: "x" },
  ];
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const reader = new EventReader();
    const found = [...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))];
    assert.deepEqual(found, expected, `cut at ${cut}`);
  }
});

test("a line that never ends is refused", () => {
  assert.throws(() => new EventReader().push("x".repeat(70_000)), RangeError);
});
