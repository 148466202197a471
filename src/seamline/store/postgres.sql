-- name: schema
CREATE SCHEMA IF NOT EXISTS seamline;
CREATE TABLE IF NOT EXISTS seamline.version (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL
);
INSERT INTO seamline.version (version) VALUES (1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS seamline.envelope (
    seq         bigint PRIMARY KEY,
    once        bytea  NOT NULL UNIQUE, -- 16 bytes: one per delivery
    source      text   NOT NULL,
    key         text   NOT NULL,        -- the sender's id, '' when it sends none
    sha256      bytea  NOT NULL,
    headers     bytea  NOT NULL,        -- JSON object; bytes, because jsonb takes no \u0000
    received_us bigint NOT NULL,        -- microseconds since 1970 UTC
    as_of_us    bigint NOT NULL         -- latest received_us up to this seq
);
CREATE TABLE IF NOT EXISTS seamline.body (
    seq  bigint PRIMARY KEY REFERENCES seamline.envelope (seq),
    body bytea  NOT NULL
);
CREATE TABLE IF NOT EXISTS seamline.view_row (
    view text  NOT NULL,
    key  bytea NOT NULL,                -- UTF-8: bytes sort by code point and may hold a NUL
    body bytea NOT NULL,                -- JSON
    PRIMARY KEY (view, key)
);
CREATE TABLE IF NOT EXISTS seamline.put (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL,
    as_of_us bigint NOT NULL
);

-- name: version
SELECT version FROM seamline.version;

-- name: lock
SELECT pg_try_advisory_lock(%s);

-- name: last
SELECT seq, as_of_us FROM seamline.envelope ORDER BY seq DESC LIMIT 1;

-- name: last_until
SELECT seq, as_of_us FROM seamline.envelope WHERE seq <= %s ORDER BY seq DESC LIMIT 1;

-- name: known
SELECT once, seq FROM seamline.envelope WHERE once = ANY(%s);

-- name: insert_envelopes
INSERT INTO seamline.envelope (seq, once, source, key, sha256, headers, received_us, as_of_us)
SELECT * FROM unnest(
    %s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::bytea[], %s::bytea[], %s::bigint[], %s::bigint[]
);

-- name: insert_bodies
INSERT INTO seamline.body (seq, body) SELECT * FROM unnest(%s::bigint[], %s::bytea[]);

-- name: read
SELECT e.seq, e.source, e.key, e.sha256, e.headers, e.received_us, b.body
FROM seamline.envelope e LEFT JOIN seamline.body b ON b.seq = e.seq
WHERE e.seq > %s AND e.seq <= %s
ORDER BY e.seq
LIMIT %s;

-- name: erase
DELETE FROM seamline.body WHERE seq = ANY(%s);

-- name: prune
DELETE FROM seamline.body b USING seamline.envelope e
WHERE b.seq = e.seq AND e.received_us < %s AND e.source = ANY(%s);

-- name: drop_rows
DELETE FROM seamline.view_row WHERE view = %s AND key <> ALL(%s::bytea[]);

-- name: put_rows
INSERT INTO seamline.view_row (view, key, body)
SELECT %s, key, body FROM unnest(%s::bytea[], %s::bytea[]) AS fresh (key, body)
ON CONFLICT (view, key) DO UPDATE SET body = excluded.body
WHERE seamline.view_row.body IS DISTINCT FROM excluded.body;

-- name: put_position
INSERT INTO seamline.put (position, as_of_us) VALUES (%s, %s)
ON CONFLICT (single) DO UPDATE SET position = excluded.position, as_of_us = excluded.as_of_us;

-- name: view
SELECT key, body FROM seamline.view_row WHERE view = %s ORDER BY key;

-- name: put
SELECT position, as_of_us FROM seamline.put;
