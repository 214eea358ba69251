/**
 * Amounts as people write and type them. Whole minor units inside, never a float.
 *
 * A currency is that of the country profile: `code exponent symbol group_separator
 * decimal_separator`. 25.000 ₭ in Laos; 1.234,50 in a currency that uses its fraction.
 */

const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;
const NO_BREAK = "\u00a0";
const LAO_ZERO = 0x0ed0;

/** @param {number} minor @param {{exponent: number, symbol: string}} currency */
export function formatAmount(minor, currency) {
  return `${formatNumber(minor, currency)}${NO_BREAK}${currency.symbol}`;
}

/** The same without the symbol, for an input field. */
export function formatNumber(minor, currency) {
  const { exponent, group_separator: group, decimal_separator: point } = currency;
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const decimals = exponent > 0 ? `${point}${digits.slice(-exponent)}` : "";
  return `${minor < 0 ? "−" : ""}${grouped}${decimals}`;
}

/**
 * What a person typed, in minor units, or null when it cannot be meant as an amount of at least 1.
 * Takes 25000, 25.000, 25,000, 25 000 and Lao digits; refuses 25.5 where there are no decimals.
 */
export function parseAmount(typed, { exponent }) {
  const text = latinDigits(typed).replace(/[^\d.,\s'’\u00a0-]+$/u, "").trim();
  const plain = text.replace(/[\s\u00a0'’]/g, "");
  const match = /^([1-9]\d{0,2}([.,])\d{3}(?:\2\d{3})*|\d+)(?:([.,])(\d+))?$/.exec(plain);
  if (match === null) return null;
  const [, whole, separator, comma, decimals = ""] = match;
  if (comma !== undefined && (comma === separator || decimals.length > exponent)) return null;
  const digits = whole.replace(/[.,]/g, "") + decimals.padEnd(exponent, "0");
  const minor = Number(digits);
  return minor >= 1 && minor <= AMOUNT_MAX ? minor : null;
}

function latinDigits(text) {
  return text.replace(/[\u0ed0-\u0ed9]/g, (digit) => String(digit.charCodeAt(0) - LAO_ZERO));
}
