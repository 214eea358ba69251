-- One leaf for every command that changed something, written in that command's transaction.

CREATE TABLE journal.leaf (
    id         uuid NOT NULL,
    kind       text NOT NULL,
    salt       bytea CHECK (octet_length(salt) = 32),  -- NULL: erased, and the fact with it
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    PRIMARY KEY (id, kind)
);
