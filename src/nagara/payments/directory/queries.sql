-- name: add_participant
-- A new participant; one that exists is left as it is and not returned.
INSERT INTO payments.participant
    (code, kind, name, open_to_public, funds, acquirer, jwks, created_at)
VALUES (%(code)s, %(kind)s, %(name)s::jsonb, %(open_to_public)s, %(funds)s, %(acquirer)s,
        %(jwks)s::jsonb, %(at)s)
ON CONFLICT DO NOTHING RETURNING code;

-- name: participants
-- All participants, in the order of their codes.
SELECT code, kind, name, open_to_public, funds, acquirer, jwks
FROM payments.participant ORDER BY code;

-- name: add_party
-- The holder of a new account; one that exists is left as it is and not returned.
INSERT INTO payments.party (account, participant, kind, tier, name, category, created_at)
VALUES (%(account)s, %(participant)s, %(kind)s, %(tier)s, %(name)s, %(category)s, %(at)s)
ON CONFLICT (account) DO NOTHING RETURNING account;

-- name: parties
-- The holders of accounts.
SELECT account, participant, kind, tier, name, category
FROM payments.party WHERE account = ANY(%(accounts)s);

-- name: spending
-- What a party has spent, and on which local day.
SELECT spent_day, spent_minor FROM payments.party WHERE account = %(account)s;

-- name: lock_party
-- Hold a party, so that its devices are counted and changed by one at a time.
SELECT account FROM payments.party WHERE account = %(account)s FOR NO KEY UPDATE;

-- name: add_device
-- A new device; a key that is known already is not added and not returned.
INSERT INTO payments.device (thumbprint, account, created_at)
VALUES (%(thumbprint)s, %(account)s, %(at)s) ON CONFLICT DO NOTHING RETURNING thumbprint;

-- name: revoke_device
-- End a device of an account, once.
UPDATE payments.device SET revoked_at = %(at)s
WHERE thumbprint = %(thumbprint)s AND account = %(account)s AND revoked_at IS NULL
RETURNING thumbprint;

-- name: device
-- One device by its thumbprint.
SELECT thumbprint, account, created_at, revoked_at
FROM payments.device WHERE thumbprint = %(thumbprint)s;

-- name: devices_of
-- The devices of an account, oldest first.
SELECT thumbprint, account, created_at, revoked_at
FROM payments.device WHERE account = %(account)s ORDER BY created_at, thumbprint;

-- name: add_address
-- A new address; one that is taken is not added and not returned.
INSERT INTO payments.address (address, kind, account)
VALUES (%(address)s, %(kind)s, %(account)s) ON CONFLICT DO NOTHING RETURNING address;

-- name: addresses_of
-- The addresses of an account, handles first.
SELECT address, kind FROM payments.address WHERE account = %(account)s ORDER BY kind, address;

-- name: account_at
-- The account which an address leads to.
SELECT account FROM payments.address WHERE address = %(address)s;

-- name: budget
-- The look-up budget of a caller, held until the unit ends; a new caller's is full.
INSERT INTO payments.lookup_budget AS held (principal, tokens, at)
VALUES (%(principal)s, %(tokens)s, %(at)s)
ON CONFLICT (principal) DO UPDATE SET tokens = held.tokens RETURNING tokens, at;

-- name: write_budget
-- What a caller has left.
UPDATE payments.lookup_budget SET tokens = %(tokens)s, at = %(at)s
WHERE principal = %(principal)s;

-- name: use_request
-- Mark a signed request as used; one that was used before is not returned.
INSERT INTO payments.used_request (principal, jti, expires_at)
VALUES (%(principal)s, %(jti)s, %(expires_at)s) ON CONFLICT DO NOTHING RETURNING jti;

-- name: forget_requests
-- Drop marks of requests which would be refused as expired anyway.
DELETE FROM payments.used_request WHERE ctid IN (
    SELECT ctid FROM payments.used_request WHERE expires_at < %(now)s LIMIT 5000
);

-- name: count_parties
-- How many accounts there are, by the planner's estimate: for boards, not for books.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'payments.party'::regclass;
