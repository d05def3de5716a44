package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    /** Clocks that are put forward by an hour, at midnight, by half an hour, by two hours, and a day that never was. */
    private static final List<String> ZONES = List.of(
            "UTC",
            "Europe/Berlin",
            "America/Sao_Paulo",
            "America/New_York",
            "Australia/Lord_Howe",
            "Antarctica/Troll",
            "Pacific/Apia",
            "Asia/Kathmandu");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "30 2 * * *         | 2026-07-01T00:00 | 2026-07-01T02:30",
                "30 2 * * *         | 2026-07-01T02:30 | 2026-07-02T02:30",
                "*/15 8-10 * * *    | 2026-07-01T08:31 | 2026-07-01T08:45",
                "*/15 8-10 * * *    | 2026-07-01T10:45 | 2026-07-02T08:00",
                "0 22 * * mon-fri   | 2026-07-03T23:00 | 2026-07-06T22:00",
                "0 22 * * 7         | 2026-07-03T23:00 | 2026-07-05T22:00",
                "0 22 * * SUN,6     | 2026-07-03T23:00 | 2026-07-04T22:00",
                "0 0 31 * *         | 2026-08-31T00:00 | 2026-10-31T00:00",
                "0 0 29 feb *       | 2026-03-01T00:00 | 2028-02-29T00:00",
                "0 0 29 2 *         | 2096-03-01T00:00 | 2104-02-29T00:00",
                "0 0 13 * fri       | 2026-07-01T00:00 | 2026-07-03T00:00",
                "0 0 13 * fri       | 2026-07-10T00:00 | 2026-07-13T00:00",
                "0 0 13 * *         | 2026-07-13T00:00 | 2026-08-13T00:00",
                "10-30/10 0 1 1 *   | 2026-12-31T00:00 | 2027-01-01T00:10",
                "50/5 0 * * *       | 2026-12-31T00:50 | 2026-12-31T00:55",
                "@hourly            | 2026-07-01T08:31 | 2026-07-01T09:00",
                "@daily             | 2026-07-01T08:31 | 2026-07-02T00:00",
                "@weekly            | 2026-07-01T08:31 | 2026-07-05T00:00",
                "@monthly           | 2026-07-01T08:31 | 2026-08-01T00:00",
                "@yearly            | 2026-07-01T08:31 | 2027-01-01T00:00"
            })
    void comesNext(String text, LocalDateTime after, LocalDateTime next) {
        assertThat(CronSchedule.parse(text).nextAfter(after.atZone(BERLIN).toInstant(), BERLIN))
                .hasValue(next.atZone(BERLIN).toInstant());
    }

    /** At two o'clock of 29 March 2026 it is three. */
    @Test
    void whatClocksLeaveOutComesOnceWhenTheyHaveBeenPutForward() {
        Instant three = ZonedDateTime.of(2026, 3, 29, 3, 0, 0, 0, BERLIN).toInstant();
        assertThat(between("30 2 * * *", "2026-03-28T12:00", "2026-03-30T12:00"))
                .containsExactly(
                        three,
                        ZonedDateTime.of(2026, 3, 30, 2, 30, 0, 0, BERLIN).toInstant());
        assertThat(between("*/20 2-3 * * *", "2026-03-29T00:00", "2026-03-29T12:00"))
                .containsExactly(three, three.plus(Duration.ofMinutes(20)), three.plus(Duration.ofMinutes(40)));
    }

    /** At three o'clock of 25 October 2026 it is two again. */
    @Test
    void whatClocksShowTwiceComesTheFirstTime() {
        Instant first = Instant.parse("2026-10-25T00:30:00Z");
        assertThat(between("30 2 * * *", "2026-10-24T12:00", "2026-10-25T12:00"))
                .containsExactly(first);
        assertThat(CronSchedule.parse("30 2 * * *").nextAfter(first, BERLIN))
                .hasValue(ZonedDateTime.of(2026, 10, 26, 2, 30, 0, 0, BERLIN).toInstant());
    }

    /** Against a look at each minute of some weeks around a change of clocks. */
    @Test
    void findsWhatALookAtEachMinuteFinds() {
        SeededRandom.check(100, random -> {
            String text = field(random, 0, 59, 3) + " " + field(random, 0, 23, 2) + " " + field(random, 1, 31, 1) + " "
                    + field(random, 1, 12, 1) + " " + field(random, 0, 7, 1);
            CronSchedule schedule;
            try {
                schedule = CronSchedule.parse(text);
            } catch (HoldfastException e) {
                assertThat(e).hasMessageContaining("never comes");
                return;
            }
            ZoneId zone = ZoneId.of(random.pick(ZONES));
            Instant from = start(zone, random);
            Instant to = from.plus(Duration.ofDays(9));
            assertThat(between(schedule, zone, from, to))
                    .as("%s in %s from %s", text, zone, from)
                    .containsExactlyElementsOf(minuteByMinute(schedule, zone, from, to));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * 32 * *",
                "* * * 13 *",
                "* * * * 8",
                "5-1 * * * *",
                "1-2-3 * * * *",
                "*/0 * * * *",
                "*/ * * * *",
                "*/99 * * * *",
                "a * * * *",
                "1, * * * *",
                "-1 * * * *",
                "* * * * monday",
                "0 0 30 2 *",
                "0 0 31 4,6 *",
                "@sometimes",
                "1/2/3 * * * *"
            })
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> CronSchedule.parse(text)).isInstanceOfSatisfying(HoldfastException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
            assertThat(e.hint()).isPresent();
        });
    }

    private static List<Instant> between(String text, String from, String to) {
        return between(
                CronSchedule.parse(text),
                BERLIN,
                LocalDateTime.parse(from).atZone(BERLIN).toInstant(),
                LocalDateTime.parse(to).atZone(BERLIN).toInstant());
    }

    private static List<Instant> between(CronSchedule schedule, ZoneId zone, Instant from, Instant to) {
        List<Instant> all = new ArrayList<>();
        Optional<Instant> next = schedule.nextAfter(from, zone);
        while (next.isPresent() && !next.get().isAfter(to)) {
            all.add(next.get());
            next = schedule.nextAfter(next.get(), zone);
        }
        return all;
    }

    /** Clocks as somebody reads them who stands before them. */
    private static Set<Instant> minuteByMinute(CronSchedule schedule, ZoneId zone, Instant from, Instant to) {
        Set<Instant> found = new TreeSet<>();
        Set<LocalDateTime> shown = new HashSet<>();
        Instant begin = from.minus(Duration.ofDays(2));
        LocalDateTime before = LocalDateTime.ofInstant(begin.minus(Duration.ofMinutes(1)), zone);
        for (Instant now = begin; !now.isAfter(to); now = now.plus(Duration.ofMinutes(1))) {
            LocalDateTime clock = LocalDateTime.ofInstant(now, zone);
            for (LocalDateTime passed = before.plusMinutes(1); !passed.isAfter(clock); passed = passed.plusMinutes(1)) {
                if (shown.add(passed) && fits(schedule, passed) && now.isAfter(from)) {
                    found.add(now);
                }
            }
            before = clock;
        }
        return found;
    }

    private static boolean fits(CronSchedule schedule, LocalDateTime time) {
        boolean ofMonth = schedule.daysOfMonth().get(time.getDayOfMonth());
        boolean ofWeek = schedule.daysOfWeek().get(time.getDayOfWeek().getValue() % 7);
        return schedule.minutes().get(time.getMinute())
                && schedule.hours().get(time.getHour())
                && schedule.months().get(time.getMonthValue())
                && (schedule.eitherDay() ? ofMonth || ofWeek : ofMonth && ofWeek);
    }

    private static String field(SeededRandom random, int first, int last, int restricted) {
        if (random.nextInt(4) >= restricted) {
            return "*";
        }
        int from = first + random.nextInt(last - first + 1);
        int to = from + random.nextInt(last - from + 1);
        return switch (random.nextInt(4)) {
            case 0 -> Integer.toString(from);
            case 1 -> from + "-" + to;
            case 2 -> from + "-" + to + "/" + (1 + random.nextInt(7));
            default -> from + "," + to;
        };
    }

    /** Some days before clocks change, where they do. */
    private static Instant start(ZoneId zone, SeededRandom random) {
        Instant any = Instant.parse("2010-01-01T00:00:00Z").plus(Duration.ofDays(random.nextInt(6_000)));
        var transition = zone.getRules().nextTransition(any);
        Instant middle = transition == null ? any : transition.getInstant();
        return middle.minus(Duration.ofMinutes(random.nextInt(8 * 24 * 60))).truncatedTo(ChronoUnit.MINUTES);
    }
}
