-- Every order that a payer's device signed, how it ended, and the receipt for that.
-- What the order says is in the order itself, as it was signed; there is no second copy of it.

CREATE TABLE payments.payment_order (
    id       uuid PRIMARY KEY,
    state    smallint NOT NULL CHECK (state IN (1, 2, 3)),
    at       timestamptz NOT NULL,
    refusal  jsonb,  -- code, slug and facts, where it was refused
    signed   text NOT NULL,
    receipt  text NOT NULL,
    CHECK ((state = 1) = (refusal IS NULL))
) WITH (toast_tuple_target = 8160);  -- signatures do not compress: keep them in the row

-- Orders of each second (for two minutes) and of each local day, for the operator's board.
CREATE TABLE payments.volume_view (
    period  text NOT NULL CHECK (period IN ('second', 'day')),
    start   timestamptz NOT NULL,
    posted  bigint NOT NULL,
    refused bigint NOT NULL,
    PRIMARY KEY (period, start)
) WITH (fillfactor = 60);
