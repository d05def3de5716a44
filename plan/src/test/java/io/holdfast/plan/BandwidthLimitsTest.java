package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.plan.BandwidthLimits.Limit;
import io.holdfast.plan.BandwidthLimits.Rule;
import io.holdfast.testkit.SeededRandom;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BandwidthLimitsTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Set<DayOfWeek> WORKDAYS = EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY);

    private static Rule rule(Set<DayOfWeek> days, String from, String to, int upload) {
        return new Rule(
                days,
                LocalTime.parse(from),
                LocalTime.parse(to),
                Optional.of(ByteSize.ofMiB(upload)),
                Optional.empty());
    }

    private static Limit at(BandwidthLimits limits, String time) {
        return limits.at(LocalDateTime.parse(time).atZone(limits.zone()).toInstant());
    }

    private static Instant instant(String time) {
        return LocalDateTime.parse(time).atZone(BERLIN).toInstant();
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20T07:59:59,0,2026-11-20T08:00:00",
        "2026-11-20T08:00:00,20,2026-11-20T18:00:00",
        "2026-11-20T17:59:59,20,2026-11-20T18:00:00",
        // A Friday: the next one is on Monday.
        "2026-11-20T18:00:00,0,2026-11-23T08:00:00",
        "2026-11-21T12:00:00,0,2026-11-23T08:00:00"
    })
    void holdFromTheirTimeToTheirTime(String time, int mebibytes, String until) {
        BandwidthLimits limits = new BandwidthLimits(List.of(rule(WORKDAYS, "08:00", "18:00", 20)), BERLIN);
        Limit limit = at(limits, time);
        assertThat(limit.upload().map(ByteSize::bytes).orElse(0L)).isEqualTo((long) mebibytes << 20);
        assertThat(limit.download()).isEmpty();
        assertThat(limit.until()).hasValue(instant(until));
    }

    @Test
    void overMidnightTheyBelongToTheDayOnWhichTheyBegin() {
        BandwidthLimits limits =
                new BandwidthLimits(List.of(rule(Set.of(DayOfWeek.FRIDAY), "22:00", "06:00", 5)), BERLIN);
        assertThat(at(limits, "2026-11-21T05:59:00").upload()).hasValue(ByteSize.ofMiB(5));
        assertThat(at(limits, "2026-11-21T22:30:00").upload()).isEmpty();
        assertThat(at(limits, "2026-11-20T23:00:00").until()).hasValue(instant("2026-11-21T06:00:00"));
    }

    @Test
    void theLowestCounts() {
        BandwidthLimits limits = new BandwidthLimits(
                List.of(
                        rule(WORKDAYS, "08:00", "18:00", 20),
                        rule(WORKDAYS, "12:00", "13:00", 50),
                        rule(WORKDAYS, "09:00", "10:00", 5)),
                BERLIN);
        assertThat(at(limits, "2026-11-20T12:30:00").upload()).hasValue(ByteSize.ofMiB(20));
        assertThat(at(limits, "2026-11-20T09:30:00").upload()).hasValue(ByteSize.ofMiB(5));
        assertThat(at(limits, "2026-11-20T11:00:00").until()).hasValue(instant("2026-11-20T18:00:00"));
    }

    @Test
    void whatNeverChangesSaysSo() {
        assertThat(new BandwidthLimits(List.of(), BERLIN).at(Instant.EPOCH))
                .isEqualTo(new Limit(Optional.empty(), Optional.empty(), Optional.empty()));
        BandwidthLimits always =
                new BandwidthLimits(List.of(rule(BandwidthLimits.everyDay(), "00:00", "00:00", 5)), BERLIN);
        assertThat(at(always, "2026-11-20T12:30:00").until()).isEmpty();
    }

    @Test
    void clocksThatArePutForwardBeginWhatTheyLeaveOut() {
        BandwidthLimits limits =
                new BandwidthLimits(List.of(rule(BandwidthLimits.everyDay(), "02:30", "04:00", 5)), BERLIN);
        Instant jump = Instant.parse("2026-03-29T01:00:00Z");
        Limit before = limits.at(jump.minusSeconds(1));
        assertThat(before.upload()).isEmpty();
        assertThat(before.until()).hasValue(jump);
        assertThat(limits.at(jump).upload()).isPresent();
        assertThat(limits.at(jump).until()).hasValue(Instant.parse("2026-03-29T02:00:00Z"));
    }

    @Test
    void clocksThatArePutBackShowItTwice() {
        BandwidthLimits limits =
                new BandwidthLimits(List.of(rule(BandwidthLimits.everyDay(), "02:15", "02:45", 5)), BERLIN);
        List<String> changes = new ArrayList<>();
        Instant at = Instant.parse("2026-10-24T23:00:00Z");
        for (int i = 0; i < 4; i++) {
            at = limits.at(at).until().orElseThrow();
            changes.add(at.toString());
        }
        assertThat(changes)
                .containsExactly(
                        "2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z");
    }

    /** Against looking at each minute, also across nights in which clocks change. */
    @Test
    void theNextChangeIsTheFirstOne() {
        SeededRandom.check(60, random -> {
            ZoneId zone = random.pick(
                    List.of(BERLIN, ZoneOffset.UTC, ZoneId.of("Australia/Lord_Howe"), ZoneId.of("America/Sao_Paulo")));
            List<Rule> rules = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                EnumSet<DayOfWeek> days = EnumSet.of(random.pick(List.of(DayOfWeek.values())));
                days.addAll(random.oneIn(2) ? WORKDAYS : days);
                LocalTime from = LocalTime.of(random.nextInt(24), 15 * random.nextInt(4));
                LocalTime to = LocalTime.of(random.nextInt(24), 15 * random.nextInt(4));
                rules.add(
                        new Rule(days, from, to, Optional.of(ByteSize.ofMiB(1 + random.nextInt(3))), Optional.empty()));
            }
            BandwidthLimits limits = new BandwidthLimits(rules, zone);
            Instant now = Instant.parse(random.pick(List.of(
                            "2026-03-27T00:00:00Z",
                            "2026-10-23T00:00:00Z",
                            "2026-04-03T00:00:00Z",
                            "2018-11-03T00:00:00Z")))
                    .plus(Duration.ofMinutes(random.nextInt(3 * 24 * 60)));
            Limit limit = limits.at(now);
            Instant end = now.plus(Duration.ofDays(7));
            Instant changed = null;
            for (Instant minute = now.plus(Duration.ofMinutes(1));
                    changed == null && minute.isBefore(end);
                    minute = minute.plus(Duration.ofMinutes(1))) {
                if (!limits.at(minute).upload().equals(limit.upload())) {
                    changed = minute;
                }
            }
            if (changed != null) {
                assertThat(limit.until()).as("%s at %s", limits, now).hasValue(changed);
            } else {
                assertThat(limit.until().stream()).allMatch(until -> !until.isBefore(end));
            }
        });
    }
}
