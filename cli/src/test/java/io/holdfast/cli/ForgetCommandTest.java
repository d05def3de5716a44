package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ForgetCommandTest {
    @TempDir
    private Path directory;

    private TestHome home;
    private Path data;

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
    }

    private String backup(String... options) {
        List<String> arguments = new ArrayList<>(List.of("backup", data.toString()));
        arguments.addAll(List.of(options));
        return String.valueOf(
                home.json(arguments.toArray(new String[0])).getLast().get("snapshot"));
    }

    private List<String> ids() {
        return home.json("snapshots").stream()
                .map(s -> String.valueOf(s.get("id")))
                .toList();
    }

    @Test
    void keepsWhatTheOptionsKeepAndSaysWhy() {
        String first = backup();
        String second = backup("--tag", "release");
        String third = backup();
        String fourth = backup();

        List<Map<String, Object>> lines = home.json("forget", "--keep-last", "1", "--keep-tag", "release");

        assertThat(lines).hasSize(5);
        assertThat(lines.get(0))
                .containsEntry("id", first)
                .containsEntry("action", "remove")
                .containsEntry("reasons", List.of());
        assertThat(lines.get(1)).containsEntry("id", second).containsEntry("reasons", List.of("tag release"));
        assertThat(lines.get(2)).containsEntry("id", third).containsEntry("action", "remove");
        assertThat(lines.get(3))
                .containsEntry("id", fourth)
                .containsEntry("action", "keep")
                .containsEntry("reasons", List.of("last", "last good of its source"));
        assertThat(lines.get(4)).containsEntry("kept", 2L).containsEntry("removed", 2L);
        assertThat(ids()).containsExactly(second, fourth);
    }

    @Test
    void aDryRunRemovesNothing() {
        backup();
        backup();

        assertThat(home.run("forget", "--keep-last", "1", "--dry-run")
                        .succeeded()
                        .out())
                .contains("Would remove 1 snapshot");
        assertThat(ids()).hasSize(2);
    }

    @Test
    void decidesForEachSourceApart() {
        backup("--host", "a");
        backup("--host", "a");
        backup("--host", "b");

        home.run("forget", "--keep-last", "1").succeeded();

        assertThat(home.json("snapshots").stream().map(s -> s.get("host"))).containsExactly("a", "b");
    }

    @Test
    void theLastGoodOneOfEachSourceStaysWhateverTheGroups() {
        backup("--host", "a");
        backup("--host", "a");
        backup("--host", "b");

        home.run("forget", "--keep-last", "1", "--group-by", "").succeeded();

        assertThat(home.json("snapshots").stream().map(s -> s.get("host"))).containsExactly("a", "b");
    }

    @Test
    void filtersLeaveTheOthersAlone() {
        backup("--host", "a");
        backup("--host", "a");
        String other = backup("--host", "b", "--tag", "x");
        backup("--host", "b");

        home.run("forget", "--keep-last", "1", "--host", "a").succeeded();
        assertThat(ids()).hasSize(3);
        // --tag chooses, --keep-tag keeps.
        home.run("forget", "--keep-last", "1", "--tag", "x").succeeded();
        assertThat(ids()).hasSize(3).contains(other);
    }

    @Test
    void forgetsWhatIsNamed() {
        String first = backup();
        String second = backup();

        home.run("forget", first.substring(0, 10)).succeeded();

        assertThat(ids()).containsExactly(second);
    }

    @Test
    void refusesToForgetTheLastGoodOneOfASource() {
        String first = backup();
        String second = backup();

        assertThat(home.run("forget", first, second).failure(4))
                .contains(
                        "snapshot " + second.substring(0, 8) + " is the last good one of ",
                        "nothing was removed",
                        "newer backup");
        assertThat(ids()).containsExactly(first, second);
        home.run("forget", second).succeeded();
        assertThat(home.run("forget", "latest").failure(4)).contains("last good");
        assertThat(ids()).containsExactly(first);
    }

    @Test
    void needsSnapshotsOrOptions() {
        backup();
        assertThat(home.run("forget").failure(2)).contains("--keep-daily 7");
        assertThat(home.run("forget", "latest", "--keep-last", "1").failure(2)).contains("together");
        assertThat(home.run("forget", "--keep-last", "0").failure(2)).contains("keeps nothing");
        assertThat(home.run("forget", "--keep-last", "many").failure(2)).contains("--keep-last");
        assertThat(home.run("forget", "--keep-within", "soon").failure(2)).contains("2y5mo7d3h");
        assertThat(home.run("forget", "--keep-last", "1", "--group-by", "day").failure(2))
                .contains("'day'");
        assertThat(home.run("forget", "--keep-tag", "").failure(2)).contains("tag");
        assertThat(home.run("forget", "0123").failure(1)).contains("no snapshot '0123'", "holdfast snapshots");
        assertThat(ids()).hasSize(1);
    }
}
