package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.plan.Schedule.Due;
import io.holdfast.plan.Schedule.Missed;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Instant MADE = Instant.parse("2026-07-01T12:00:00Z");
    private static final Instant FIRST = Instant.parse("2026-07-02T02:00:00Z");

    private final Schedule nightly = nightly(Missed.RUN_ONCE);

    private static Schedule nightly(Missed missed) {
        return new Schedule(CronSchedule.parse("0 2 * * *"), ZoneOffset.UTC, Duration.ofHours(4), missed);
    }

    @Test
    void nothingIsDueBeforeItsTime() {
        assertThat(nightly.due(MADE, FIRST.minusSeconds(1))).isEmpty();
    }

    @Test
    void runsAtItsTimeAndNotAgain() {
        Due due = nightly.due(MADE, FIRST).orElseThrow();
        assertThat(due).isEqualTo(new Due(FIRST, Optional.of(FIRST), 0));
        assertThat(nightly.due(due.decided(), FIRST.plusSeconds(1))).isEmpty();
    }

    @Test
    void runsInItsWindow() {
        assertThat(nightly.due(MADE, FIRST.plus(Duration.ofHours(4)))).hasValue(new Due(FIRST, Optional.of(FIRST), 0));
    }

    @Test
    void whatWasMissedRunsOnceHoweverManyThereWere() {
        Instant monday = FIRST.plus(Duration.ofDays(3)).plus(Duration.ofHours(6));
        assertThat(nightly.due(MADE, monday))
                .hasValue(new Due(FIRST.plus(Duration.ofDays(3)), Optional.of(FIRST.plus(Duration.ofDays(3))), 4));
    }

    @Test
    void whatWasMissedIsLeftOutWhereThePlanSaysSo() {
        Schedule skipping = nightly(Missed.SKIP);
        Due due = skipping.due(MADE, FIRST.plus(Duration.ofHours(5))).orElseThrow();
        assertThat(due).isEqualTo(new Due(FIRST, Optional.empty(), 1));
        Instant next = FIRST.plus(Duration.ofDays(1));
        assertThat(skipping.due(due.decided(), next)).hasValue(new Due(next, Optional.of(next), 0));
    }

    @Test
    void aClockThatWasPutBackMakesNothingDue() {
        assertThat(nightly.due(FIRST, FIRST.minus(Duration.ofDays(400)))).isEmpty();
    }

    /** However late and however often somebody looks: no moment runs twice, and none is forgotten. */
    @Test
    void eachMomentIsDecidedOnce() {
        SeededRandom.check(200, random -> {
            Schedule schedule = new Schedule(
                    CronSchedule.parse("*/" + (1 + random.nextInt(59)) + " * * * *"),
                    ZoneId.of("Europe/Berlin"),
                    Duration.ofMinutes(1 + random.nextInt(90)),
                    random.pick(List.of(Missed.values())));
            Instant made = MADE.plus(Duration.ofDays(random.nextInt(365)));
            Instant now = made;
            Instant decided = made;
            List<Instant> runs = new ArrayList<>();
            int counted = 0;
            for (int look = 0; look < 60; look++) {
                now = now.plus(Duration.ofMinutes(random.nextInt(random.oneIn(5) ? 600 : 20)));
                Optional<Due> due = schedule.due(decided, now);
                if (due.isPresent()) {
                    decided = due.get().decided();
                    due.get().run().ifPresent(runs::add);
                    boolean isMadeUpFor = due.get().run().isPresent()
                            && due.get().run().get().plus(schedule.window()).isBefore(now);
                    counted += due.get().missed() + (due.get().run().isPresent() && !isMadeUpFor ? 1 : 0);
                }
            }
            assertThat(new HashSet<>(runs)).hasSameSizeAs(runs);
            assertThat(counted)
                    .isEqualTo(schedule.moments(made, now, Integer.MAX_VALUE).size());
            if (schedule.missed() == Missed.RUN_ONCE && !runs.isEmpty()) {
                assertThat(runs.getLast()).isEqualTo(decided);
            }
        });
    }
}
