package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Repositories of a server. */
public final class RepositoryApi {
    private RepositoryApi() {}

    /**
     * @param url as {@code --repo} takes it, as the media server sees it
     * @param key text of a key file that opens what is there; absent to make a new repository
     */
    public record NewRepository(String name, String url, Optional<String> key) {
        /** Never the key. */
        @Override
        public String toString() {
            return "repository " + name;
        }
    }

    /**
     * @param state {@code active} or {@code paused}
     * @param bytes of all files in all snapshots
     * @param trouble what was wrong when it was used last
     */
    public record RepositoryView(
            String name,
            String url,
            String id,
            String state,
            Instant added,
            long snapshots,
            long bytes,
            long storedBytes,
            Optional<String> trouble) {}

    /** @param key text of a key file that opens it */
    public record RepositoryKey(String key) {
        /** Never the key. */
        @Override
        public String toString() {
            return "the key of a repository";
        }
    }

    /** @param job that prunes it */
    public record Pruning(String job) {}

    public record RepositoryList(List<RepositoryView> items) {}
}
