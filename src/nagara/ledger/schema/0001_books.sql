-- The books. Totals and transfers are written together, in one transaction, by ledger.store alone.

CREATE TABLE ledger.account (
    id              uuid PRIMARY KEY,
    owner           text NOT NULL,
    currency        char(3) NOT NULL,
    normal_side     smallint NOT NULL CHECK (normal_side IN (1, 2)),
    floor_minor     bigint,
    state           smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)),
    debits_posted   bigint NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_posted  bigint NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    debits_pending  bigint NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    credits_pending bigint NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    last_at         timestamptz NOT NULL,
    -- the rules have checked the floor already (L2); the books check it again
    CONSTRAINT floor CHECK (
        floor_minor IS NULL
        OR (normal_side = 2 AND credits_posted - debits_posted - debits_pending >= floor_minor)
        OR (normal_side = 1 AND debits_posted - credits_posted - credits_pending >= floor_minor)
    )
) WITH (fillfactor = 60);  -- room on the page, so that a new balance touches no index

CREATE INDEX account_owner ON ledger.account (owner);

CREATE TABLE ledger.transfer (
    id           uuid PRIMARY KEY,
    debit        uuid NOT NULL,
    credit       uuid NOT NULL,
    at           timestamptz NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    debit_net    bigint NOT NULL,
    credit_net   bigint NOT NULL,
    kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    code         smallint NOT NULL,
    balancing    smallint NOT NULL DEFAULT 0,
    pending      uuid,
    deadline     timestamptz,
    asked_minor  bigint
);

-- A statement, and a balance at any past instant, are one walk down each of these.
CREATE INDEX transfer_debit ON ledger.transfer (debit, at) WHERE kind IN (1, 3);
CREATE INDEX transfer_credit ON ledger.transfer (credit, at) WHERE kind IN (1, 3);

CREATE TABLE ledger.reservation (
    id           uuid PRIMARY KEY,
    debit        uuid NOT NULL,
    credit       uuid NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    code         smallint NOT NULL,
    deadline     timestamptz NOT NULL,
    ended        smallint CHECK (ended IN (3, 4, 5))
) WITH (fillfactor = 80);

CREATE INDEX reservation_due ON ledger.reservation (deadline) WHERE ended IS NULL;
