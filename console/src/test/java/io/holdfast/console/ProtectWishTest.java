package io.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever is chosen is a plan that means it. */
class ProtectWishTest {
    private static Plan plan(ProtectWish wish) {
        return Plan.read(YamlMap.parse(wish.text("loom"), "plan"));
    }

    private static ProtectWish wish(String folder) {
        return new ProtectWish(folder, "", "daily", "01:30", "UTC", "half-year").named(Path.of(folder));
    }

    @Test
    void everyChoiceIsAPlan() {
        for (ProtectWish.Rhythm rhythm : ProtectWish.RHYTHMS) {
            for (ProtectWish.Keeping keeping : ProtectWish.KEEPINGS) {
                Plan plan =
                        plan(new ProtectWish("/home", "x", rhythm.word(), "23:05", "Europe/Berlin", keeping.word()));
                assertThat(plan.schedule().zone().getId()).isEqualTo("Europe/Berlin");
                assertThat(plan.retention().isEmpty()).isEqualTo(keeping.word().equals("all"));
                assertThat(plan.selection().hosts()).containsExactly("loom");
                assertThat(plan.schedule().cron().text()).startsWith("5 ");
            }
        }
    }

    @Test
    void everyFolderIsNamedAsItIs() {
        for (String folder :
                List.of("/", "/home/ada", "/srv/a b", "/srv/\"x\": [#", "/srv/back\\slash", "/srv/Ä ö", "/srv/{{x}}")) {
            assertThat(plan(wish(folder)).sources()).containsExactly(new Plan.Source.Files(List.of(folder), List.of()));
        }
        assertThat(wish("/home/Ada Lovelace").name()).isEqualTo("home-ada-lovelace");
        assertThat(wish("/").name()).isEqualTo("everything");
        assertThat(wish("/a".repeat(100)).name()).hasSizeLessThan(41).doesNotStartWith("-");
    }

    @Test
    void whatIsNoChoiceIsSaid() {
        assertThatThrownBy(() -> plan(new ProtectWish("/x", "x", "never", "01:30", "UTC", "all")))
                .isInstanceOf(HoldfastException.class)
                .hasMessage("nothing says how often");
        assertThatThrownBy(() -> plan(new ProtectWish("/x", "x", "daily", "25:00", "UTC", "all")))
                .hasMessage("'25:00' is no time of day");
        assertThatThrownBy(() -> plan(new ProtectWish("/x", "x", "daily", "01:00", "UTC\nkeep: x", "all")))
                .isInstanceOf(HoldfastException.class);
    }

    @Test
    void aCalendarBeginsWithTheMondayOfThisWeekAndShowsWhatIsToCome() {
        Plan plan = plan(wish("/home"));
        // A Wednesday, after the run of that day.
        PlanCalendar calendar = PlanCalendar.of(plan.schedule(), Instant.parse("2026-03-04T05:06:07Z"));
        assertThat(calendar.weeks()).hasSize(5);
        List<PlanCalendar.Day> first = calendar.weeks().getFirst();
        assertThat(first.getFirst().name()).isEqualTo("2 Mar");
        assertThat(first.stream().map(PlanCalendar.Day::isPast).toList())
                .containsExactly(true, true, false, false, false, false, false);
        assertThat(first.get(2).isToday()).isTrue();
        assertThat(first.stream().map(PlanCalendar.Day::hasRuns).toList())
                .containsExactly(false, false, false, true, true, true, true);
        assertThat(first.get(3).times()).containsExactly("01:30");
        assertThat(calendar.next().getFirst()).isEqualTo(Instant.parse("2026-03-05T01:30:00Z"));
    }
}
