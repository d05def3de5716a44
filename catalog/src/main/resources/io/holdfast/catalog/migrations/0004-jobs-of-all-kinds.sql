-- docs/jobs.md. A job of no plan has none, one about a repository alone no host: then nothing is unique but the id. Who has not ended has ended_micros 0.
CREATE TABLE jobs_of_all_kinds (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    plan TEXT,
    host_id TEXT REFERENCES hosts (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    media_server_id TEXT,
    spec TEXT NOT NULL,
    moment_micros BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    state TEXT NOT NULL,
    queued_micros BIGINT NOT NULL,
    not_before_micros BIGINT NOT NULL,
    begun_micros BIGINT NOT NULL DEFAULT 0,
    ended_micros BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    takes BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    owner TEXT NOT NULL DEFAULT '',
    lease_until_micros BIGINT NOT NULL DEFAULT 0,
    cancel_wanted BIGINT NOT NULL DEFAULT 0,
    bytes_done BIGINT NOT NULL DEFAULT 0,
    bytes_total BIGINT NOT NULL DEFAULT 0,
    files_done BIGINT NOT NULL DEFAULT 0,
    files_total BIGINT NOT NULL DEFAULT 0,
    events BIGINT NOT NULL DEFAULT 0,
    events_taken BIGINT NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '',
    warnings BIGINT NOT NULL DEFAULT 0,
    UNIQUE (plan, moment_micros, host_id, kind)
);
INSERT INTO jobs_of_all_kinds (id, kind, plan, host_id, repository, spec, moment_micros, priority, state, queued_micros,
    not_before_micros, ended_micros, fence, takes, owner, lease_until_micros, cancel_wanted, message)
SELECT id, 'backup', plan, host_id, '', '', moment_micros, 0, state, queued_micros, queued_micros, ended_micros, fence, fence, owner,
    lease_until_micros, cancel_wanted, message
FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_of_all_kinds RENAME TO jobs;
-- Few are open at any time, however long the history is.
CREATE INDEX jobs_open ON jobs (host_id, state) WHERE ended_micros = 0;
CREATE INDEX jobs_by_time ON jobs (queued_micros, id);
CREATE INDEX jobs_by_state ON jobs (state, queued_micros, id);
CREATE INDEX jobs_by_host ON jobs (host_id, queued_micros, id);
CREATE INDEX jobs_by_plan ON jobs (plan, queued_micros, id);
CREATE TABLE job_events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    at_micros BIGINT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job_id, sequence)
);
-- The last end of each kind, host (its id; of a job without a host the name of the repository) and plan; those of before are not counted.
CREATE TABLE job_results (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    plan TEXT NOT NULL,
    job_id TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_micros BIGINT NOT NULL,
    done_micros BIGINT NOT NULL,
    partial_micros BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (kind, subject, plan)
);
CREATE INDEX job_results_by_subject ON job_results (subject);
CREATE INDEX job_results_by_state ON job_results (state, ended_micros);
CREATE INDEX job_results_by_done ON job_results (kind, done_micros);
