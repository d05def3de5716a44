package io.holdfast.agent;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import io.holdfast.plan.BandwidthLimits;
import io.holdfast.plan.BandwidthLimits.Limit;
import io.holdfast.protocol.machine.JobConduct;
import io.holdfast.storage.Bandwidth;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a job may take of the line at this moment, by the limits of its plan and the clock of this machine. Thread-safe. */
final class BandwidthByTime implements Supplier<Bandwidth> {
    /** Looked at again then, whatever is known: clocks are changed. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final ByteSize NO_LIMIT = new ByteSize(0);

    private final BandwidthLimits limits;
    private final InstantSource clock;
    private final MonotonicClock waits;
    private final Consumer<String> told;
    private @Nullable Holding holding;

    private record Holding(Limit limit, Bandwidth bandwidth, Instant from, Instant until) {
        boolean isOf(Instant now) {
            return !now.isBefore(from) && now.isBefore(until);
        }
    }

    /** @param told hears what holds, whenever that changes, for people */
    BandwidthByTime(BandwidthLimits limits, InstantSource clock, MonotonicClock waits, Consumer<String> told) {
        this.limits = limits;
        this.clock = clock;
        this.waits = waits;
        this.told = told;
    }

    /** The limits that an order names. */
    static BandwidthLimits limits(JobConduct conduct) {
        return new BandwidthLimits(
                conduct.limits().stream().map(BandwidthByTime::rule).toList(), ZoneId.of(conduct.zone()));
    }

    private static BandwidthLimits.Rule rule(JobConduct.Limit limit) {
        return new BandwidthLimits.Rule(
                limit.days().stream().map(DayOfWeek::of).collect(Collectors.toSet()),
                LocalTime.parse(limit.from()),
                LocalTime.parse(limit.to()),
                rate(limit.upload()),
                rate(limit.download()));
    }

    private static Optional<ByteSize> rate(long bytes) {
        return bytes == 0 ? Optional.empty() : Optional.of(new ByteSize(bytes));
    }

    @Override
    public Bandwidth get() {
        if (limits.rules().isEmpty()) {
            return Bandwidth.UNLIMITED;
        }
        Instant now = clock.instant();
        synchronized (this) {
            Holding known = holding;
            if (known == null || !known.isOf(now)) {
                known = at(now, known);
                holding = known;
            }
            return known.bandwidth();
        }
    }

    /** Whoever waits for the line goes on with it where it is as fast as before. */
    private Holding at(Instant now, @Nullable Holding before) {
        Limit limit = limits.at(now);
        Instant latest = now.plus(LONGEST);
        Instant until = limit.until().filter(moment -> moment.isBefore(latest)).orElse(latest);
        if (before != null
                && before.limit().upload().equals(limit.upload())
                && before.limit().download().equals(limit.download())) {
            return new Holding(limit, before.bandwidth(), now, until);
        }
        boolean isLimited = limit.upload().isPresent() || limit.download().isPresent();
        if (isLimited || before != null) {
            told.accept(isLimited ? "bandwidth: " + text(limit) : "bandwidth: no limit any more");
        }
        return new Holding(
                limit,
                Bandwidth.of(limit.upload().orElse(NO_LIMIT), limit.download().orElse(NO_LIMIT), waits),
                now,
                until);
    }

    private static String text(Limit limit) {
        List<String> parts = new ArrayList<>();
        limit.upload().ifPresent(rate -> parts.add("upload at most " + rate + "/s"));
        limit.download().ifPresent(rate -> parts.add("download at most " + rate + "/s"));
        return String.join(", ", parts);
    }
}
