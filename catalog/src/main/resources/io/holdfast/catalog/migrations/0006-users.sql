-- Passwords are PHC strings of Argon2id; secrets of one-time codes are sealed with the host key. The step is the newest one whose code was used.
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    sealed_totp BYTEA,
    totp_step BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    created_micros BIGINT NOT NULL
);
CREATE TABLE user_groups (
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (user_name, name)
);
CREATE TABLE login_sessions (
    secret_hash TEXT PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    address TEXT NOT NULL,
    created_micros BIGINT NOT NULL,
    last_used_micros BIGINT NOT NULL,
    idle_micros BIGINT NOT NULL,
    expires_micros BIGINT NOT NULL
);
CREATE INDEX login_sessions_by_user ON login_sessions (user_name);
-- The kind is user or address.
CREATE TABLE login_failures (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    until_micros BIGINT NOT NULL,
    last_micros BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX login_failures_by_time ON login_failures (last_micros);
-- One-time links for the first administrator.
CREATE TABLE first_links (
    secret_hash TEXT PRIMARY KEY,
    expires_micros BIGINT NOT NULL
);
