package io.holdfast.protocol.machine;

import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the control server has a media server do that has a repository open (docs/server.md, "Errands"). */
public final class Errand {
    private Errand() {}

    /** What is to be done; its words are other ones for each. */
    public enum Kind {
        /** Words: ids of snapshots. Answer: {@link Details}. */
        DETAILS,
        /** No words. Answer: {@link Complete}. */
        COMPLETE,
        /** Words: ids of snapshots. Answer: {@link Forgotten}. */
        FORGET,
        /** Word: the id of a snapshot. Answer: {@link SnapshotText}. */
        SNAPSHOT,
        /** Word: the id of a chunk. Answer: its bytes. */
        CHUNK,
        /** Words: whose the read is, the id of a snapshot. Answer: a ReadAnswer. */
        BEGIN,
        /** Words: whose the read is, its name, {@code content} or {@code tree}, ids of chunks in base64url. Answer: a frame stream. */
        SERVE,
        /** Words: whose the read is, its name. No answer. */
        END
    }

    /** @param id to be named in the answer */
    public record Order(String id, Kind kind, String repositoryId, List<String> words) {
        public Order {
            words = List.copyOf(words);
        }
    }

    /** @param order absent where there was none in time */
    public record Next(Optional<Order> order, long pauseSeconds) {}

    public record Details(Map<String, Detail> details) {}

    /** @param complete by the ids of snapshots, whether nothing was left out of each */
    public record Complete(Map<String, Boolean> complete) {}

    /** @param kept those that stay all the same, with why */
    public record Forgotten(List<String> forgotten, Map<String, String> kept) {}

    /**
     * It could not be done.
     *
     * @param code as the program's errors have it
     */
    public record Failure(String code, String message, Optional<String> hint) {}
}
