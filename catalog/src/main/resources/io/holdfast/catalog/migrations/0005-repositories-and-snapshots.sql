CREATE TABLE repositories (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    sealed_key BYTEA,
    repository_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    added_micros BIGINT NOT NULL,
    trouble TEXT NOT NULL DEFAULT '',
    trouble_since_micros BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE repository_sizes (
    repository TEXT NOT NULL REFERENCES repositories (name) ON DELETE CASCADE,
    at_micros BIGINT NOT NULL,
    stored_bytes BIGINT NOT NULL,
    plain_bytes BIGINT NOT NULL,
    snapshots BIGINT NOT NULL,
    PRIMARY KEY (repository, at_micros)
);
-- What happens is numbered, so that its order is the catalog's and nobody's clock.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('snapshots', 0);
-- Snapshots outlive their hosts and jobs, so these are no references.
CREATE TABLE snapshots (
    repository TEXT NOT NULL REFERENCES repositories (name) ON DELETE CASCADE,
    snapshot_id TEXT NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    noted_micros BIGINT NOT NULL,
    host_name TEXT NOT NULL,
    host_id TEXT,
    source TEXT NOT NULL,
    plan TEXT NOT NULL,
    job_id TEXT,
    started_micros BIGINT NOT NULL,
    ended_micros BIGINT NOT NULL,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    added_bytes BIGINT NOT NULL,
    stored_bytes BIGINT NOT NULL,
    locked_until_micros BIGINT NOT NULL,
    PRIMARY KEY (repository, snapshot_id)
);
CREATE INDEX snapshots_by_repository ON snapshots (repository, sequence);
CREATE INDEX snapshots_by_host ON snapshots (host_id, sequence);
CREATE INDEX snapshots_by_plan ON snapshots (plan, sequence);
CREATE TABLE snapshot_tags (
    repository TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (snapshot_id, repository, name),
    FOREIGN KEY (repository, snapshot_id) REFERENCES snapshots (repository, snapshot_id) ON DELETE CASCADE
);
