package io.holdfast.repository.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.Timestamp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RetentionPolicyTest {
    private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

    private int made;

    @Test
    void keepsTheLastOnes() {
        List<Snapshot> group =
                List.of(at("2026-01-01T10:00:00Z"), at("2026-01-01T10:00:01Z"), at("2026-01-02T00:00:00Z"));

        assertThat(reasons(policy(Map.of(Every.LAST, 2)), group))
                .containsExactly(List.of(), List.of("last"), List.of("last"));
    }

    @Test
    void keepsTheNewestOfEachPeriodAndNamesThePeriod() {
        List<Snapshot> group = List.of(
                at("2025-12-31T10:00:00Z"),
                at("2026-11-19T08:00:00Z"),
                at("2026-11-20T08:00:00Z"),
                at("2026-11-20T08:30:00Z"));
        Map<Every, Integer> counts =
                Map.of(Every.HOURLY, 1, Every.DAILY, 2, Every.WEEKLY, 1, Every.MONTHLY, 2, Every.YEARLY, 5);

        assertThat(reasons(policy(counts), group))
                .containsExactly(
                        List.of("monthly 2025-12", "yearly 2025"),
                        List.of("daily 2026-11-19"),
                        List.of(),
                        List.of(
                                "hourly 2026-11-20 08:00+00:00",
                                "daily 2026-11-20",
                                "weekly 2026-W47",
                                "monthly 2026-11",
                                "yearly 2026"));
    }

    @Test
    void countsPeriodsThatHaveSnapshotsAndNotThoseThatPassed() {
        List<Snapshot> group =
                List.of(at("2020-01-01T00:00:00Z"), at("2023-05-05T00:00:00Z"), at("2026-01-01T00:00:00Z"));

        assertThat(kept(policy(Map.of(Every.DAILY, 2)), group)).containsExactly(false, true, true);
    }

    @Test
    void daysBeginWhereTheUserLives() {
        List<Snapshot> group = List.of(at("2026-11-19T22:30:00Z"), at("2026-11-19T23:30:00Z"));
        RetentionPolicy utc = policy(Map.of(Every.DAILY, 5));
        RetentionPolicy berlin =
                new RetentionPolicy(utc.counts(), utc.within(), utc.tags(), ZoneId.of("Europe/Berlin"));

        assertThat(kept(utc, group)).containsExactly(false, true);
        assertThat(kept(berlin, group)).containsExactly(true, true);
    }

    @Test
    void weeksAreThoseOfIso8601() {
        List<Snapshot> group =
                List.of(at("2026-12-27T12:00:00Z"), at("2026-12-28T12:00:00Z"), at("2027-01-03T12:00:00Z"));

        assertThat(reasons(policy(Map.of(Every.WEEKLY, 5)), group))
                .containsExactly(List.of("weekly 2026-W52"), List.of(), List.of("weekly 2026-W53"));
    }

    @Test
    void withinCountsFromTheNewestSnapshot() {
        List<Snapshot> group =
                List.of(at("2020-01-01T00:00:00Z"), at("2020-03-01T00:00:00Z"), at("2020-03-20T00:00:00Z"));

        assertThat(reasons(within("30d"), group))
                .containsExactly(List.of(), List.of("within 30d"), List.of("within 30d"));
    }

    @Test
    void oneSnapshotFromAClockThatRunsAheadDoesNotMakeTheOthersOld() {
        List<Snapshot> group =
                List.of(at("2026-10-01T00:00:00Z"), at("2026-11-30T00:00:00Z"), at("2099-01-01T00:00:00Z"));

        assertThat(kept(within("7d"), group)).containsExactly(false, true, true);
    }

    @Test
    void keepsWhatHasATag() {
        List<Snapshot> group =
                List.of(at("2020-01-01T00:00:00Z", 0, "release"), at("2020-03-01T00:00:00Z", 0, "nightly"));
        RetentionPolicy policy =
                new RetentionPolicy(Map.of(), Optional.empty(), Set.of("release", "other"), ZoneOffset.UTC);

        assertThat(reasons(policy, group)).containsExactly(List.of("tag release"), List.of());
    }

    @Test
    void neverDropsTheLastGoodSnapshot() {
        List<Snapshot> group = List.of(
                at("2026-01-01T00:00:00Z"),
                at("2026-01-02T00:00:00Z"),
                at("2026-01-03T00:00:00Z", 1),
                at("2026-01-04T00:00:00Z", 1));

        assertThat(reasons(policy(Map.of(Every.LAST, 1)), group))
                .containsExactly(List.of(), List.of("last good of its source"), List.of(), List.of("last"));
    }

    @Test
    void theNewestIsTheLastGoodOneWhereNoneIsComplete() {
        List<Snapshot> group = List.of(at("2026-01-01T00:00:00Z", 3), at("2026-01-02T00:00:00Z", 1));

        assertThat(LastGood.of(group)).containsExactly(group.getLast().id());
    }

    @Test
    void theNewestMayBeForgottenByHandWhileAnotherGoodOneStays() {
        Snapshot older = at("2026-01-01T00:00:00Z");
        Snapshot newer = at("2026-01-02T00:00:00Z");
        Snapshot incomplete = at("2026-01-03T00:00:00Z", 1);
        List<Snapshot> live = List.of(older, newer, incomplete);

        assertThat(LastGood.irreplaceable(live, List.of(newer))).isEmpty();
        assertThat(LastGood.irreplaceable(live, List.of(older, newer))).containsExactly(newer);
        assertThat(LastGood.irreplaceable(live, live)).containsExactly(newer);
        assertThat(LastGood.irreplaceable(live, List.of(incomplete))).isEmpty();
        assertThat(LastGood.irreplaceable(List.of(incomplete), List.of(incomplete)))
                .containsExactly(incomplete);
    }

    @Test
    void keepsMoreAndNeverLessWithMoreRules() {
        List<Snapshot> group = IntStream.range(0, 400)
                .mapToObj(i -> at(Instant.parse("2025-01-01T00:00:00Z")
                        .plusSeconds(i * 40_000L)
                        .toString()))
                .toList();
        List<Boolean> few = kept(policy(Map.of(Every.DAILY, 7)), group);
        List<Boolean> many = kept(policy(Map.of(Every.DAILY, 7, Every.MONTHLY, 12, Every.LAST, 3)), group);

        assertThat(IntStream.range(0, 400).filter(i -> few.get(i) && !many.get(i)))
                .isEmpty();
        assertThat(few.stream().filter(k -> k)).hasSize(7);
    }

    @ParameterizedTest
    @CsvSource({
        "1h,2026-03-31T11:00:00Z",
        "30d,2026-03-01T12:00:00Z",
        "1m,2026-02-28T12:00:00Z",
        "1mo,2026-02-28T12:00:00Z",
        "2w,2026-03-17T12:00:00Z",
        "2y5mo7d3h,2023-10-24T09:00:00Z",
        "2y5m7d3h,2023-10-24T09:00:00Z",
        "1Y,2025-03-31T12:00:00Z"
    })
    void readsLengthsOfTime(String text, String before) {
        assertThat(RetentionSpan.parse(text).before(Instant.parse("2026-03-31T12:00:00Z"), ZoneOffset.UTC))
                .isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "d", "0d", "-1d", "1d2y", "1.5d", "99999999999d"})
    void refusesWhatIsNoLengthOfTime(String text) {
        assertThatThrownBy(() -> RetentionSpan.parse(text))
                .isInstanceOfSatisfying(
                        HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"5m", "1y5m", "5m1d"})
    void refusesToLockForWhatCouldBeMinutes(String text) {
        assertThatThrownBy(() -> RetentionSpan.parseForLock(text))
                .isInstanceOfSatisfying(
                        HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
        assertThat(RetentionSpan.parseForLock(text.replace("m", "mo")).days())
                .isEqualTo(RetentionSpan.parse(text).days());
    }

    private static RetentionPolicy policy(Map<Every, Integer> counts) {
        return new RetentionPolicy(counts, Optional.empty(), Set.of(), ZoneOffset.UTC);
    }

    private static RetentionPolicy within(String span) {
        return new RetentionPolicy(Map.of(), Optional.of(RetentionSpan.parse(span)), Set.of(), ZoneOffset.UTC);
    }

    private static List<List<String>> reasons(RetentionPolicy policy, List<Snapshot> group) {
        // Where all are complete the newest is the last good one: not what these tests are about.
        boolean allGood = group.stream().allMatch(Snapshot::isComplete);
        return policy.decide(group, allGood ? Set.of() : LastGood.of(group), NOW).stream()
                .map(RetentionPolicy.Decision::reasons)
                .toList();
    }

    private static List<Boolean> kept(RetentionPolicy policy, List<Snapshot> group) {
        return reasons(policy, group).stream()
                .map(reasons -> !reasons.isEmpty())
                .toList();
    }

    private Snapshot at(String time) {
        return at(time, 0);
    }

    private Snapshot at(String time, long unreadable, String... tags) {
        byte[] id = ByteBuffer.allocate(16).putInt(++made).array();
        Timestamp started = Timestamp.of(Instant.parse(time));
        Manifest manifest = new Manifest(
                started,
                started,
                "host",
                List.of(Bytes.wrap("/home".getBytes(StandardCharsets.UTF_8))),
                List.of(tags),
                Optional.empty(),
                new SnapshotStatistics(1, 0, 0, 1, 1, 1, 1, 0, 0, unreadable),
                Optional.empty(),
                "test",
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Optional.empty(),
                "user");
        return new Snapshot(new SnapshotId(0, Bytes.wrap(id)), manifest, Bytes.wrap(new byte[32]));
    }
}
