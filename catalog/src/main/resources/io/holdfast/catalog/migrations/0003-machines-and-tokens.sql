-- What a machine said of itself when it was here last; facts are JSON. A number of certificates counts all that it ever got.
ALTER TABLE hosts ADD COLUMN seen_micros BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hosts ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN facts TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN certificates BIGINT NOT NULL DEFAULT 0;
CREATE TABLE media_servers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    site TEXT NOT NULL,
    state TEXT NOT NULL,
    added_micros BIGINT NOT NULL,
    seen_micros BIGINT NOT NULL DEFAULT 0,
    version TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '',
    certificates BIGINT NOT NULL DEFAULT 0
);
-- Those that count; each of one host or one media server. The public key is its SHA-256.
CREATE TABLE certificates (
    serial TEXT PRIMARY KEY,
    host_id TEXT REFERENCES hosts (id) ON DELETE CASCADE,
    media_server_id TEXT REFERENCES media_servers (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    public_key TEXT NOT NULL,
    issued_micros BIGINT NOT NULL,
    until_micros BIGINT NOT NULL,
    UNIQUE (host_id, number),
    UNIQUE (media_server_id, number),
    CHECK ((host_id IS NULL) <> (media_server_id IS NULL))
);
-- docs/server.md. The kind is enrol or api; the secret's SHA-256 is all that is known of it.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    user_name TEXT NOT NULL,
    uses BIGINT NOT NULL,
    label TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_micros BIGINT NOT NULL,
    expires_micros BIGINT NOT NULL,
    used BIGINT NOT NULL,
    last_used_micros BIGINT NOT NULL,
    revoked BIGINT NOT NULL
);
-- The kind is network, group, tag or scope.
CREATE TABLE token_words (
    token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (token_id, kind, word)
);
