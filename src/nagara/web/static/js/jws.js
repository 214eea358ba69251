/**
 * Keys and signatures of this device: JWS compact (RFC 7515) with the public key in its header.
 *
 * Ed25519 where the browser has it, else ECDSA P-256. WebCrypto gives ECDSA as raw r||s, which is
 * what JWS wants (RFC 7518 section 3.4). The private key is made non-extractable: no script, ours
 * included, can read it. Spec: spec/payments.md, section 1.
 */

import { base64url, jsonBase64url } from "./encoding.js";

const KINDS = {
  EdDSA: { make: { name: "Ed25519" }, sign: { name: "Ed25519" }, members: ["crv", "kty", "x"] },
  ES256: {
    make: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
    members: ["crv", "kty", "x", "y"],
  },
};

/**
 * @typedef {{alg: "EdDSA"|"ES256", jwk: object, kid: string, privateKey: CryptoKey}} DeviceKey
 * @param {string[]} preference algorithms to try in order
 * @returns {Promise<DeviceKey>}
 */
export async function makeKey(preference = ["EdDSA", "ES256"]) {
  const [alg, ...rest] = preference;
  const { make, members } = KINDS[alg];
  let pair;
  try {
    pair = await crypto.subtle.generateKey(make, false, ["sign", "verify"]);
  } catch (fault) {
    if (rest.length === 0) throw fault;
    return makeKey(rest);
  }
  const exported = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = Object.fromEntries(members.map((member) => [member, exported[member]]));
  return { alg, jwk, kid: await thumbprint(jwk), privateKey: pair.privateKey };
}

/** RFC 7638: SHA-256 over the required members in lexical order, as base64url. */
export async function thumbprint(jwk) {
  const required = Object.fromEntries(Object.keys(jwk).sort().map((name) => [name, jwk[name]]));
  const bytes = new TextEncoder().encode(JSON.stringify(required));
  return base64url(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {DeviceKey} key @param {string} typ @param {object} payload @returns {Promise<string>} */
export async function sign(key, typ, payload) {
  const header = { alg: key.alg, typ, jwk: key.jwk };
  const input = `${jsonBase64url(header)}.${jsonBase64url(payload)}`;
  const bytes = new TextEncoder().encode(input);
  const signature = await crypto.subtle.sign(KINDS[key.alg].sign, key.privateKey, bytes);
  return `${input}.${base64url(signature)}`;
}
