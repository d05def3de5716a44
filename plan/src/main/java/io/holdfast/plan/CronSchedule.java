package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Moments that come again and again: minute, hour, day of month, month and day of week, as crontab(5) has them. Where both kinds of days are restricted, a day fits
 * that is one of either.
 *
 * <p>Its moments are those of clocks on the wall. One that clocks leave out when they are put forward comes when they have been, and all that are left out together
 * come once; one that clocks show twice when they are put back comes the first time alone. So a plan for half past two runs once in each night of the year.
 *
 * @param text as it was written
 */
public record CronSchedule(
        String text,
        BitSet minutes,
        BitSet hours,
        BitSet daysOfMonth,
        BitSet months,
        BitSet daysOfWeek,
        boolean eitherDay) {
    /** From one 29 February to the next but for a century. */
    private static final int MAX_YEARS = 9;

    /** Where looking at a calendar begins. */
    private static final LocalDate SAMPLED = LocalDate.of(2024, 1, 1);

    private static final Map<String, String> WORDS = Map.of(
            "@hourly", "0 * * * *",
            "@daily", "0 0 * * *",
            "@weekly", "0 0 * * 0",
            "@monthly", "0 0 1 * *",
            "@yearly", "0 0 1 1 *");

    public CronSchedule {
        minutes = (BitSet) minutes.clone();
        hours = (BitSet) hours.clone();
        daysOfMonth = (BitSet) daysOfMonth.clone();
        months = (BitSet) months.clone();
        daysOfWeek = (BitSet) daysOfWeek.clone();
    }

    /**
     * Reads five fields, or {@code @hourly}, {@code @daily}, {@code @weekly}, {@code @monthly} or {@code @yearly}.
     *
     * @throws HoldfastException {@code USAGE} where it is something else, or never comes
     */
    public static CronSchedule parse(String text) {
        String written = text.strip();
        String[] fields = WORDS.getOrDefault(written, written).split("\\s+");
        List<CronField> kinds = List.of(CronField.values());
        if (fields.length != kinds.size()) {
            throw HoldfastException.usage(
                    "the schedule '" + text + "' has " + fields.length + " fields",
                    "Write five: minute, hour, day of month, month, day of week, such as '30 2 * * mon-fri'; or @daily.");
        }
        // As crontab(5) has it, what begins with a star restricts nothing here.
        boolean eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
        CronSchedule schedule = new CronSchedule(
                written,
                CronField.MINUTE.parse(fields[0]),
                CronField.HOUR.parse(fields[1]),
                CronField.DAY_OF_MONTH.parse(fields[2]),
                CronField.MONTH.parse(fields[3]),
                CronField.DAY_OF_WEEK.parse(fields[4]),
                eitherDay);
        if (schedule.nextAfter(Instant.EPOCH, ZoneOffset.UTC).isEmpty()) {
            throw HoldfastException.usage(
                    "the schedule '" + text + "' never comes", "No such month has that day: write another one.");
        }
        return schedule;
    }

    /**
     * The first moment after this one; empty only where none comes in {@value #MAX_YEARS} years.
     *
     * @param zone whose clocks count
     */
    public Optional<Instant> nextAfter(Instant moment, ZoneId zone) {
        LocalDate date = moment.atZone(zone).toLocalDate();
        LocalDate end = date.plusYears(MAX_YEARS);
        while (date.isBefore(end)) {
            if (!months.get(date.getMonthValue())) {
                date = date.withDayOfMonth(1).plusMonths(1);
                continue;
            }
            if (fits(date)) {
                Optional<Instant> next = firstOf(date, moment, zone);
                if (next.isPresent()) {
                    return next;
                }
            }
            date = date.plusDays(1);
        }
        return Optional.empty();
    }

    /** The shortest time from one moment to the next, as clocks on the wall show it that nobody changes. */
    public Duration shortestPeriod() {
        List<Duration> ofDay = new ArrayList<>();
        hours.stream()
                .forEach(hour -> minutes.stream()
                        .forEach(minute -> ofDay.add(Duration.ofHours(hour).plusMinutes(minute))));
        Duration shortest = Duration.ofDays(366L * MAX_YEARS);
        for (int i = 1; i < ofDay.size(); i++) {
            shortest = shorter(shortest, ofDay.get(i).minus(ofDay.get(i - 1)));
        }
        Duration overNight = ofDay.getFirst().minus(ofDay.getLast());
        LocalDate before = null;
        for (LocalDate date = SAMPLED; date.isBefore(SAMPLED.plusYears(MAX_YEARS)); date = date.plusDays(1)) {
            if (months.get(date.getMonthValue()) && fits(date)) {
                if (before != null) {
                    shortest = shorter(
                            shortest,
                            Duration.ofDays(ChronoUnit.DAYS.between(before, date))
                                    .plus(overNight));
                }
                before = date;
            }
        }
        return shortest;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private boolean fits(LocalDate date) {
        boolean ofMonth = daysOfMonth.get(date.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(date.getDayOfWeek().getValue() % 7);
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    private Optional<Instant> firstOf(LocalDate date, Instant moment, ZoneId zone) {
        for (int hour = hours.nextSetBit(0); hour >= 0; hour = hours.nextSetBit(hour + 1)) {
            for (int minute = minutes.nextSetBit(0); minute >= 0; minute = minutes.nextSetBit(minute + 1)) {
                Instant comes = comes(date.atTime(LocalTime.of(hour, minute)), zone);
                if (comes.isAfter(moment)) {
                    return Optional.of(comes);
                }
            }
        }
        return Optional.empty();
    }

    /** When clocks show this, the first time; where they leave it out, when they have been put forward. */
    private static Instant comes(LocalDateTime local, ZoneId zone) {
        List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
        if (!offsets.isEmpty()) {
            return local.toInstant(offsets.getFirst());
        }
        ZoneOffsetTransition gap = zone.getRules().getTransition(local);
        return gap.getInstant();
    }
}
