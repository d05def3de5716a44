package io.holdfast.plan;

import io.holdfast.core.ByteSize;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How fast a run may move data at what time of day. A rule holds while the clock on the wall shows a time of its own: when clocks are put back, what it shows twice
 * counts twice; when they are put forward, a rule whose beginning they leave out begins with the jump. Of several that hold, the lowest number counts.
 *
 * @param zone whose clocks count
 */
public record BandwidthLimits(List<Rule> rules, ZoneId zone) {
    /** A week and a day: whatever a wall shows, it shows again within that. */
    private static final int HORIZON_DAYS = 8;

    public BandwidthLimits {
        rules = List.copyOf(rules);
    }

    /**
     * One rule.
     *
     * @param days on which its time begins
     * @param from the time on the wall from which it holds
     * @param to the time until which, not included; one that is not after {@code from} is one of the next day
     * @param upload bytes in a second, from the host; absent for no limit
     * @param download bytes in a second, to the host
     */
    public record Rule(
            Set<DayOfWeek> days, LocalTime from, LocalTime to, Optional<ByteSize> upload, Optional<ByteSize> download) {
        public Rule {
            days = Set.copyOf(days);
            if (days.isEmpty() || (upload.isEmpty() && download.isEmpty())) {
                throw new IllegalArgumentException("a rule that limits nothing");
            }
        }

        private boolean holds(LocalDateTime wall) {
            return begins(wall.toLocalDate(), wall) || begins(wall.toLocalDate().minusDays(1), wall);
        }

        private boolean begins(LocalDate day, LocalDateTime wall) {
            return days.contains(day.getDayOfWeek()) && !wall.isBefore(day.atTime(from)) && wall.isBefore(end(day));
        }

        private LocalDateTime end(LocalDate day) {
            return (to.isAfter(from) ? day : day.plusDays(1)).atTime(to);
        }
    }

    /** All days of a week. */
    static Set<DayOfWeek> everyDay() {
        return EnumSet.allOf(DayOfWeek.class);
    }

    /**
     * What holds at a moment.
     *
     * @param upload bytes in a second; absent for no limit
     * @param download the same for the other way
     * @param until when something else does; absent where it is the same for a week to come
     */
    public record Limit(Optional<ByteSize> upload, Optional<ByteSize> download, Optional<Instant> until) {}

    /** What holds now, and until when. */
    public Limit at(Instant now) {
        Limit holding = holding(now);
        return new Limit(
                holding.upload(),
                holding.download(),
                changes(now).stream()
                        .filter(moment -> !holding(moment).equals(holding))
                        .findFirst());
    }

    private Limit holding(Instant moment) {
        LocalDateTime wall = LocalDateTime.ofInstant(moment, zone);
        Optional<ByteSize> upload = Optional.empty();
        Optional<ByteSize> download = Optional.empty();
        for (Rule rule : rules) {
            if (rule.holds(wall)) {
                upload = lower(upload, rule.upload());
                download = lower(download, rule.download());
            }
        }
        return new Limit(upload, download, Optional.empty());
    }

    private static Optional<ByteSize> lower(Optional<ByteSize> one, Optional<ByteSize> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? other : one;
        }
        return one.get().compareTo(other.get()) <= 0 ? one : other;
    }

    /** The moments after this one at which something may change: beginnings and ends of rules, and jumps of the clocks. */
    private TreeSet<Instant> changes(Instant now) {
        TreeSet<Instant> moments = new TreeSet<>();
        LocalDate first = LocalDate.ofInstant(now, zone).minusDays(1);
        for (Rule rule : rules) {
            for (LocalDate day = first; !day.isAfter(first.plusDays(HORIZON_DAYS + 1)); day = day.plusDays(1)) {
                addShown(moments, day.atTime(rule.from()));
                addShown(moments, rule.end(day));
            }
        }
        if (!rules.isEmpty()) {
            ZoneOffsetTransition jump = zone.getRules().nextTransition(now);
            if (jump != null) {
                moments.add(jump.getInstant());
            }
        }
        return new TreeSet<>(moments.tailSet(now, false));
    }

    private void addShown(Set<Instant> moments, LocalDateTime wall) {
        for (ZoneOffset offset : zone.getRules().getValidOffsets(wall)) {
            moments.add(wall.toInstant(offset));
        }
    }
}
