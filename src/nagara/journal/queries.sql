-- name: append
-- The leaves of a batch.
INSERT INTO journal.leaf (id, kind, salt, commitment)
SELECT * FROM unnest(%(ids)s, %(kinds)s, %(salts)s, %(commitments)s);

-- name: leaf
-- One leaf.
SELECT id, kind, salt, commitment FROM journal.leaf WHERE id = %(id)s AND kind = %(kind)s;

-- name: salts
-- The salts of many leaves of a kind; those erased are left out.
SELECT id, salt FROM journal.leaf
WHERE id = ANY(%(ids)s) AND kind = %(kind)s AND salt IS NOT NULL;

-- name: count
-- How many leaves there are, by the planner's estimate: for boards, not for proofs.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'journal.leaf'::regclass;
