/**
 * Bytes as text, and ids that carry their time.
 *
 * base64url as in RFC 4648 section 5 without padding; UUID version 7 as in RFC 9562 section 5.7.
 * Pure: random bytes and the time are handed in where a test wants to fix them.
 */

const utf8 = new TextEncoder();

/** @param {ArrayBuffer|Uint8Array} bytes @returns {string} base64url without padding */
export function base64url(bytes) {
  let binary = "";
  for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text base64url @returns {Uint8Array} */
export function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {unknown} value anything JSON can hold @returns {string} its UTF-8 JSON as base64url */
export function jsonBase64url(value) {
  return base64url(utf8.encode(JSON.stringify(value)));
}

/**
 * A new id: 48 bits of milliseconds, then 74 random bits.
 * @param {number} milliseconds since 1970 @param {Uint8Array} random ten random bytes
 */
export function uuid7(
  milliseconds = Date.now(),
  random = crypto.getRandomValues(new Uint8Array(10)),
) {
  const bytes = new Uint8Array(16);
  let rest = milliseconds;
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
