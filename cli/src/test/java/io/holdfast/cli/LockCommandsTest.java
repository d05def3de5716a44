package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.WallClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --lock-for} and {@code hold}, on a disk. */
final class LockCommandsTest {
    @TempDir
    private Path directory;

    private TestHome home;
    private Path data;
    private Path repository;

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
        Files.write(data.resolve("file"), new byte[100_000]);
        repository = directory.resolve("home/.local/share/holdfast");
    }

    private String backUp(String... options) {
        List<String> arguments = new ArrayList<>(List.of("backup", data.toString()));
        arguments.addAll(List.of(options));
        return String.valueOf(
                home.json(arguments.toArray(new String[0])).getLast().get("snapshot"));
    }

    private Map<String, Object> snapshot(String id) {
        return home.json("snapshots").stream()
                .filter(line -> id.equals(line.get("id")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRepositoryMadeWithALockLocksEverySnapshot() throws IOException {
        assertThat(home.run("init", "--lock-for", "30d").succeeded().out()).contains("locked for 30 days");
        String first = backUp();
        Files.writeString(data.resolve("file"), "changed");
        String second = backUp();

        Instant until = Instant.parse(String.valueOf(snapshot(first).get("locked_until")));
        assertThat(until).isAfter(now().plus(Duration.ofDays(30))).isBefore(now().plus(Duration.ofDays(41)));
        assertThat(snapshot(second)).containsEntry("locked_until", until.toString());
        assertThat(home.run("forget", first).failure(4)).contains("is locked until");
        assertThat(String.valueOf(
                        home.json("forget", "--keep-last", "1").getFirst().get("reasons")))
                .contains("locked until");
        assertThat(home.json("snapshots")).hasSize(2);
        try (var packs = Files.walk(repository.resolve("packs"))) {
            assertThat(packs.filter(Files::isRegularFile))
                    .isNotEmpty()
                    .allSatisfy(pack -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pack)))
                            .isEqualTo("r--------"));
        }
        home.run("verify", "--read-data").succeeded();
    }

    @Test
    void oneSnapshotIsLockedAndGoesWhenItsDateHasPassed() throws IOException {
        home.run("init").succeeded();
        String plain = backUp();
        assertThat(snapshot(plain)).doesNotContainKey("locked_until").containsEntry("held", false);
        Files.write(data.resolve("file"), bytes(1));
        String locked = backUp("--lock-for", "1d");
        Files.write(data.resolve("file"), bytes(2));
        backUp();
        assertThat(home.run("forget", locked).failure(4)).contains("is locked until");

        // Whoever has the key can put the marker all the same; the data stays.
        try (TestHome.Opened opened = home.open()) {
            var snapshots = opened.repository().snapshots();
            snapshots.live().stream()
                    .filter(each -> each.id().text().equals(locked))
                    .forEach(each -> snapshots.forget(each.id()));
        }
        Map<String, Object> pruned = home.json("prune").getLast();
        assertThat(pruned).containsEntry("deleted_packs", 0L);
        assertThat((Long) pruned.get("locked_packs")).isPositive();
        assertThat(home.run("prune").succeeded().out()).contains("locked, the first until");

        endLocks();
        Map<String, Object> later = home.json("prune").getLast();
        assertThat((Long) later.get("freed_bytes")).isGreaterThan(100_000);
        assertThat(later).containsEntry("locked_packs", 0L);
        home.run("verify", "--read-data").succeeded();
    }

    @Test
    void aHoldKeepsASnapshotUntilItIsRemoved() {
        home.run("init").succeeded();
        String first = backUp();
        backUp();
        assertThat(home.run("hold", "add", first, "--reason", "the auditors ask")
                        .succeeded()
                        .out())
                .contains("until removed")
                .contains("the auditors ask");

        assertThat(snapshot(first)).containsEntry("held", true);
        assertThat(home.run("forget", first).failure(4)).contains("is held");
        assertThat(home.json("forget", "--keep-last", "1").getFirst()).containsEntry("reasons", List.of("held"));
        assertThat(home.run("hold", "list").succeeded().out()).contains("the auditors ask");
        home.run("hold", "remove", first.substring(0, 8)).succeeded();
        assertThat(home.run("hold", "list").succeeded().out()).contains("0 holds");
        home.run("forget", first).succeeded();
        assertThat(home.run("hold", "add", first).failure(1)).contains("there is no snapshot");
        assertThat(home.run("hold", "remove", first).failure(1)).contains("there is no hold");
    }

    @Test
    void aHoldIsRemovedByAllNamesOfItsSnapshot() {
        home.run("init").succeeded();
        String first = backUp("--tag", "a");
        String second = backUp("--tag", "b");
        home.run("hold", "add", "latest").succeeded();
        home.run("hold", "add", "latest", "--tag", "a").succeeded();
        assertThat(home.run("hold", "remove", second, "--tag", "a").failure(1)).contains("there is no snapshot");
        assertThat(home.json("hold", "remove", "latest"))
                .singleElement()
                .satisfies(line -> assertThat(line).containsEntry("snapshot", second));
        assertThat(home.run("hold", "remove", "latest").failure(1)).contains("there is no hold of a snapshot 'latest'");
        assertThat(home.json("hold", "remove", "latest", "--tag", "a"))
                .singleElement()
                .satisfies(line -> assertThat(line).containsEntry("snapshot", first));
        assertThat(home.run("hold", "list").succeeded().out()).contains("0 holds");
    }

    @Test
    void whatAHoldHasLockedStaysWhenTheHoldIsRemoved() {
        home.run("init").succeeded();
        String first = backUp();
        backUp();
        home.run("hold", "add", first, "--for", "30d").succeeded();
        assertThat(home.run("hold", "remove", first).succeeded().out()).contains("stays locked until then");

        assertThat(home.run("forget", first).failure(4)).contains("locked until");
        assertThat(String.valueOf(
                        home.json("forget", "--keep-last", "1").getFirst().get("reasons")))
                .contains("locked until");
        assertThat(home.json("snapshots")).hasSize(2);
    }

    /** The later of the snapshot's own date and that of a hold. */
    @Test
    void saysHowLongAHoldLocks() {
        home.run("init", "--lock-for", "5d").succeeded();
        String first = backUp();
        backUp();
        String own = lockedUntil(first);
        home.run("hold", "add", first, "--for", "30d").succeeded();

        String held = lockedUntil(first);
        assertThat(Instant.parse(held)).isAfter(Instant.parse(own).plus(Duration.ofDays(20)));
        home.run("hold", "remove", first).succeeded();
        // Only the store knows it now.
        String local = Formats.local(Instant.parse(held));
        assertThat(home.run("forget", first).failure(4)).contains("locked until " + local);
    }

    private String lockedUntil(String snapshot) {
        return String.valueOf(home.json("snapshots").stream()
                .filter(line -> snapshot.equals(line.get("id")))
                .findFirst()
                .orElseThrow()
                .get("locked_until"));
    }

    @Test
    void keysOutliveTheirRemovalAsLongAsTheyAreLocked() {
        home.set("HOLDFAST_PASSWORD", "old");
        home.run("init", "--lock-for", "30d").succeeded();
        backUp();
        home.set("HOLDFAST_NEW_PASSWORD", "new");
        home.run("key", "add").succeeded();
        home.set("HOLDFAST_PASSWORD", "new");

        Map<String, Object> rotated =
                home.json("key", "rotate", "--drop-others").getLast();

        assertThat(rotated).containsEntry("locked", 2L).containsEntry("kept", 1L);
        // The old slot still opens what was saved; with its key, which others may have, nothing more is saved.
        home.set("HOLDFAST_PASSWORD", "old");
        home.run("snapshots").succeeded();
        assertThat(home.run("backup", data.toString()).failure(12)).contains("has dropped it");
        home.set("HOLDFAST_PASSWORD", "new");
        backUp();
        home.run("verify", "--read-data").succeeded();
        String slot = String.valueOf(home.json("key", "list").getFirst().get("id"));
        assertThat(slot).isNotEmpty();
        home.set("HOLDFAST_PASSWORD", "old");
        // It has the old key alone: what was saved since is closed to it.
        assertThat(home.run("verify", "--read-data").failure(12)).isNotEmpty();
    }

    @Test
    void badTimesAreToldBeforeAnythingIsMade() {
        assertThat(home.run("init", "--lock-for", "soon").failure(2)).contains("'soon' is not a length of time");
        assertThat(home.run("init", "--lock-for", "900y").failure(2)).contains("more than 100 years");
        assertThat(repository).doesNotExist();
        home.run("init").succeeded();
        assertThat(home.run("backup", data.toString(), "--lock-for", "0d").failure(2))
                .isNotEmpty();
        backUp();
        assertThat(home.run("hold", "add", "latest", "--for", "x").failure(2)).isNotEmpty();
        assertThat(home.run("hold", "add", "latest", "--reason", "two\nlines").failure(2))
                .isNotEmpty();
        assertThat(home.run("hold").failure(2)).contains("'hold' needs a command");
        assertThat(home.run("hold", "list").succeeded().out()).contains("0 holds");
    }

    @Test
    void copiesAreLockedAsTheirRepositoryWantsIt() {
        home.run("init").succeeded();
        backUp();
        String other = directory.resolve("other").toString();
        home.run("copy", "--to", other, "--lock-for", "7d").succeeded();
        home.set("HOLDFAST_REPO", other);
        assertThat(home.json("snapshots").getFirst()).containsKey("locked_until");
        backUp("--host", "another");
        assertThat(home.json("snapshots").getLast()).doesNotContainKey("locked_until");
    }

    private static Instant now() {
        return WallClock.system().instant();
    }

    private static byte[] bytes(int seed) {
        return new SeededRandom(seed).bytes(200_000);
    }

    /** As if the dates had passed. */
    private void endLocks() throws IOException {
        try (var files = Files.walk(repository)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                if (Files.getLastModifiedTime(file).toInstant().isAfter(now())) {
                    Files.setLastModifiedTime(file, FileTime.from(now().minusSeconds(1)));
                }
            }
        }
    }
}
