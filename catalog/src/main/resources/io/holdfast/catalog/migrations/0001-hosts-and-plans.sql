-- Ids are 32 hexadecimal digits, times microseconds since 1970 in UTC. The same for SQLite and PostgreSQL.
CREATE TABLE hosts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    added_micros BIGINT NOT NULL
);
CREATE TABLE host_groups (
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (host_id, name)
);
CREATE TABLE host_tags (
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (host_id, name)
);
CREATE TABLE plans (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    text TEXT NOT NULL,
    changed_micros BIGINT NOT NULL,
    decided_micros BIGINT NOT NULL
);
