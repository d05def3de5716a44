package io.holdfast.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of a plan on one host, or something else that is done once (docs/jobs.md).
 *
 * @param plan empty where it is of no plan
 * @param host absent where it is about a repository alone
 * @param repository its name
 * @param mediaServer through which it runs or did; absent where it has none yet
 * @param spec JSON text: what is to be done
 * @param moment of the plan's schedule, for which it runs
 * @param fence how often somebody has taken it; the word of the last one counts
 * @param owner who has taken it last; empty where nobody has
 * @param failures how often it failed and was queued again
 * @param message why it ended as it did, or failed last; empty where there is nothing to say
 * @param result JSON text: what it has made; empty where no attempt has ended
 * @param warnings how many there were
 */
public record Job(
        JobId id,
        JobKind kind,
        String plan,
        @Nullable HostId host,
        String repository,
        @Nullable MediaServerId mediaServer,
        String spec,
        Instant moment,
        int priority,
        JobState state,
        Times times,
        long fence,
        String owner,
        boolean isCancelWanted,
        long failures,
        Progress progress,
        String message,
        String result,
        long warnings) {

    /**
     * When it was what.
     *
     * @param queued put
     * @param notBefore it may not begin earlier
     * @param begun the last attempt; absent where it never began
     * @param ended absent where it has not
     */
    public record Times(
            Instant queued,
            Instant notBefore,
            @Nullable Instant begun,
            @Nullable Instant ended) {}

    /**
     * How far an attempt is; all 0 or more.
     *
     * @param bytesTotal 0 where it is not known, as is filesTotal
     */
    public record Progress(long bytesDone, long bytesTotal, long filesDone, long filesTotal) {
        public static final Progress NONE = new Progress(0, 0, 0, 0);
    }

    /**
     * Something that happened in a job.
     *
     * @param sequence 1 for the first of its job
     */
    public record Event(long sequence, Instant at, Level level, String text) {}

    /** How grave an event is. */
    public enum Level {
        INFO(800),
        WARNING(950),
        ERROR(1_000);

        /** How many events a job may have for one of this level to be kept: those that matter find room last. */
        final int room;

        Level(int room) {
            this.room = room;
        }
    }
}
