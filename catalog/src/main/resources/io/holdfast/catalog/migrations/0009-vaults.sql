-- The host that alone can read the snapshot; empty where the server can.
ALTER TABLE snapshots ADD COLUMN vault TEXT NOT NULL DEFAULT '';
