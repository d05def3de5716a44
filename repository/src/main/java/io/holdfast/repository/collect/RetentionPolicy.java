package io.holdfast.repository.collect;

import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which snapshots to keep, and why. A snapshot stays when any rule wants it; the rules of a period ("daily 7") count periods in
 * which there is a snapshot and keep the newest of each, so that a machine that was off for a month loses nothing for it.
 *
 * @param counts how many to keep, for each kind of period; each at least 1
 * @param within keeps all that are at most so much older than the newest
 * @param tags keeps all that have one of these
 * @param zone where days begin
 */
public record RetentionPolicy(
        Map<Every, Integer> counts, Optional<RetentionSpan> within, Set<String> tags, ZoneId zone) {

    /** The periods of which one snapshot each is kept. */
    public enum Every {
        /** No period at all: each snapshot is one of its own. */
        LAST(pattern("")),
        HOURLY(pattern("yyyy-MM-dd HH:00xxx")),
        DAILY(pattern("yyyy-MM-dd")),
        WEEKLY(new DateTimeFormatterBuilder()
                .appendValue(IsoFields.WEEK_BASED_YEAR, 4)
                .appendLiteral("-W")
                .appendValue(IsoFields.WEEK_OF_WEEK_BASED_YEAR, 2)
                .toFormatter(Locale.ROOT)),
        MONTHLY(pattern("yyyy-MM")),
        YEARLY(pattern("yyyy"));

        private final DateTimeFormatter period;

        Every(DateTimeFormatter period) {
            this.period = period;
        }

        private static DateTimeFormatter pattern(String pattern) {
            return DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
        }

        /** Lower case, as in the option {@code --keep-daily}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public RetentionPolicy {
        counts = Map.copyOf(counts);
        tags = Set.copyOf(tags);
        if (counts.values().stream().anyMatch(count -> count < 1)) {
            throw new IllegalArgumentException("a rule that keeps nothing: " + counts);
        }
    }

    /**
     * What becomes of a snapshot.
     *
     * @param reasons why it is kept; empty where it is to be forgotten
     */
    public record Decision(Snapshot snapshot, List<String> reasons) {
        public boolean isKept() {
            return !reasons.isEmpty();
        }
    }

    /** Whether there is no rule at all. */
    public boolean isEmpty() {
        return counts.isEmpty() && within.isEmpty() && tags.isEmpty();
    }

    /**
     * Decides about the snapshots of one group.
     *
     * @param group oldest first
     * @param lastGood is kept whatever the rules say; see {@link LastGood}
     * @param now a date after it, from a clock that was wrong, must not make all others look old
     * @return in the order of {@code group}
     */
    public List<Decision> decide(List<Snapshot> group, Set<SnapshotId> lastGood, Instant now) {
        List<List<String>> reasons = reasons(
                group.stream()
                        .map(snapshot ->
                                new Taken(startOf(snapshot), snapshot.manifest().tags()))
                        .toList(),
                now);
        List<Decision> decisions = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            List<String> all = new ArrayList<>(reasons.get(i));
            if (lastGood.contains(group.get(i).id())) {
                all.add(LastGood.REASON);
            }
            decisions.add(new Decision(group.get(i), List.copyOf(all)));
        }
        return decisions;
    }

    /** What the rules look at. */
    public record Taken(Instant started, List<String> tags) {}

    /**
     * Why each of these is kept, also where they are not made yet; empty for those that are not.
     *
     * @param group oldest first
     * @param now a date after it, from a clock that was wrong, must not make all others look old
     * @return in the order of {@code group}
     */
    public List<List<String>> reasons(List<Taken> group, Instant now) {
        Map<Every, String> newestPeriod = new EnumMap<>(Every.class);
        Map<Every, Integer> left = new EnumMap<>(Every.class);
        left.putAll(counts);
        Optional<Instant> keptFrom = keptFrom(group, now);
        List<List<String>> all = new ArrayList<>(group.size());
        for (Taken taken : group.reversed()) {
            Instant started = taken.started();
            List<String> reasons = new ArrayList<>();
            for (Every every : Every.values()) {
                int remaining = left.getOrDefault(every, 0);
                String period = every.period.format(ZonedDateTime.ofInstant(started, zone));
                boolean isNewest = every == Every.LAST || !period.equals(newestPeriod.put(every, period));
                if (isNewest && remaining > 0) {
                    left.put(every, remaining - 1);
                    reasons.add((every.word() + " " + period).strip());
                }
            }
            if (keptFrom.isPresent() && !started.isBefore(keptFrom.get())) {
                reasons.add("within " + within.map(RetentionSpan::text).orElse(""));
            }
            taken.tags().stream().filter(tags::contains).forEach(tag -> reasons.add("tag " + tag));
            all.add(List.copyOf(reasons));
        }
        return all.reversed();
    }

    /** Counted from the newest snapshot and not from today: backups that stopped must not fade away. */
    private Optional<Instant> keptFrom(List<Taken> group, Instant now) {
        if (group.isEmpty()) {
            return Optional.empty();
        }
        Instant newest = group.getLast().started();
        Instant end = newest.isAfter(now) ? now : newest;
        return within.map(span -> span.before(end, zone));
    }

    private static Instant startOf(Snapshot snapshot) {
        return snapshot.manifest().started().toInstant();
    }
}
