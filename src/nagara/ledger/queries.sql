-- name: lock_accounts
-- Lock the accounts of a batch in id order, so that two batches never wait for each other.
SELECT id, owner, currency, normal_side, floor_minor, state,
       debits_posted, credits_posted, debits_pending, credits_pending, last_at
FROM ledger.account WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: accounts
-- Accounts as they are now.
SELECT id, owner, currency, normal_side, floor_minor, state,
       debits_posted, credits_posted, debits_pending, credits_pending, last_at
FROM ledger.account WHERE id = ANY(%(ids)s);

-- name: open_accounts
-- Open accounts; those which exist are left as they are and not returned.
INSERT INTO ledger.account (id, owner, currency, normal_side, floor_minor, last_at)
SELECT id, owner, currency, normal_side, floor_minor, %(at)s
FROM unnest(%(ids)s, %(owners)s, %(currencies)s, %(normal_sides)s, %(floors)s)
    AS new (id, owner, currency, normal_side, floor_minor)
ORDER BY id
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: set_state
-- Freeze, open again or close one account.
UPDATE ledger.account SET state = %(state)s WHERE id = %(id)s;

-- name: written
-- Transfers which already stand in the books under these ids.
SELECT id, kind, debit, credit, amount_minor, code, at, debit_net, credit_net,
       pending, deadline, asked_minor, balancing
FROM ledger.transfer WHERE id = ANY(%(ids)s);

-- name: reservation_accounts
-- The accounts which reservations hold, to be locked before the reservations are read.
SELECT debit, credit FROM ledger.reservation WHERE id = ANY(%(ids)s);

-- name: reservations
-- Reservations, read after their accounts were locked: nobody else can end them meanwhile.
SELECT id, debit, credit, amount_minor, code, deadline, ended
FROM ledger.reservation WHERE id = ANY(%(ids)s);

-- name: due
-- Open reservations whose deadline has passed, oldest first.
SELECT id FROM ledger.reservation
WHERE ended IS NULL AND deadline <= %(at)s ORDER BY deadline LIMIT %(count)s;

-- name: write_accounts
-- The new totals of every account which the batch touched.
UPDATE ledger.account AS account
SET debits_posted = new.debits_posted, credits_posted = new.credits_posted,
    debits_pending = new.debits_pending, credits_pending = new.credits_pending,
    last_at = new.last_at
FROM unnest(%(ids)s, %(debits_posted)s, %(credits_posted)s, %(debits_pending)s,
            %(credits_pending)s, %(last_ats)s)
    AS new (id, debits_posted, credits_posted, debits_pending, credits_pending, last_at)
WHERE account.id = new.id;

-- name: write_posted
-- One-phase transfers, which are nearly all: no column that only the others need.
INSERT INTO ledger.transfer (id, debit, credit, at, amount_minor, debit_net, credit_net, kind, code)
SELECT id, debit, credit, at, amount_minor, debit_net, credit_net, 1, code
FROM unnest(%(ids)s, %(debits)s, %(credits)s, %(ats)s, %(amounts)s, %(debit_nets)s,
            %(credit_nets)s, %(codes)s)
    AS new (id, debit, credit, at, amount_minor, debit_net, credit_net, code);

-- name: write_others
-- Two-phase and balancing transfers.
INSERT INTO ledger.transfer (id, debit, credit, at, amount_minor, debit_net, credit_net, kind,
                             code, balancing, pending, deadline, asked_minor)
SELECT * FROM unnest(%(ids)s, %(debits)s, %(credits)s, %(ats)s, %(amounts)s, %(debit_nets)s,
                     %(credit_nets)s, %(kinds)s, %(codes)s, %(balancings)s, %(pendings)s,
                     %(deadlines)s, %(askeds)s);

-- name: write_reservations
-- New reservations, and the end of old ones.
INSERT INTO ledger.reservation (id, debit, credit, amount_minor, code, deadline, ended)
SELECT * FROM unnest(%(ids)s, %(debits)s, %(credits)s, %(amounts)s, %(codes)s, %(deadlines)s,
                     %(endeds)s)
ON CONFLICT (id) DO UPDATE SET ended = EXCLUDED.ended;

