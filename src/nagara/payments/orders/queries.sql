-- name: devices
-- The devices which signed a batch of orders.
SELECT thumbprint, account, created_at, revoked_at
FROM payments.device WHERE thumbprint = ANY(%(thumbprints)s);

-- name: parties
-- Both sides of a batch of orders, and what each has spent. Read under the ledger's locks.
SELECT account, participant, kind, tier, name, category, spent_day, spent_minor
FROM payments.party WHERE account = ANY(%(accounts)s);

-- name: settled
-- Orders which were decided before.
SELECT id, state, at, refusal, signed, receipt
FROM payments.payment_order WHERE id = ANY(%(ids)s);

-- name: write_orders
-- The decided orders of a batch.
INSERT INTO payments.payment_order (id, state, at, refusal, signed, receipt)
SELECT id, state, at, refusal::jsonb, signed, receipt
FROM unnest(%(ids)s, %(states)s, %(ats)s, %(refusals)s, %(signeds)s, %(receipts)s)
    AS new (id, state, at, refusal, signed, receipt);

-- name: write_spending
-- What the payers of a batch have now spent.
UPDATE payments.party AS party SET spent_day = new.day, spent_minor = new.minor
FROM unnest(%(accounts)s, %(days)s, %(minors)s) AS new (account, day, minor)
WHERE party.account = new.account;

-- name: count_volume
-- Add a batch to the volume of its second and its day.
INSERT INTO payments.volume_view (period, start, posted, refused)
VALUES ('second', %(second)s, %(posted)s, %(refused)s), ('day', %(day)s, %(posted)s, %(refused)s)
ON CONFLICT (period, start) DO UPDATE
SET posted = payments.volume_view.posted + EXCLUDED.posted,
    refused = payments.volume_view.refused + EXCLUDED.refused;

-- name: volume_since
-- Orders of each period since an instant, oldest first.
SELECT start, posted, refused FROM payments.volume_view
WHERE period = %(period)s AND start >= %(since)s ORDER BY start;

-- name: forget_seconds
-- Drop the seconds that no board shows any more.
DELETE FROM payments.volume_view WHERE period = 'second' AND start < %(before)s;
