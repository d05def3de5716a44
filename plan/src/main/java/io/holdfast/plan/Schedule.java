package io.holdfast.plan;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When a plan runs. Each moment is one run, whoever looks and however often: what is due is a function of what was decided last and of the time.
 *
 * @param cron the moments
 * @param zone whose clocks count
 * @param window how long after its moment a run may still begin; what has not begun by then was missed
 * @param missed what becomes of it
 */
public record Schedule(CronSchedule cron, ZoneId zone, Duration window, Missed missed) {
    /** A schedule that nobody looked at for longer than that has no more to tell than that something was missed. */
    private static final int MAX_MISSED = 1_000;

    /** What becomes of runs that could not begin in time: because the server was down, or all its places were taken. */
    public enum Missed {
        /** One of them begins as soon as it can, however many there were. */
        RUN_ONCE,
        /** The next one comes at its time. */
        SKIP
    }

    public Schedule {
        if (window.isNegative() || window.isZero()) {
            throw new IllegalArgumentException("a window of " + window);
        }
    }

    /**
     * What is to be done now.
     *
     * @param decided the moment up to which everything is decided, when this is done
     * @param run the moment whose run begins now, if one does
     * @param missed how many were missed, or are made up for by this run
     */
    public record Due(Instant decided, Optional<Instant> run, int missed) {}

    /**
     * What is due. Empty where nothing is before the next moment.
     *
     * @param decided up to which moment everything was decided before: that of the plan's making, or {@link Due#decided} of the last time
     * @param now a time before {@code decided}, by a clock that was put back, makes nothing due
     */
    public Optional<Due> due(Instant decided, Instant now) {
        List<Instant> open = moments(decided, now, MAX_MISSED);
        if (open.isEmpty()) {
            return Optional.empty();
        }
        Instant newest = open.getLast();
        boolean isInTime = !newest.plus(window).isBefore(now);
        return Optional.of(
                isInTime
                        ? new Due(newest, Optional.of(newest), open.size() - 1)
                        : new Due(
                                newest,
                                missed == Missed.RUN_ONCE ? Optional.of(newest) : Optional.empty(),
                                open.size()));
    }

    /** The moments after {@code from} up to {@code to}, the last ones where there are more than {@code most}. */
    public List<Instant> moments(Instant from, Instant to, int most) {
        List<Instant> moments = new ArrayList<>();
        Optional<Instant> next = cron.nextAfter(from, zone);
        while (next.isPresent() && !next.get().isAfter(to)) {
            if (moments.size() == most) {
                moments.removeFirst();
            }
            moments.add(next.get());
            next = cron.nextAfter(next.get(), zone);
        }
        return moments;
    }
}
