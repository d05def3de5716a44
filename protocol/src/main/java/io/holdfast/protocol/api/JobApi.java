package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Jobs. */
public final class JobApi {
    private JobApi() {}

    /**
     * @param kind {@code backup}, {@code restore}, {@code copy}, {@code prune} or {@code verify}
     * @param plan absent where it is of none
     * @param state {@code queued}, {@code running}, {@code done}, {@code partial}, {@code failed} or {@code cancelled}
     * @param moment for which it runs
     * @param attempt how often it was begun
     */
    public record JobView(
            String id,
            String kind,
            Optional<String> plan,
            Optional<String> host,
            String repository,
            String state,
            boolean cancelling,
            Instant moment,
            Instant queued,
            Optional<Instant> begun,
            Optional<Instant> ended,
            long attempt,
            Progress progress,
            String message,
            List<Made> made,
            long warnings) {}

    /** @param totalBytes absent where it is not known */
    public record Progress(long files, long bytes, Optional<Long> totalBytes) {}

    /**
     * A snapshot that a job made.
     *
     * @param logPosition of a database's dump, where it is in the log of its server; absent where there is no such place
     */
    public record Made(
            String snapshot, String source, long files, long bytes, long addedBytes, Optional<String> logPosition) {}

    /** @param next the value of {@code after} for the next page; absent at the end */
    public record JobPage(List<JobView> items, Optional<String> next) {}

    /** @param level {@code info}, {@code warning} or {@code error} */
    public record EventView(long sequence, Instant at, String level, String text) {}

    public record EventList(List<EventView> items) {}

    /** @param job the new one */
    public record Again(String job) {}

    /** @param cancelled false where it had ended already */
    public record Cancelled(boolean cancelled) {}
}
