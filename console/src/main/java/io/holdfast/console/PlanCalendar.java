package io.holdfast.console;

import io.holdfast.plan.Schedule;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * When a plan runs in the weeks to come, by the clocks of its zone.
 *
 * @param zone its name
 * @param next the next moments
 * @param weeks each of seven days, from Monday
 */
public record PlanCalendar(String zone, List<Instant> next, List<List<Day>> weeks) {
    private static final int WEEKS = 5;
    private static final int NEXT = 3;
    /** Five weeks of one run each minute. */
    private static final int MOST = WEEKS * 7 * 1_440;

    private static final int TIMES_SHOWN = 3;
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);
    private static final DateTimeFormatter LONG_NAME = DateTimeFormatter.ofPattern("EEEE, d MMMM", Locale.ENGLISH);

    /**
     * A day.
     *
     * @param times the first ones at which it runs
     * @param more how many there are besides
     */
    public record Day(String name, String longName, boolean isPast, boolean isToday, List<String> times, int more) {
        public boolean hasRuns() {
            return !times.isEmpty();
        }
    }

    static PlanCalendar of(Schedule schedule, Instant now) {
        LocalDate today = now.atZone(schedule.zone()).toLocalDate();
        LocalDate first = today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        Instant end = first.plusWeeks(WEEKS).atStartOfDay(schedule.zone()).toInstant();
        List<Instant> moments = schedule.moments(now, end.minusNanos(1), MOST);
        Map<LocalDate, List<String>> byDay = new TreeMap<>();
        for (Instant moment : moments) {
            var local = moment.atZone(schedule.zone());
            byDay.computeIfAbsent(local.toLocalDate(), day -> new ArrayList<>()).add(CLOCK.format(local));
        }
        List<List<Day>> weeks = new ArrayList<>();
        for (int week = 0; week < WEEKS; week++) {
            List<Day> days = new ArrayList<>();
            for (int day = 0; day < 7; day++) {
                LocalDate date = first.plusDays(week * 7L + day);
                List<String> times = byDay.getOrDefault(date, List.of());
                days.add(new Day(
                        NAME.format(date),
                        LONG_NAME.format(date),
                        date.isBefore(today),
                        date.equals(today),
                        times.stream().limit(TIMES_SHOWN).toList(),
                        Math.max(0, times.size() - TIMES_SHOWN)));
            }
            weeks.add(days);
        }
        return new PlanCalendar(
                schedule.zone().getId(), moments.stream().limit(NEXT).toList(), weeks);
    }
}
