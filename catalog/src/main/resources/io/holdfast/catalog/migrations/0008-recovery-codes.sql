-- What lets a user in once whose phone with one-time codes is lost: hashes of the codes that were not used yet.
CREATE TABLE recovery_codes (
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_name, code_hash)
);