-- name: balance_at
-- Credits minus debits posted of an account just after its last transfer up to an instant.
SELECT net FROM (
    (SELECT at, debit_net AS net FROM ledger.transfer
     WHERE debit = %(id)s AND at <= %(at)s AND kind IN (1, 3) ORDER BY at DESC LIMIT 1)
    UNION ALL
    (SELECT at, credit_net FROM ledger.transfer
     WHERE credit = %(id)s AND at <= %(at)s AND kind IN (1, 3) ORDER BY at DESC LIMIT 1)
) AS last ORDER BY at DESC LIMIT 1;

-- name: statement
-- What changed the posted balance of an account in [since, before), newest first.
SELECT id, at, counterpart, change, net, code FROM (
    (SELECT id, at, credit AS counterpart, -amount_minor AS change, debit_net AS net, code
     FROM ledger.transfer
     WHERE debit = %(id)s AND at >= %(since)s AND at < %(before)s AND kind IN (1, 3)
     ORDER BY at DESC LIMIT %(count)s)
    UNION ALL
    (SELECT id, at, debit, amount_minor, credit_net, code FROM ledger.transfer
     WHERE credit = %(id)s AND at >= %(since)s AND at < %(before)s AND kind IN (1, 3)
     ORDER BY at DESC LIMIT %(count)s)
) AS line ORDER BY at DESC LIMIT %(count)s;

-- name: news
-- What was credited to any of these accounts after its instant, oldest first. Where there is more
-- than is asked for, each account gets its oldest in turn: nobody's crowd keeps others waiting.
SELECT asked, id, at, debit, amount_minor, credit_net, code FROM (
    SELECT asked.id AS asked, transfer.* FROM unnest(%(ids)s, %(afters)s) AS asked (id, after)
    CROSS JOIN LATERAL (
        SELECT id, at, debit, amount_minor, credit_net, code,
               row_number() OVER (ORDER BY at) AS place
        FROM ledger.transfer
        WHERE credit = asked.id AND at > asked.after AND kind IN (1, 3)
        ORDER BY at LIMIT %(count)s
    ) AS transfer
    ORDER BY place, at LIMIT %(count)s
) AS chosen ORDER BY at;

-- name: trial_balance
-- All accounts summed by currency.
SELECT currency, sum(debits_posted), sum(credits_posted),
       sum(debits_pending), sum(credits_pending)
FROM ledger.account GROUP BY currency ORDER BY currency;

-- name: totals_by_owner
-- Credits minus debits of all accounts of an owner, by owner and currency.
SELECT owner, currency, sum(credits_posted - debits_posted)
FROM ledger.account GROUP BY owner, currency ORDER BY owner, currency;

-- name: audit
-- Accounts whose totals, or balances on the way there, are not what their transfers add up to, and
-- payers whose reservations did not end as the transfers say. Reads everything.
WITH entry AS (
    SELECT debit AS id, at, amount_minor * (kind IN (1, 3))::int AS debits, 0 AS credits,
           debit_net AS net
    FROM ledger.transfer
    UNION ALL
    SELECT credit, at, 0, amount_minor * (kind IN (1, 3))::int, credit_net FROM ledger.transfer
), walked AS (
    SELECT id, debits, credits,
           net <> sum(credits - debits) OVER (PARTITION BY id ORDER BY at) AS broken
    FROM entry
), posted AS (
    SELECT id, sum(debits) AS debits, sum(credits) AS credits, bool_or(broken) AS broken
    FROM walked GROUP BY id
), pending AS (
    SELECT id, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT debit AS id, amount_minor AS debits, 0 AS credits
        FROM ledger.reservation WHERE ended IS NULL
        UNION ALL
        SELECT credit, 0, amount_minor FROM ledger.reservation WHERE ended IS NULL
    ) AS held GROUP BY id
)
SELECT id FROM ledger.account FULL JOIN posted USING (id) FULL JOIN pending USING (id)
WHERE account.debits_posted IS DISTINCT FROM coalesce(posted.debits, 0)
   OR account.credits_posted IS DISTINCT FROM coalesce(posted.credits, 0)
   OR account.debits_pending IS DISTINCT FROM coalesce(pending.debits, 0)
   OR account.credits_pending IS DISTINCT FROM coalesce(pending.credits, 0)
   OR posted.broken
UNION
SELECT reservation.debit FROM ledger.reservation
LEFT JOIN ledger.transfer ON transfer.pending = reservation.id
WHERE reservation.ended IS DISTINCT FROM transfer.kind
LIMIT %(count)s;

-- name: patience
-- An audit takes as long as it takes; what bounds a statement elsewhere is off for this unit.
SET LOCAL statement_timeout = 0;
