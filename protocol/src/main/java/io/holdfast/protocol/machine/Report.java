package io.holdfast.protocol.machine;

import java.util.List;
import java.util.Optional;

/** What a host says of a job that it has at work. */
public final class Report {
    private Report() {}

    /**
     * @param firstEvent how many events were sent before in this attempt, so that none is taken twice
     * @param end once it has ended
     */
    public record Word(long fence, Progress progress, long firstEvent, List<Event> events, Optional<End> end) {}

    /** @param totalBytes −1 where it is not known yet */
    public record Progress(long files, long bytes, long totalBytes, long sentBytes) {
        public static final Progress NONE = new Progress(0, 0, -1, 0);
    }

    /**
     * Something that people want to know.
     *
     * @param level {@code info}, {@code warning} or {@code error}
     * @param path of a file, as raw text; empty for none
     */
    public record Event(String level, String path, String text) {}

    /**
     * @param state {@code done}, {@code partial}, {@code failed} or {@code cancelled}
     * @param message why it ended as it did; empty where there is nothing to say
     */
    public record End(String state, String message, List<Made> made) {}

    /**
     * A snapshot that was made.
     *
     * @param logPosition of a dump, where it is in the log of its server, as {@code bin.000001:4136 gtid 0-1-18}; absent where there is no such place
     */
    public record Made(
            String snapshot,
            String source,
            long files,
            long bytes,
            long addedBytes,
            long newFiles,
            long changedFiles,
            long unreadable,
            Optional<String> logPosition) {}

    /** @param lease {@code held}, {@code cancel} or {@code lost} (docs/jobs.md) */
    public record Answer(String lease) {}
}
