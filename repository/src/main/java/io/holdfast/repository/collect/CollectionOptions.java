package io.holdfast.repository.collect;

import java.time.Duration;

/**
 * How to collect.
 *
 * @param maxRepackBytes the most that is rewritten in one run to free parts of packs
 * @param waste a pack is rewritten when at least this part of it is garbage, 0 to 1
 * @param fenceAfter a session on another machine whose heartbeat stands still this long, by this machine's monotonic clock, is fenced
 * @param waitForSessions how long a run waits for backups that are under way before it leaves the rest to the next run
 * @param sparesWhatIsSent leaves alone what backups that are under way may have sent
 */
public record CollectionOptions(
        long maxRepackBytes,
        double waste,
        Duration fenceAfter,
        Duration waitForSessions,
        boolean dryRun,
        boolean sparesWhatIsSent) {
    /** Condemns all garbage, whosever it may be: those who send it are waited for. */
    public CollectionOptions(
            long maxRepackBytes, double waste, Duration fenceAfter, Duration waitForSessions, boolean dryRun) {
        this(maxRepackBytes, waste, fenceAfter, waitForSessions, dryRun, false);
    }

    public static final double DEFAULT_WASTE = 0.2;
    public static final Duration DEFAULT_FENCE_AFTER = Duration.ofMinutes(30);
    public static final Duration DEFAULT_WAIT = Duration.ofSeconds(2);
}
