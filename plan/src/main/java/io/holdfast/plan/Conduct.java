package io.holdfast.plan;

import java.util.List;

/**
 * How a run goes about.
 *
 * @param priority 0 to {@value #MOST_URGENT}: of jobs that wait for a place, the highest goes first
 * @param before programs that run on the host before, in this order
 * @param after programs that run on the host afterwards, in this order
 * @param limits of bandwidth by the time of day
 * @param courtesy to whatever else the host does
 * @param retries of a run that fails
 */
public record Conduct(
        int priority, List<Hook> before, List<Hook> after, BandwidthLimits limits, Courtesy courtesy, Retries retries) {
    /** The highest priority. */
    public static final int MOST_URGENT = 9;

    /** That of a plan that says nothing of it. */
    public static final int USUAL_PRIORITY = 5;

    public Conduct {
        if (priority < 0 || priority > MOST_URGENT) {
            throw new IllegalArgumentException("a priority of " + priority);
        }
        before = List.copyOf(before);
        after = List.copyOf(after);
    }
}
