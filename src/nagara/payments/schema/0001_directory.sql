-- Who takes part, who holds accounts, with which devices, under which names.

CREATE TABLE payments.participant (
    code           text PRIMARY KEY CHECK (code ~ '^[a-z0-9-]{2,24}$'),
    kind           smallint NOT NULL CHECK (kind IN (1, 2)),
    name           jsonb NOT NULL,
    open_to_public boolean NOT NULL,
    funds          uuid NOT NULL UNIQUE,
    acquirer       text UNIQUE,
    jwks           jsonb NOT NULL,
    created_at     timestamptz NOT NULL
);

-- `account` is the ledger's id of the account; its money and state are kept there alone.
-- What the party has spent on a local day is here because limits are the payments' business; the
-- row is only written while the ledger's account is locked.
CREATE TABLE payments.party (
    account     uuid PRIMARY KEY,
    participant text NOT NULL REFERENCES payments.participant,
    kind        smallint NOT NULL CHECK (kind IN (1, 2, 3)),
    tier        text NOT NULL,
    name        text NOT NULL,
    category    text,
    created_at  timestamptz NOT NULL,
    spent_day   integer NOT NULL DEFAULT 0,
    spent_minor bigint NOT NULL DEFAULT 0 CHECK (spent_minor >= 0)
) WITH (fillfactor = 60);

CREATE TABLE payments.device (
    thumbprint bytea PRIMARY KEY CHECK (octet_length(thumbprint) = 32),
    account    uuid NOT NULL REFERENCES payments.party,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE INDEX device_account ON payments.device (account);

CREATE TABLE payments.address (
    address text PRIMARY KEY,
    kind    smallint NOT NULL CHECK (kind IN (1, 2, 3, 4)),
    account uuid NOT NULL REFERENCES payments.party
);

CREATE INDEX address_account ON payments.address (account);

-- How many names a caller may still ask for.
CREATE TABLE payments.lookup_budget (
    principal text PRIMARY KEY,
    tokens    integer NOT NULL,
    at        timestamptz NOT NULL
) WITH (fillfactor = 60);

-- Signed requests that were used, until they would have expired anyway.
CREATE TABLE payments.used_request (
    principal  text NOT NULL,
    jti        text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (principal, jti)
);

CREATE INDEX used_request_expiry ON payments.used_request (expires_at);
