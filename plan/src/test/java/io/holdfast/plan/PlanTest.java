package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan.Selection;
import io.holdfast.plan.Plan.Source;
import io.holdfast.plan.Plan.Source.Databases.Make;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.repository.collect.RetentionPolicy.Every;
import io.holdfast.repository.collect.RetentionSpan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
                        new Source.Command("directory.ldif", List.of("ldapsearch", "-x", "-b", "dc=example,dc=org")),
                        new Source.Volume("/dev/vg0/images"),
                        new Source.Databases(
                                "mariadb",
                                Make.MARIADB,
                                List.of("shop", "crm*"),
                                List.of("*_test"),
                                true,
                                Optional.of("/etc/holdfast/mariadb.cnf"),
                                Optional.of("mysql")),
                        new Source.Databases(
                                "billing",
                                Make.POSTGRESQL,
                                List.of("billing"),
                                List.of("scratch"),
                                false,
                                Optional.of("/etc/holdfast/pg_service.conf"),
                                Optional.of("postgres")));
        assertThat(plan.retention().counts()).containsEntry(Every.DAILY, 14).hasSize(6);
        assertThat(plan.retention().zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    }

    @Test
    void readsWhereSnapshotsGoAndHowARunGoesAbout() throws IOException {
        Plan plan = read(Files.readString(Path.of("../docs/examples/plan.yaml")));
        Placement placement = plan.placement();
        assertThat(placement.repository()).hasValue("berlin");
        assertThat(placement.lock()).hasValue(RetentionSpan.parse("14d"));
        assertThat(placement.dataClass()).hasValue("STANDARD_IA");
        assertThat(placement.encryption()).isEqualTo(Placement.Encryption.SERVER);
        assertThat(placement.copies()).singleElement().satisfies(copy -> {
            assertThat(copy.to()).isEqualTo("cloud");
            assertThat(copy.retention().orElseThrow().counts()).containsEntry(Every.MONTHLY, 60);
            assertThat(copy.lock()).hasValue(RetentionSpan.parse("1mo"));
        });
        assertThat(plan.conduct())
                .isEqualTo(new Conduct(
                        7,
                        List.of(new Hook(
                                List.of("/usr/local/bin/application", "pause"),
                                Duration.ofMinutes(5),
                                Hook.When.ALWAYS,
                                Hook.OnFailure.FAIL)),
                        List.of(new Hook(
                                List.of("/usr/local/bin/application", "continue"),
                                Duration.ofMinutes(5),
                                Hook.When.ALWAYS,
                                Hook.OnFailure.WARN)),
                        new BandwidthLimits(
                                List.of(new BandwidthLimits.Rule(
                                        EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
                                        LocalTime.of(8, 0),
                                        LocalTime.of(18, 0),
                                        Optional.of(ByteSize.ofMiB(20)),
                                        Optional.of(ByteSize.ofMiB(50)))),
                                ZoneId.of("Europe/Berlin")),
                        new Courtesy(10, Courtesy.Io.IDLE, OptionalInt.of(2)),
                        new Retries(3, Duration.ofMinutes(1), Duration.ofMinutes(30))));
    }

    @Test
    void whatIsNotSaidHasADefault() {
        Plan plan = read(SHORTEST);
        assertThat(plan.schedule().zone()).isEqualTo(ZoneOffset.UTC);
        assertThat(plan.schedule().window()).isEqualTo(Duration.ofHours(1));
        assertThat(plan.selection().names("anything", Set.of(), Set.of())).isTrue();
        assertThat(plan.retention().isEmpty()).isTrue();
        assertThat(plan.placement()).isEqualTo(Placement.DEFAULT);
        assertThat(plan.conduct())
                .isEqualTo(new Conduct(
                        Conduct.USUAL_PRIORITY,
                        List.of(),
                        List.of(),
                        new BandwidthLimits(List.of(), ZoneOffset.UTC),
                        Courtesy.NONE,
                        Retries.DEFAULT));
        assertThat(read("plan: a\ncron: \"*/7 * * * *\"\nsources:\n  postgresql: {}\n"))
                .satisfies(often -> {
                    assertThat(often.schedule().window()).isEqualTo(Duration.ofMinutes(4));
                    assertThat(often.sources())
                            .containsExactly(new Source.Databases(
                                    "postgresql",
                                    Make.POSTGRESQL,
                                    List.of(),
                                    List.of(),
                                    true,
                                    Optional.empty(),
                                    Optional.empty()));
                });
    }

    @Test
    void whatMakesNoSenseTogetherIsRefused() {
        assertThat(failure("plan: a\ncron: \"@hourly\"\nwindow: 2h\nsources:\n  files: /etc\n"))
                .startsWith("plan.yaml:3: window: it is longer than the 1h from one run to the next");
        assertThat(failure("plan: a\ncron: \"0 1,3 * * *\"\nwindow: 3h\nsources:\n  files: /etc\n"))
                .contains("longer than the 2h");
        assertThat(read("plan: a\ncron: \"0 1,3 * * *\"\nwindow: 2h\nsources:\n  files: /etc\n"))
                .isNotNull();
        assertThat(failure(SHORTEST + "keep: {tags: [release]}\n"))
                .startsWith("plan.yaml:5: keep: it keeps nothing but the last good snapshot of each source and those");
        assertThat(failure(SHORTEST + "keep: {}\n")).startsWith("plan.yaml:5: keep: it keeps nothing");
        assertThat(failure(SHORTEST + "copy:\n  - to: b\n    keep: {}\n")).startsWith("plan.yaml:7: keep: ");
        assertThat(failure(SHORTEST + "select: {}\n")).startsWith("plan.yaml:5: select: it names no host");
        assertThat(failure(SHORTEST + "repository: a\ncopy:\n  - to: b\n  - to: a\n"))
                .startsWith("plan.yaml:7: copy: snapshots come to the repository 'a' twice");
        assertThat(failure(SHORTEST + "copy:\n  - to: b\n  - to: b\n")).contains("'b' twice");
        assertThat(failure(SHORTEST + "encrypt: host\ncopy: {to: b}\n"))
                .startsWith("plan.yaml:6: copy: what a host encrypts itself the server cannot read");
        assertThat(failure("""
                plan: a
                cron: "@daily"
                sources:
                  - files: [/etc, /home]
                  - mariadb: {}
                    name: db
                  - files: [/home, /etc]
                """))
                .startsWith("plan.yaml:7: sources: files /etc /home is a source already, at plan.yaml:4");
        assertThat(
                        failure(
                                "plan: a\ncron: \"@daily\"\nsources:\n  - mariadb: {}\n    name: db\n  - postgresql: {}\n    name: db\n"))
                .startsWith("plan.yaml:6: sources: 'db' is a source already, at plan.yaml:4");
        assertThat(
                        failure(
                                "plan: a\ncron: \"@daily\"\nsources:\n  - volume: /dev/vg0/images\n  - volume: /dev/vg1/images\n"))
                .startsWith("plan.yaml:5: sources: 'images' is a source already, at plan.yaml:4");
        assertThat(failure(SHORTEST.replace("/etc", "[/etc, /etc]"))).contains("a path is there twice");
        assertThat(failure(SHORTEST + "limits:\n  - {from: \"08:00\", to: \"08:00\", upload: 1M}\n"))
                .startsWith("plan.yaml:6: to: it ends when it begins");
        assertThat(failure(SHORTEST + "limits:\n  - {from: \"08:00\"}\n")).contains("it limits nothing");
        assertThat(failure(SHORTEST + "retries: {wait: 1h, longest-wait: 10min}\n"))
                .startsWith("plan.yaml:5: longest-wait: it is shorter than the first wait of 1h");
        assertThat(failure(SHORTEST + "before:\n  - run: [freeze]\n"))
                .startsWith("plan.yaml:6: run: 'freeze' is no absolute path");
        assertThat(failure(SHORTEST + "before:\n  - run: [/bin/true]\n    timeout: 5m\n"))
                .startsWith("plan.yaml:7: timeout: '5m'")
                .contains("min");
        assertThat(failure(SHORTEST + "courtesy: {io: realtime}\n"))
                .startsWith("plan.yaml:5: io: 'realtime'")
                .contains("normal or low or idle");
        assertThat(failure("plan: a\ncron: \"@daily\"\nsources:\n  mariadb: {connection: my.cnf}\n"))
                .startsWith("plan.yaml:4: connection: 'my.cnf' is no absolute path");
        assertThat(failure("plan: a\ncron: \"@daily\"\nsources:\n  mariadb: {password: secret}\n"))
                .startsWith("plan.yaml:4: there is no key 'password' here")
                .doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "* * * * *,PT1M",
        "*/7 * * * *,PT4M",
        "0 23 * * *,PT24H",
        "'0 1,3 * * *',PT2H",
        "'0 0,23 * * *',PT1H",
        "30 2 * * mon,PT168H",
        "0 2 * * mon-fri,PT24H",
        "0 2 1 * *,PT672H",
        "0 0 29 2 *,PT35064H"
    })
    void theShortestPeriodOfASchedule(String cron, Duration period) {
        assertThat(CronSchedule.parse(cron).shortestPeriod()).isEqualTo(period);
    }

    @Test
    void retriesWaitTwiceAsLongEachTime() {
        Retries retries = new Retries(4, Duration.ofMinutes(1), Duration.ofMinutes(5));
        assertThat(retries.waitAfter(1)).isEqualTo(Duration.ofMinutes(1));
        assertThat(retries.waitAfter(2)).isEqualTo(Duration.ofMinutes(2));
        assertThat(retries.waitAfter(3)).isEqualTo(Duration.ofMinutes(4));
        assertThat(retries.waitAfter(4)).isEqualTo(Duration.ofMinutes(5));
        assertThat(retries.waitAfter(1_000)).isEqualTo(Duration.ofMinutes(5));
        assertThat(retries.allowsAfter(4)).isTrue();
        assertThat(retries.allowsAfter(5)).isFalse();
        assertThat(new Retries(0, Duration.ofMinutes(1), Duration.ofMinutes(1)).allowsAfter(1))
                .isFalse();
    }

    private static List<String> changes(String old, String changed) {
        return Plan.diff(read(old), read(changed)).stream()
                .map(PlanChange::text)
                .toList();
    }

    @Test
    void changesAreToldByTheirKeys() {
        assertThat(
                        changes(
                                SHORTEST + "keep: {daily: 14, last: 3}\nlock-for: 7d\n",
                                SHORTEST.replace("@daily", "0 3 * * *")
                                        + "keep: {daily: 30, within: 7d}\nlock-for: 7d\ncopy: [{to: cloud, keep: {last: 1}}]\n"))
                .containsExactly(
                        "~ cron: @daily → 0 3 * * *",
                        "- keep.last: 3",
                        "~ keep.daily: 14 → 30",
                        "+ keep.within: 7d",
                        "+ copy.cloud: with rules of its own",
                        "+ copy.cloud.keep.last: 1");
        assertThat(changes(
                        SHORTEST + "before: {run: /bin/a}\nlimits: {upload: 1M}\n",
                        SHORTEST.replace("/etc", "[/etc, /home]")
                                + "before: {run: [/bin/a, b]}\nlimits: {upload: 1M, days: sun}\n"))
                .containsExactlyInAnyOrder(
                        "- sources.files /etc: files",
                        "+ sources.files /etc /home: files",
                        "~ before.1.run: [/bin/a] → [/bin/a, b]",
                        "~ limits.1: every day 00:00 to 00:00, upload 1.00 MiB → sun 00:00 to 00:00, upload 1.00 MiB");
    }

    @Test
    void theSameInOtherWordsIsNoChange() throws IOException {
        assertThat(changes(
                        SHORTEST + "select: {tags: [a, b]}\n",
                        "# a comment\nselect:\n  tags: [b, a]\nwindow: 1h\nzone: Z\npriority: 5\nretries: {wait: 60s}\n"
                                + SHORTEST.replace("files: /etc", "- files: [/etc]")))
                .isEmpty();
        String example = Files.readString(Path.of("../docs/examples/plan.yaml"));
        assertThat(changes(example, example)).isEmpty();
    }

    /** Whichever key is left out of the example: the difference tells it, or it was the default. */
    @Test
    void everyKeyOfTheExampleIsTold() throws IOException {
        Plan example = read(Files.readString(Path.of("../docs/examples/plan.yaml")));
        assertThat(Plan.diff(read(SHORTEST.replace("small", "nightly")), example))
                .extracting(change -> change.key().replaceAll("[.\\d].*", ""))
                .contains(
                        "cron",
                        "zone",
                        "window",
                        "select",
                        "sources",
                        "keep",
                        "repository",
                        "copy",
                        "lock-for",
                        "data-class",
                        "priority",
                        "before",
                        "after",
                        "limits",
                        "courtesy");
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
        assertThat(failure(SHORTEST + "  volume: /dev/sda\n"))
                .contains("one of files, volume, command, mariadb or postgresql");
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
