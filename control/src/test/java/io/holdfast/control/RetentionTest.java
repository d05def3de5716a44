package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.HostId;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.plan.Expiry;
import io.holdfast.plan.Plan;
import io.holdfast.plan.Simulation;
import io.holdfast.plan.yaml.YamlMap;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which snapshots expire, by what the catalog knows of them. */
final class RetentionTest {
    private static final String PLAN = "plan: nightly\ncron: \"0 3 * * *\"\nsources:\n  - files: [/srv]\n";
    private static final Instant START = Instant.parse("2060-03-01T03:00:00Z");
    private static final HostId LOOM = new HostId("0".repeat(32));
    private static final HostId MILL = new HostId("1".repeat(32));

    private final Map<String, Boolean> complete = new HashMap<>();
    private final List<SnapshotEntry> entries = new ArrayList<>();
    private long sequence;

    private static Plan plan(String more) {
        return Plan.read(YamlMap.parse(PLAN + more, "plan"));
    }

    /** @param claimed when it says that it began */
    private String snapshot(HostId host, String source, Instant noted, Instant claimed, boolean isComplete) {
        sequence++;
        String id = "00000001-%016x".formatted(sequence);
        SnapshotFacts facts = new SnapshotFacts(
                id,
                "name of " + host.text(),
                host,
                source,
                "nightly",
                null,
                claimed,
                claimed.plusSeconds(60),
                1,
                1,
                1,
                1,
                null,
                new TreeSet<>());
        entries.add(new SnapshotEntry("main", sequence, noted, facts));
        complete.put(id, isComplete);
        return id;
    }

    private String snapshot(HostId host, String source, Instant noted) {
        return snapshot(host, source, noted, noted, true);
    }

    private List<String> expired(String keep, Instant now) {
        return Retention.expired(plan(keep).retention(), entries, complete, now).stream()
                .map(entry -> entry.facts().id())
                .toList();
    }

    @Test
    void whatAHostSaysOfTimesPlaysNoRole() {
        List<String> good = new ArrayList<>();
        for (int day = 0; day < 5; day++) {
            good.add(snapshot(LOOM, "/srv", START.plus(Duration.ofDays(day))));
        }
        Instant last = START.plus(Duration.ofDays(5));
        List<String> invented = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            // Each claims a day of its own, far ahead.
            Instant claimed = last.plus(Duration.ofDays(400 + i));
            invented.add(snapshot(LOOM, "/srv", last.plusSeconds(i), claimed, true));
        }
        assertThat(expired("keep: {daily: 6}\n", last.plus(Duration.ofHours(1))))
                .as("all of them are of one day")
                .containsExactlyElementsOf(invented.subList(0, 19))
                .doesNotContainAnyElementsOf(good);
    }

    @Test
    void eachHostAndSourceIsDecidedAboutAlone() {
        String old = snapshot(LOOM, "/srv", START);
        snapshot(LOOM, "/etc", START.plusSeconds(1));
        snapshot(MILL, "/srv", START.plusSeconds(2));
        Instant later = START.plus(Duration.ofDays(1));
        snapshot(LOOM, "/srv", later);
        assertThat(expired("keep: {last: 1}\n", later)).containsExactly(old);
        assertThat(expired("", later)).as("without rules").isEmpty();
    }

    @Test
    void theLastGoodOneStaysAndWhatIsNotThereCountsForNothing() {
        String good = snapshot(LOOM, "/srv", START);
        String partial = snapshot(LOOM, "/srv", START.plusSeconds(1), START, false);
        snapshot(LOOM, "/srv", START.plusSeconds(2), START, false);
        String gone = snapshot(LOOM, "/srv", START.plusSeconds(3));
        complete.remove(gone);
        assertThat(expired("keep: {last: 1}\n", START.plusSeconds(9)))
                .containsExactly(partial)
                .doesNotContain(good);
    }

    @Test
    void copiesHaveRulesOfTheirOwn() {
        Plan plan =
                plan("keep: {daily: 7}\nrepository: near\ncopy:\n  - to: far\n    keep: {yearly: 3}\n  - to: other\n");
        assertThat(Expiry.rules(Retention.policy(plan, "near"))).isEqualTo("daily 7");
        assertThat(Expiry.rules(Retention.policy(plan, "far"))).isEqualTo("yearly 3");
        assertThat(Expiry.rules(Retention.policy(plan, "other"))).isEqualTo("daily 7");
        assertThat(Expiry.rules(Retention.policy(plan, "where it was before"))).isEqualTo("daily 7");
    }

    @Test
    void aSimulationSaysWhatIsDone() {
        for (String keep : List.of("{last: 3}", "{daily: 7, weekly: 4, monthly: 3}", "{within: 10d, yearly: 1}")) {
            Plan plan = plan("keep: " + keep + "\n");
            Simulation simulation = Simulation.of(plan, START, START.plus(Duration.ofDays(200)));
            entries.clear();
            for (Instant run : simulation.runs()) {
                snapshot(LOOM, "/srv", run);
                entries.removeAll(Retention.expired(plan.retention(), entries, complete, run));
            }
            assertThat(entries.stream().map(SnapshotEntry::noted))
                    .as(keep)
                    .containsExactlyElementsOf(simulation.kept().stream()
                            .map(Simulation.Kept::taken)
                            .toList());
        }
    }
}
