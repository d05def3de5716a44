package io.holdfast.catalog;

import io.holdfast.core.Bytes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A repository that the server knows.
 *
 * @param name unique
 * @param url of its store
 * @param sealedKey its key, sealed with the host key (docs/server.md, "Repository keys"); absent where the server has none, because hosts keep it
 * @param repositoryId as its configuration has it, in hexadecimal digits
 * @param trouble what was wrong with it when it was used last; empty where nothing was
 * @param troubleSince absent where nothing is wrong
 */
public record RepositoryEntry(
        String name,
        String url,
        @Nullable Bytes sealedKey,
        String repositoryId,
        State state,
        Instant added,
        String trouble,
        @Nullable Instant troubleSince) {

    /** What is done with a repository. */
    public enum State {
        ACTIVE,
        /** It is read, and nothing new is written or removed. */
        PAUSED
    }

    /**
     * How large it was.
     *
     * @param storedBytes in its store
     * @param plainBytes of all files in all snapshots
     */
    public record Size(Instant at, long storedBytes, long plainBytes, long snapshots) {}
}
