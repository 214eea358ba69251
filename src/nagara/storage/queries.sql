-- name: put
-- A message leaves with the transaction which caused it, or not at all.
INSERT INTO storage.outbox (topic, payload) VALUES (%(topic)s, %(payload)s);

-- name: put_many
-- As put, for all messages of a batch; unnest keeps their order.
INSERT INTO storage.outbox (topic, payload)
SELECT %(topic)s, payload::jsonb FROM unnest(%(payloads)s::text[]) AS payload;

-- name: head
-- The oldest waiting messages of a topic, locked: another worker at the same topic waits its turn.
SELECT id, payload, attempts, retry_at <= now()
FROM storage.outbox
WHERE topic = %(topic)s AND parked_at IS NULL
ORDER BY id
LIMIT %(messages_max)s
FOR UPDATE;

-- name: waiting
-- Which of these topics have a first message that may go now; writes nothing when nothing waits.
SELECT wanted.topic
FROM unnest(%(topics)s::text[]) AS wanted (topic)
CROSS JOIN LATERAL (
    SELECT retry_at FROM storage.outbox
    WHERE topic = wanted.topic AND parked_at IS NULL
    ORDER BY id LIMIT 1
) AS first
WHERE first.retry_at <= now();

-- name: done
-- Handed on, in the handler's own transaction.
DELETE FROM storage.outbox WHERE id = ANY (%(ids)s);

-- name: postpone
-- It failed: try again later, or park it where people will look.
UPDATE storage.outbox
SET attempts = attempts + 1,
    last_error = %(error)s,
    retry_at = now() + %(seconds)s * interval '1 second',
    parked_at = CASE WHEN %(park)s THEN now() END
WHERE id = %(id)s;

-- name: outbox_state
-- For health: how many wait, how old the oldest is, how many are parked.
SELECT count(*) FILTER (WHERE parked_at IS NULL),
       count(*) FILTER (WHERE parked_at IS NOT NULL),
       coalesce(extract(epoch FROM now() - min(put_at) FILTER (WHERE parked_at IS NULL)), 0)::bigint
FROM storage.outbox;

-- name: release_parked
-- An operator sends the parked messages of a topic on their way again.
UPDATE storage.outbox SET parked_at = NULL, attempts = 0, retry_at = now()
WHERE topic = %(topic)s AND parked_at IS NOT NULL;

-- name: recall
-- What was answered to this key before.
SELECT body_sha256, status, body
FROM storage.answer
WHERE principal = %(principal)s AND key = %(key)s;

-- name: remember
-- The answer leaves with the change which it tells of. The same key twice at once is a conflict.
INSERT INTO storage.answer (principal, key, body_sha256, status, body, answered_at)
VALUES (%(principal)s, %(key)s, %(body_sha256)s, %(status)s, %(body)s, %(at)s);

-- name: forget
-- Answers older than anybody's patience; a few at a time, so that the lock is short.
DELETE FROM storage.answer
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM storage.answer WHERE answered_at < %(before)s LIMIT %(limit)s
));
