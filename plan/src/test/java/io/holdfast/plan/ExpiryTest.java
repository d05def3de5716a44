package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.plan.Expiry.Committed;
import io.holdfast.plan.Expiry.Decision;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpiryTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:34:00Z");

    private static Committed at(long sequence, String time) {
        return new Committed(sequence, Instant.parse(time), true, List.of());
    }

    private static RetentionPolicy policy(Map<Every, Integer> counts) {
        return new RetentionPolicy(counts, Optional.empty(), Set.of(), ZoneOffset.UTC);
    }

    private static List<Long> kept(List<Decision> decisions) {
        return decisions.stream()
                .filter(Decision::isKept)
                .map(decision -> decision.snapshot().sequence())
                .toList();
    }

    @Test
    void rulesCountByTheServersTime() {
        List<Committed> rows = List.of(
                at(1, "2026-11-17T01:00:00Z"),
                at(2, "2026-11-18T01:00:00Z"),
                at(3, "2026-11-19T01:00:00Z"),
                at(4, "2026-11-19T02:00:00Z"));
        assertThat(kept(Expiry.decide(policy(Map.of(Every.DAILY, 2)), rows, NOW)))
                .containsExactly(2L, 4L);
        assertThat(kept(Expiry.decide(policy(Map.of()), rows, NOW))).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void theOrderOfTheListPlaysNoRole() {
        SeededRandom.check(100, random -> {
            List<Committed> rows = history(random, 1, NOW.minus(Duration.ofDays(400)), NOW);
            RetentionPolicy policy = anyPolicy(random, true);
            List<Decision> decided = Expiry.decide(policy, rows, NOW);
            Collections.rotate(rows, random.nextInt(rows.size()));
            Collections.swap(rows, 0, random.nextInt(rows.size()));
            assertThat(Expiry.decide(policy, rows, NOW)).isEqualTo(decided);
        });
    }

    @Test
    void theLastGoodOneNeverExpires() {
        Committed good = at(1, "2020-01-01T00:00:00Z");
        List<Committed> rows = new ArrayList<>(List.of(good));
        for (int i = 2; i < 40; i++) {
            rows.add(new Committed(i, NOW.minus(Duration.ofDays(40L - i)), false, List.of()));
        }
        List<Decision> decisions = Expiry.decide(policy(Map.of(Every.LAST, 1)), rows, NOW);
        assertThat(kept(decisions)).containsExactly(1L, 39L);
        assertThat(decisions.getFirst().reasons()).containsExactly("last good of its source");
        assertThat(kept(Expiry.decide(policy(Map.of(Every.LAST, 1)), rows.subList(1, 3), NOW)))
                .containsExactly(3L);
        assertThat(Expiry.decide(policy(Map.of(Every.LAST, 1)), List.of(), NOW)).isEmpty();
    }

    /**
     * A host in other hands adds as many snapshots as it likes, whatever times it claims: they get the server's time, which is now. Of all earlier hours nothing else
     * is kept or lost than before.
     */
    @Test
    void whatIsAddedNowPushesNothingOutOfEarlierPeriods() {
        SeededRandom.check(500, random -> {
            Instant hour = NOW.truncatedTo(ChronoUnit.HOURS);
            List<Committed> good = history(random, 1, hour.minus(Duration.ofDays(random.nextInt(800))), hour);
            long sequence = good.size() + 1L;
            int invented = 1 + random.nextInt(60);
            // What the host would have made itself in this hour.
            Committed own = new Committed(sequence + invented, hour.plusSeconds(1_000), true, List.of());
            good.add(own);
            RetentionPolicy policy = anyPolicy(random, false);
            Map<Long, List<String>> before = reasons(Expiry.decide(policy, good, NOW));

            List<Committed> all = new ArrayList<>(good);
            for (int i = 0; i < invented; i++) {
                Instant commit = hour.plusSeconds(i * 1_000L / invented);
                all.add(new Committed(sequence + i, commit, random.oneIn(2), List.of()));
            }
            Map<Long, List<String>> after = reasons(Expiry.decide(policy, all, NOW));
            for (Committed snapshot : good.subList(0, good.size() - 1)) {
                assertThat(after.getOrDefault(snapshot.sequence(), List.of()))
                        .as("%s of %s", snapshot, policy)
                        .containsAll(before.getOrDefault(snapshot.sequence(), List.of()).stream()
                                .filter(reason -> !reason.startsWith("last good"))
                                .toList());
            }
        });
    }

    /** Day for day, with the server deleting what expires: one snapshot of each earlier period is there as without the invented ones. */
    @Test
    void aHostInOtherHandsCostsNoEarlierPeriodOverTime() {
        SeededRandom.check(60, random -> {
            RetentionPolicy policy = anyPolicy(random, false);
            List<Committed> honest = new ArrayList<>();
            List<Committed> taken = new ArrayList<>();
            long sequence = 0;
            int days = 30 + random.nextInt(200);
            int turned = random.nextInt(days);
            for (int day = 0; day < days; day++) {
                Instant night = Instant.parse("2026-01-01T01:30:00Z").plus(Duration.ofDays(day));
                for (int i = day < turned ? 0 : random.nextInt(5); i > 0; i--) {
                    sequence++;
                    taken.add(new Committed(sequence, night.minusSeconds(i), true, List.of()));
                }
                sequence++;
                Committed run = new Committed(sequence, night, true, List.of());
                honest.add(run);
                taken.add(run);
                honest = left(policy, honest, night);
                taken = left(policy, taken, night);
            }
            assertThat(taken).containsAll(honest);
        });
    }

    private static List<Committed> left(RetentionPolicy policy, List<Committed> rows, Instant now) {
        return new ArrayList<>(Expiry.decide(policy, rows, now).stream()
                .filter(Decision::isKept)
                .map(Decision::snapshot)
                .toList());
    }

    @Test
    void nothingExpiresWhileTheClockIsBehind() {
        SeededRandom.check(100, random -> {
            List<Committed> rows = history(random, 1, NOW.minus(Duration.ofDays(400)), NOW);
            RetentionPolicy policy = anyPolicy(random, true);
            Instant reset = random.pick(List.of(
                    Instant.EPOCH,
                    NOW.minus(Duration.ofDays(200)),
                    rows.getLast().committed().minusNanos(1)));
            assertThat(Expiry.decide(policy, rows, reset)).allMatch(Decision::isKept);
        });
    }

    /** Commits while the clock was wrong stay, and cost none of the others. */
    @Test
    void timesThatContradictTheOrderPushNothingOut() {
        SeededRandom.check(300, random -> {
            List<Committed> rows = history(random, 1, NOW.minus(Duration.ofDays(400)), NOW);
            if (rows.size() < 10) {
                return;
            }
            RetentionPolicy policy = anyPolicy(random, true);
            // At either end the neighbour may as well be the one that is wrong.
            int wrong = 2 + random.nextInt(rows.size() - 4);
            List<Committed> without = new ArrayList<>(rows);
            Committed moved = without.remove(wrong);
            Instant time = random.oneIn(2) ? Instant.EPOCH : NOW;
            List<Committed> with = new ArrayList<>(without);
            with.add(new Committed(moved.sequence(), time, true, List.of()));
            List<Long> kept = kept(Expiry.decide(policy, with, NOW));
            assertThat(kept).containsAll(kept(Expiry.decide(policy, without, NOW)));
            assertThat(kept).contains(moved.sequence());
        });
    }

    private static Map<Long, List<String>> reasons(List<Decision> decisions) {
        Map<Long, List<String>> reasons = new HashMap<>();
        decisions.forEach(decision -> reasons.put(decision.snapshot().sequence(), decision.reasons()));
        return reasons;
    }

    private static List<Committed> history(SeededRandom random, long first, Instant from, Instant to) {
        List<Committed> rows = new ArrayList<>();
        Instant at = from;
        long sequence = first;
        while (at.isBefore(to)) {
            rows.add(new Committed(sequence, at, !random.oneIn(6), List.of()));
            sequence++;
            at = at.plus(Duration.ofMinutes(1 + random.nextInt(random.oneIn(10) ? 40_000 : 3_000)));
        }
        if (rows.isEmpty()) {
            rows.add(new Committed(sequence, from.minusSeconds(1), true, List.of()));
        }
        return rows;
    }

    /** @param withLast whether it may count single snapshots: these are used up by the number of runs alone, which the server decides */
    private static RetentionPolicy anyPolicy(SeededRandom random, boolean withLast) {
        Map<Every, Integer> counts = new EnumMap<>(Every.class);
        for (Every every : Every.values()) {
            if (random.oneIn(2) && (withLast || every != Every.LAST)) {
                counts.put(every, 1 + random.nextInt(20));
            }
        }
        Optional<RetentionSpan> within = counts.isEmpty() || random.oneIn(3)
                ? Optional.of(RetentionSpan.parse((1 + random.nextInt(90)) + "d"))
                : Optional.empty();
        return new RetentionPolicy(
                counts, within, Set.of(), random.pick(List.of(ZoneOffset.UTC, ZoneId.of("Europe/Berlin"))));
    }
}
