-- Storage's own tables: what waits to be sent on, and what was answered.

CREATE TABLE storage.outbox (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text        NOT NULL,
    payload     jsonb       NOT NULL,
    put_at      timestamptz NOT NULL DEFAULT now(),
    attempts    smallint    NOT NULL DEFAULT 0,
    retry_at    timestamptz NOT NULL DEFAULT '-infinity',
    parked_at   timestamptz,
    last_error  text
);

-- the head of each topic's queue
CREATE INDEX outbox_waiting ON storage.outbox (topic, id) WHERE parked_at IS NULL;
CREATE INDEX outbox_parked ON storage.outbox (topic) WHERE parked_at IS NOT NULL;

CREATE TABLE storage.answer (
    key          text        NOT NULL,
    principal    text        NOT NULL,
    body_sha256  bytea       NOT NULL CHECK (length(body_sha256) = 32),
    status       smallint    NOT NULL,
    body         bytea       NOT NULL,
    answered_at  timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);

CREATE INDEX answer_age ON storage.answer USING brin (answered_at);
