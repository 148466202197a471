-- name: schema
CREATE TABLE IF NOT EXISTS envelope (
    seq         INTEGER PRIMARY KEY,
    once        BLOB NOT NULL UNIQUE,   -- 16 bytes: one per delivery
    source      TEXT NOT NULL,
    key         TEXT NOT NULL,          -- the sender's id, '' when it sends none
    sha256      BLOB NOT NULL,
    headers     BLOB NOT NULL,          -- JSON object
    received_us INTEGER NOT NULL,       -- microseconds since 1970 UTC
    as_of_us    INTEGER NOT NULL        -- latest received_us up to this seq
) STRICT;
CREATE TABLE IF NOT EXISTS body (
    seq  INTEGER PRIMARY KEY REFERENCES envelope (seq),
    body BLOB NOT NULL
) STRICT;

-- name: last
SELECT seq, as_of_us FROM envelope ORDER BY seq DESC LIMIT 1;

-- name: last_until
SELECT seq, as_of_us FROM envelope WHERE seq <= ? ORDER BY seq DESC LIMIT 1;

-- name: known
SELECT once, seq FROM envelope WHERE once IN ({rows});

-- name: arrival
-- Both tables in one statement: it commits by itself, and waits for the interpreter once.
CREATE TEMP VIEW arrival AS
SELECT seq, once, source, key, sha256, headers, received_us, as_of_us, body FROM envelope JOIN body USING (seq);
CREATE TEMP TRIGGER arrive INSTEAD OF INSERT ON arrival BEGIN
    INSERT INTO envelope (seq, once, source, key, sha256, headers, received_us, as_of_us)
    VALUES (new.seq, new.once, new.source, new.key, new.sha256, new.headers, new.received_us, new.as_of_us);
    INSERT INTO body (seq, body) VALUES (new.seq, new.body);
END;

-- name: insert
INSERT INTO arrival (seq, once, source, key, sha256, headers, received_us, as_of_us, body) VALUES {rows};

-- name: read
SELECT e.seq, e.source, e.key, e.sha256, e.headers, e.received_us, b.body
FROM envelope e LEFT JOIN body b ON b.seq = e.seq
WHERE e.seq > ? AND e.seq <= ?
ORDER BY e.seq
LIMIT ?;

-- name: erase
DELETE FROM body WHERE seq = ?;

-- name: prune
DELETE FROM body WHERE seq IN (
    SELECT seq FROM envelope
    WHERE received_us < ? AND source IN (SELECT value FROM json_each(?))
);

-- name: views_schema
CREATE TABLE IF NOT EXISTS view_row (
    view TEXT NOT NULL,
    key  TEXT NOT NULL,
    body BLOB NOT NULL,                 -- JSON
    PRIMARY KEY (view, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS put (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    as_of_us INTEGER NOT NULL
) STRICT;

-- name: put_row
INSERT INTO view_row (view, key, body) VALUES (?, ?, ?)
ON CONFLICT (view, key) DO UPDATE SET body = excluded.body WHERE body IS NOT excluded.body;

-- name: keys
SELECT key FROM view_row WHERE view = ?;

-- name: drop_row
DELETE FROM view_row WHERE view = ? AND key = ?;

-- name: put_position
INSERT INTO put (only, position, as_of_us) VALUES (1, ?, ?)
ON CONFLICT (only) DO UPDATE SET position = excluded.position, as_of_us = excluded.as_of_us;

-- name: view
SELECT key, body FROM view_row WHERE view = ? ORDER BY key;

-- name: put
SELECT position, as_of_us FROM put;
