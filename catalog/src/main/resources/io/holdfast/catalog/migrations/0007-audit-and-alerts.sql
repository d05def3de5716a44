-- A chain: each hash is over the entry and the hash before it.
CREATE TABLE audit_log (
    sequence BIGINT PRIMARY KEY,
    at_micros BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    details TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    first_micros BIGINT NOT NULL,
    last_micros BIGINT NOT NULL,
    count BIGINT NOT NULL,
    state TEXT NOT NULL,
    closed_micros BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    text TEXT NOT NULL,
    told BIGINT NOT NULL
);
CREATE UNIQUE INDEX alerts_not_closed ON alerts (kind, object) WHERE closed_micros = 0;
CREATE INDEX alerts_by_time ON alerts (last_micros, id);
CREATE INDEX alerts_untold ON alerts (first_micros) WHERE told = 0;
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
-- A status of 0: the request is being done.
CREATE TABLE idempotency_keys (
    user_name TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    expires_micros BIGINT NOT NULL,
    PRIMARY KEY (user_name, key)
);
CREATE TABLE leaderships (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    until_micros BIGINT NOT NULL
);
