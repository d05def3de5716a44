package io.holdfast.catalog;

import java.time.Instant;

/**
 * One run of a plan on one host.
 *
 * @param moment of the plan's schedule, for which it runs
 * @param fence how often somebody has taken it; the word of the last one counts
 * @param owner who has taken it last; empty where nobody has
 * @param message why it ended as it did; empty where there is nothing to say
 */
public record Job(
        JobId id,
        String plan,
        HostId host,
        Instant moment,
        JobState state,
        long fence,
        String owner,
        boolean isCancelWanted,
        String message) {}
