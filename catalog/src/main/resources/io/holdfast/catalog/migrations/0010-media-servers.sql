-- Which media servers serve a repository; none: all that can open it.
CREATE TABLE repository_media_servers (
    repository TEXT NOT NULL REFERENCES repositories (name) ON DELETE CASCADE,
    media_server_id TEXT NOT NULL REFERENCES media_servers (id) ON DELETE CASCADE,
    PRIMARY KEY (repository, media_server_id)
);
-- What a media server said of repositories when it was here last. Trouble is empty where it has the repository open.
CREATE TABLE media_server_repositories (
    media_server_id TEXT NOT NULL REFERENCES media_servers (id) ON DELETE CASCADE,
    repository TEXT NOT NULL REFERENCES repositories (name) ON DELETE CASCADE,
    trouble TEXT NOT NULL,
    stored_bytes BIGINT NOT NULL,
    free_bytes BIGINT NOT NULL,
    total_bytes BIGINT NOT NULL,
    PRIMARY KEY (media_server_id, repository)
);
