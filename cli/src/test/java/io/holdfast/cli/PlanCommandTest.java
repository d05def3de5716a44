package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plan simulate}: what a plan would do, before anybody relies on it. */
final class PlanCommandTest {
    @TempDir
    private Path directory;

    private TestHome home;

    @BeforeEach
    void setUp() {
        home = new TestHome(directory);
    }

    private String plan(String more) throws IOException {
        return Files.writeString(directory.resolve("plan.yaml"), """
                        plan: nightly
                        cron: "30 2 * * *"
                        zone: Europe/Berlin
                        sources:
                          files: /etc
                        """ + more).toString();
    }

    @Test
    void showsWhenItRunsAndWhatIsKeptAndWhy() throws IOException {
        String file = plan("keep: {daily: 2, monthly: 1}\n");
        assertThat(home.run("plan", "simulate", "-f", file, "--from", "2026-03-28", "--days", "3")
                        .succeeded()
                        .out())
                // Clocks are put forward on the 29th at two.
                .contains(
                        "nightly: 3 runs in 3 days, from Sat 2026-03-28 02:30 to Mon 2026-03-30 02:30 (Europe/Berlin)")
                .contains("2 snapshots are there then, 3 at the most")
                .contains("Sun 2026-03-29 03:00  daily 2026-03-29")
                .contains("Mon 2026-03-30 02:30  daily 2026-03-30, monthly 2026-03");
        List<Map<String, Object>> lines =
                home.json("plan", "simulate", "-f", file, "--from", "2026-03-28", "--days", "3");
        assertThat(lines)
                .filteredOn(line -> "run".equals(line.get("type")))
                .extracting(line -> line.get("time"))
                .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
        assertThat(lines.getLast())
                .containsEntry("runs", 3L)
                .containsEntry("kept", 2L)
                .containsEntry("most", 3L);
    }

    @Test
    void namesTheLineOfWhatIsWrong() throws IOException {
        String file = plan("keep:\n  dayly: 7\n");
        assertThat(home.run("plan", "simulate", "-f", file).failure(2))
                .contains(file + ":7: ", "'dayly'", "Is it 'daily'?");
        assertThat(home.run("plan", "simulate", "-f", directory.resolve("none").toString())
                        .failure(2))
                .contains("cannot be read", "--file");
        assertThat(home.run("plan", "simulate").failure(2)).contains("--file");
        assertThat(home.run("plan", "simulate", "-f", plan(""), "--days", "0").failure(2))
                .contains("--days 0");
        assertThat(home.run("plan", "simulate", "-f", plan(""), "--from", "soon")
                        .failure(2))
                .contains("--from 'soon'");
        assertThat(home.run("plan").failure(2)).contains("simulate");
    }

    /** A rule behind the end that was read would be left out silently. */
    @Test
    void refusesAFileThatIsTooLong() throws IOException {
        assertThat(home.run("plan", "simulate", "-f", plan("#".repeat(70_000) + "\n"))
                        .failure(2))
                .contains("longer");
    }
}
