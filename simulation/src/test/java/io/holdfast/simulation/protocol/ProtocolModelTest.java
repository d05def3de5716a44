package io.holdfast.simulation.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The protocol by its rules: no order of requests loses a chunk. */
class ProtocolModelTest {
    /** What fits a heap of 1 GiB. */
    private static final int MAX_STATES = 9_000_000;

    private static final int MAX_STATES_LONG = 20_000_000;

    @Test
    void noReachableStateLosesAChunkOrAnAcknowledgedSnapshot() {
        Map<Milestone, Long> milestones = new EnumMap<>(Milestone.class);
        long states = 0;
        for (Configuration configuration : Configurations.everyBuild()) {
            SearchResult result = exhaust(configuration, MAX_STATES);
            states += result.states();
            result.milestones().forEach((milestone, times) -> milestones.merge(milestone, times, Long::sum));
        }

        System.out.printf("%,d distinct states in all%n", states);
        milestones.forEach((milestone, times) -> System.out.printf("%,12d %s%n", times, milestone));
        assertThat(states).isGreaterThan(1_000_000);
        assertThat(milestones.values())
                .as("situations that never came up: %s", milestones)
                .doesNotContain(0L);
    }

    /** Run with {@code -Dtest.groups=long -Dtest.excluded.groups= -Dtest.jvm.extra=-Xmx2g}; takes minutes. */
    @Test
    @Tag("long")
    void noReachableStateOfARicherRepositoryLosesAChunk() {
        for (Configuration configuration : Configurations.longRuns()) {
            exhaust(configuration, MAX_STATES_LONG);
        }
    }

    private static SearchResult exhaust(Configuration configuration, int maxStates) {
        long start = System.nanoTime();
        SearchResult result = new Search(Setting.byTheRules(configuration), maxStates).run();
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.out.printf(
                "%,11d states %,12d steps %6d ms  %s %s%n",
                result.states(), result.steps(), millis, result.name(), configuration.features());
        assertThat(result.counterexample().map(Counterexample::text))
                .as(result.name())
                .isEmpty();
        assertThat(result.exhausted()).as("%s was exhausted", result.name()).isTrue();
        return result;
    }

    @Test
    void aSearchThatIsCutShortDoesNotClaimToBeExhaustive() {
        Setting setting = Setting.byTheRules(Configurations.firstMark());
        int all = new Search(setting, MAX_STATES).run().states();

        SearchResult cut = new Search(setting, all / 2).run();

        assertThat(cut.exhausted()).isFalse();
        assertThat(cut.counterexample()).isEmpty();
    }

    @Test
    void aTraceNamesEveryStep() {
        Setting setting =
                new Setting(Configurations.adoption(), Set.of(Rule.CONDEMNED_PACKS_ARE_NOT_USABLE), Promise.STORED);

        Counterexample trace =
                new Search(setting, MAX_STATES).run().counterexample().orElseThrow();

        assertThat(trace.steps()).allSatisfy(step -> assertThat(step).isNotBlank());
        assertThat(trace.steps()).contains("a delete of packs/P0 arrives");
        assertThat(trace.violation()).isEqualTo("live snapshot S1 needs chunk a, which no pack holds");
        assertThat(List.of(trace.text().split("\n"))).hasSize(trace.steps().size() + 2);
    }
}
