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
     * @param media the names of the media servers that serve it; none: all that can open it
     */
    public record NewRepository(String name, String url, Optional<String> key, List<String> media) {
        /** Never the key. */
        @Override
        public String toString() {
            return "repository " + name;
        }
    }

    /**
     * @param state {@code active} or {@code paused}
     * @param bytes of all files in all snapshots
     * @param storedBytes by which they made it grow
     * @param storeBytes in its store now, as its index knows; absent where it is not open
     * @param sheet when its recovery sheet was confirmed; absent where nobody has, or there is none
     * @param trouble what was wrong when it was used last
     * @param media the names of the media servers that serve it; none: all that can open it
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
            Optional<Long> storeBytes,
            Optional<Instant> sheet,
            Optional<String> trouble,
            List<String> media) {}

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

    /**
     * How large a repository was.
     *
     * @param bytes of all files in all snapshots
     * @param storeBytes in its store
     */
    public record Size(Instant at, long snapshots, long bytes, long storeBytes) {}

    public record SizeList(List<Size> items) {}

    /**
     * What opens a repository when all else is lost: to be printed, and kept away from it.
     *
     * @param key text of a key file
     */
    public record RecoverySheet(String name, String url, String id, String key, String version) {
        /** Never the key. */
        @Override
        public String toString() {
            return "recovery sheet of " + name;
        }
    }

    public record RepositoryList(List<RepositoryView> items) {}
}
