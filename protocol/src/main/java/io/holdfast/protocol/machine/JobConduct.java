package io.holdfast.protocol.machine;

import java.util.List;
import java.util.Optional;

/**
 * How a host goes about a job, in the words of plans (docs/plans.md).
 *
 * @param before programs that run before, in this order
 * @param after programs that run afterwards, in this order
 * @param limits of bandwidth
 * @param zone of the IANA database, whose clocks count for limits
 * @param courtesy to what else the host does; absent for none
 * @param retries of a job that fails, for the control server; absent for what is usual
 */
public record JobConduct(
        List<Hook> before,
        List<Hook> after,
        List<Limit> limits,
        String zone,
        Optional<Courtesy> courtesy,
        Optional<Retries> retries) {
    /** Nothing special. */
    public static final JobConduct NONE =
            new JobConduct(List.of(), List.of(), List.of(), "UTC", Optional.empty(), Optional.empty());

    /**
     * A program that runs on the host.
     *
     * @param run its absolute path, and its arguments
     * @param when {@code always}, {@code success} or {@code failure}
     * @param onFailure {@code fail} or {@code warn}
     */
    public record Hook(List<String> run, long timeoutSeconds, String when, String onFailure) {
        public static final String ALWAYS = "always";
        public static final String SUCCESS = "success";
        public static final String FAILURE = "failure";
        public static final String FAIL = "fail";
        public static final String WARN = "warn";
    }

    /**
     * How fast data may move at some time of day.
     *
     * @param days on which it begins, 1 for Monday to 7 for Sunday
     * @param from such as {@code 08:00}
     * @param to the same; one that is not after {@code from} is of the next day
     * @param upload bytes a second from the host; 0 for no limit
     * @param download bytes a second to the host; 0 for no limit
     */
    public record Limit(List<Integer> days, String from, String to, long upload, long download) {}

    /**
     * How a host is spared.
     *
     * @param nice 0 to 19
     * @param io {@code normal}, {@code low} or {@code idle}
     * @param threads 0 for one per processor
     */
    public record Courtesy(int nice, String io, int threads) {
        public static final String LOW = "low";
        public static final String IDLE = "idle";
    }

    /**
     * How often a job that fails is tried again.
     *
     * @param count after the first attempt
     * @param waitSeconds before the first of them; each further one waits twice as long
     * @param longestWaitSeconds the most that one waits
     */
    public record Retries(int count, long waitSeconds, long longestWaitSeconds) {}
}
