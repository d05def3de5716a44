package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan.Selection;
import io.holdfast.plan.Plan.Source;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
    private static final String SHORTEST = """
            plan: small
            cron: "@daily"
            sources:
              files: /etc
            """;

    private static Plan read(String text) {
        return Plan.read(YamlMap.parse(text, "plan.yaml"));
    }

    private static String failure(String text) {
        HoldfastException e = catchThrowableOfType(HoldfastException.class, () -> read(text));
        assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
        return e.getMessage() + " " + e.hint().orElseThrow();
    }

    @Test
    void readsTheExampleOfTheDocumentation() throws IOException {
        Plan plan = read(Files.readString(Path.of("../docs/examples/plan.yaml")));
        assertThat(plan.name()).isEqualTo("nightly");
        assertThat(plan.schedule())
                .isEqualTo(new Schedule(
                        CronSchedule.parse("30 1 * * *"),
                        ZoneId.of("Europe/Berlin"),
                        Duration.ofHours(5),
                        Schedule.Missed.RUN_ONCE));
        assertThat(plan.selection())
                .isEqualTo(new Selection(List.of("web*", "db1"), List.of("berlin"), List.of("production")));
        assertThat(plan.sources())
                .containsExactly(
                        new Source.Files(
                                List.of("/etc", "/home", "/srv"),
                                List.of("*.tmp", "/home/*/.cache", "!/home/*/.cache/keep")),
                        new Source.Command("postgresql.sql", List.of("pg_dumpall", "--clean")),
                        new Source.Volume("/dev/vg0/images"));
        assertThat(plan.retention().counts()).containsEntry(Every.DAILY, 14).hasSize(5);
        assertThat(plan.retention().zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    }

    @Test
    void whatIsNotSaidHasADefault() {
        Plan plan = read(SHORTEST);
        assertThat(plan.schedule().zone()).isEqualTo(ZoneOffset.UTC);
        assertThat(plan.schedule().window()).isEqualTo(Duration.ofHours(1));
        assertThat(plan.selection().names("anything", Set.of(), Set.of())).isTrue();
        assertThat(plan.retention().isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "web1,web1,true",
        "web1,WEB1,true",
        "web1,web12,false",
        "web*,web12,true",
        "web*,aweb,false",
        "*,x,true",
        "*.example.org,a.example.org,true",
        "*.example.org,example.org,false",
        "a*b*c,axbyc,true",
        "a*b*c,acb,false",
        "ab*ba,aba,false",
        "a**b,ab,true",
        "*db*,mydb1,true"
    })
    void hostsAreNamedByPatterns(String pattern, String host, boolean isNamed) {
        assertThat(new Selection(List.of(pattern), List.of(), List.of()).names(host, Set.of("g"), Set.of("t")))
                .isEqualTo(isNamed);
    }

    @Test
    void hostsAreNamedByGroupsAndTags() {
        Selection selection = new Selection(List.of(), List.of("berlin"), List.of("production"));
        assertThat(selection.names("a", Set.of("berlin"), Set.of())).isTrue();
        assertThat(selection.names("a", Set.of(), Set.of("production"))).isTrue();
        assertThat(selection.names("a", Set.of("production"), Set.of("berlin"))).isFalse();
    }

    @Test
    void errorsNameTheirLine() {
        assertThat(failure(SHORTEST + "retention: 7\n")).startsWith("plan.yaml:5: there is no key 'retention'");
        assertThat(failure(SHORTEST + "keep:\n  dayly: 7\n"))
                .startsWith("plan.yaml:6: ")
                .contains("Is it 'daily'?");
        assertThat(failure(SHORTEST + "keep:\n  daily: 0\n")).startsWith("plan.yaml:6: daily: '0'");
        assertThat(failure(SHORTEST + "keep:\n  within: soon\n")).startsWith("plan.yaml:6: within: 'soon'");
        assertThat(failure(SHORTEST + "zone: Berlin\n"))
                .startsWith("plan.yaml:5: zone: 'Berlin'")
                .contains("IANA");
        assertThat(failure(SHORTEST + "window: 90d\n")).startsWith("plan.yaml:5: window: ");
        assertThat(failure(SHORTEST + "window: 5m\n"))
                .startsWith("plan.yaml:5: window: ")
                .contains("minutes");
        assertThat(failure(SHORTEST + "missed: never\n"))
                .startsWith("plan.yaml:5: missed: ")
                .contains("run-once");
        assertThat(failure(SHORTEST.replace("@daily", "0 0 30 2 *")))
                .startsWith("plan.yaml:2: cron: ")
                .contains("never");
        assertThat(failure(SHORTEST.replace("small", "'a b'"))).startsWith("plan.yaml:1: plan: ");
        assertThat(failure("plan: a\nsources:\n  files: /\n")).startsWith("plan.yaml:1: 'cron' is missing");
        assertThat(failure("plan: a\ncron: \"@daily\"\n")).contains("nothing is to be saved");
        assertThat(failure(SHORTEST.replace("/etc", "etc")))
                .startsWith("plan.yaml:4: files: 'etc' is no absolute path");
        assertThat(failure(SHORTEST + "  volume: /dev/sda\n")).contains("one of files, volume or command");
        assertThat(failure("plan: a\ncron: \"@daily\"\nsources:\n  - command: [a]\n"))
                .contains("'name' is missing");
    }

    @Test
    void aYearLeavesWhatTheRulesSay() {
        Plan plan = read(SHORTEST + "keep: {daily: 7, weekly: 4, monthly: 12}\n");
        Instant from = Instant.parse("2026-01-01T12:00:00Z");
        Simulation simulation = Simulation.of(plan, from, from.plus(Duration.ofDays(365)));
        assertThat(simulation.runs()).hasSize(365);
        // Seven days, four weeks of which the newest one or two lie in these, twelve months and the one that has begun
        // in both.
        assertThat(simulation.kept()).hasSizeBetween(19, 22);
        assertThat(simulation.most()).isBetween(simulation.kept().size(), 7 + 4 + 12 + 1);
        assertThat(simulation.kept().getLast().taken())
                .isEqualTo(simulation.runs().getLast());
        assertThat(simulation.kept().getLast().reasons()).anyMatch(reason -> reason.startsWith("daily"));
        assertThat(simulation.kept()).allMatch(kept -> !kept.reasons().isEmpty());
    }

    @Test
    void withoutRulesAllStay() {
        Instant from = Instant.parse("2026-01-01T12:00:00Z");
        Simulation simulation = Simulation.of(read(SHORTEST), from, from.plus(Duration.ofDays(30)));
        assertThat(simulation.kept()).hasSize(30);
        assertThat(simulation.most()).isEqualTo(30);
    }
}
