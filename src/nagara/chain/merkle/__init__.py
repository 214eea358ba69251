"""Trees over facts, and the proofs that they give: a log (RFC 6962) and a state (ICS-23 `smt`)."""
