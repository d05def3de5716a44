-- docs/jobs.md. The state is one word of JobState in lower case; a lease that was never given has 0.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    moment_micros BIGINT NOT NULL,
    state TEXT NOT NULL,
    queued_micros BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    owner TEXT NOT NULL,
    lease_until_micros BIGINT NOT NULL,
    cancel_wanted BIGINT NOT NULL,
    ended_micros BIGINT NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (plan, moment_micros, host_id)
);
CREATE INDEX jobs_by_state ON jobs (state, queued_micros, id);
