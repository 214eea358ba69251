// Reads ICS-23 proofs with the library of other hands.
// In: a JSON list of {proof, root, key, value} in hex on standard input; without a value, absence
// is asked for. Out: the list of verdicts.
"use strict";

const { ics23, verifyMembership, verifyNonMembership } = require("@confio/ics23");
const { smtSpec } = require("@confio/ics23/build/proofs");

const verdict = ({ proof, root, key, value }) => {
  const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
  const told = ics23.CommitmentProof.decode(bytes(proof));
  return value
    ? verifyMembership(told, smtSpec, bytes(root), bytes(key), bytes(value))
    : verifyNonMembership(told, smtSpec, bytes(root), bytes(key));
};

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(verdict)));
