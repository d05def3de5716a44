package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data packs in the archive class of a directory: what may be done with them, and what only after they were thawed. */
@Timeout(300)
final class ColdStorageTest {
    private static final int FILE_BYTES = 3_000_000;

    @TempDir
    private Path directory;

    private TestHome home = new TestHome(Path.of("/nonexistent"));
    private Path data = Path.of("/nonexistent");

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
    }

    private void init(String... options) {
        home.run(Stream.concat(Stream.of("init"), Stream.of(options)).toArray(String[]::new))
                .succeeded();
    }

    private void write(String name, int seed) throws IOException {
        Files.write(data.resolve(name), new SeededRandom(seed).bytes(FILE_BYTES));
    }

    private Map<String, Object> backUp(String... options) {
        return home.json(Stream.concat(Stream.of("backup", data.toString()), Stream.of(options))
                        .toArray(String[]::new))
                .getLast();
    }

    /** One pack for each file. */
    private void backUpTwoFiles() throws IOException {
        write("a", 1);
        backUp();
        write("b", 2);
        backUp();
    }

    /** For each archived pack its note, without the first line. */
    private Map<String, List<String>> notes() {
        Path archive = home.repository().resolve(".archive");
        Map<String, List<String>> notes = new TreeMap<>();
        if (!Files.exists(archive)) {
            return notes;
        }
        try (Stream<Path> files = Files.walk(archive)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                notes.put(
                        archive.relativize(file).toString(),
                        Files.readAllLines(file).subList(1, 4));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return notes;
    }

    private List<String> asked() {
        return notes().entrySet().stream()
                .filter(note -> !note.getValue().get(1).equals("ready 0"))
                .map(Map.Entry::getKey)
                .toList();
    }

    private void isRestored(Path target, String... names) {
        for (String name : names) {
            assertThat(target.resolve(data.toString().substring(1)).resolve(name))
                    .hasSameBinaryContentAs(data.resolve(name));
        }
    }

    private Map<String, Object> estimate(String... more) {
        return home.json(Stream.concat(Stream.of("restore", "latest", "--estimate"), Stream.of(more))
                        .toArray(String[]::new))
                .getLast();
    }

    @Test
    void aRepositoryRemembersWhereItsDataGoes() throws IOException {
        TestHome.Run made = home.run("init", "--data-class", "ARCHIVE:1h").succeeded();
        assertThat(made.out()).contains("storage class ARCHIVE:1h", "restore --thaw");
        backUpTwoFiles();
        try (Stream<Path> packs = Files.walk(home.repository().resolve("packs/data"))) {
            assertThat(packs.filter(Files::isRegularFile))
                    .hasSize(2)
                    .allMatch(pack -> notes().containsKey(
                                    home.repository().relativize(pack).toString()));
        }
        assertThat(notes()).hasSize(2).allSatisfy((pack, note) -> {
            assertThat(pack).startsWith("packs/data/");
            assertThat(note).startsWith("class ARCHIVE:1h", "ready 0");
        });
    }

    @Test
    void aBackupMayGoElsewhere() throws IOException {
        init();
        write("a", 1);
        backUp();
        assertThat(notes()).isEmpty();
        write("b", 2);
        backUp("--data-class", "ARCHIVE:1h");
        assertThat(notes()).hasSize(1);
        write("c", 3);
        backUp();
        assertThat(notes()).hasSize(1);
        assertThat(estimate()).containsEntry("archived_packs", 1L).containsEntry("readable_packs", 2L);
        home.run("restore", "latest", data.resolve("a").toString(), "--target", target())
                .succeeded();
        isRestored(Path.of(target()), "a");
    }

    private String target() {
        return directory.resolve("target").toString();
    }

    @Test
    void refusesBeforeAnythingIsWritten() throws IOException {
        init("--data-class", "ARCHIVE:1h");
        backUpTwoFiles();
        assertThat(home.run("restore", "latest", "--target", target()).failure(4))
                .contains("2 packs", "archive class ARCHIVE:1h", "--thaw bulk", "nothing was written");
        assertThat(Path.of(target())).doesNotExist();
        assertThat(home.run("restore", "latest", data.resolve("a").toString(), "--target-file", target())
                        .failure(4))
                .contains("'a' needs 1 pack");
        assertThat(home.run("restore", "latest", data.resolve("a").toString(), "--target", "-")
                        .failure(4))
                .contains("--thaw");
        assertThat(home.run("cat", "latest", data.resolve("a").toString()).failure(4))
                .contains("ARCHIVE:1h", "before it is thawed", "--thaw");
        assertThat(asked()).isEmpty();
    }

    @Test
    void looksAtMetadataWithoutThawing() throws IOException {
        init("--data-class", "ARCHIVE:1h");
        backUpTwoFiles();
        String first = String.valueOf(home.json("snapshots").getFirst().get("id"));
        assertThat(home.run("ls", "-r", "latest").succeeded().out()).contains("/b");
        assertThat(home.run("find", "a").succeeded().out()).contains("2 matches");
        assertThat(home.run("diff", first, "latest").succeeded().out()).contains("/b");
        home.run("stats").succeeded();
        home.run("restore", "latest", "--target", target(), "--dry-run").succeeded();
        backUp();
        home.run("forget", first).succeeded();
        assertThat(asked()).isEmpty();
    }

    @Test
    void estimatesBeforeItAsks() throws IOException {
        init("--data-class", "ARCHIVE:1h");
        backUpTwoFiles();
        List<Map<String, Object>> lines = home.json("restore", "latest", "--estimate");
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst())
                .containsEntry("type", "pack")
                .containsEntry("class", "ARCHIVE:1h")
                .containsEntry("availability", "archived");
        assertThat(notes()).containsKey(String.valueOf(lines.getFirst().get("name")));
        assertThat(lines.getLast())
                .containsEntry("packs", 2L)
                .containsEntry("archived_packs", 2L)
                .containsEntry("thawing_packs", 0L)
                .containsEntry("readable_packs", 0L);
        assertThat((Long) lines.getLast().get("archived_bytes")).isGreaterThan(2L * FILE_BYTES);
        assertThat(lines.getLast().get("bulk_seconds")).hasToString("7200.000");
        assertThat(lines.getLast().get("standard_seconds")).hasToString("3600.000");
        assertThat(lines.getLast().get("expedited_seconds")).hasToString("60.000");
        assertThat(estimate(data.resolve("a").toString())).containsEntry("packs", 1L);
        assertThat(estimate("--exclude", "b")).containsEntry("packs", 1L);
        assertThat(home.run("restore", "latest", "--estimate").succeeded().out())
                .contains("2 packs", "ARCHIVE:1h", "archived", "standard", "1:00:00 h", "Nothing was asked for");
        assertThat(home.run("restore", "latest", "/nowhere", "--estimate").failure(1))
                .contains("/nowhere");
        assertThat(asked()).isEmpty();
        assertThat(Path.of(target())).doesNotExist();
    }

    @Test
    void thawsOnlyWhatIsNeededAndRestores() throws IOException {
        init("--data-class", "ARCHIVE:2s");
        backUpTwoFiles();
        List<Map<String, Object>> lines = home.json(
                "restore",
                "latest",
                data.resolve("b").toString(),
                "--target",
                target(),
                "--thaw",
                "standard",
                "--thaw-days",
                "3",
                "--verify");
        assertThat(lines).extracting(line -> line.get("type")).containsExactly("thaw", "thawed", "summary");
        assertThat(lines.getFirst())
                .containsEntry("tier", "standard")
                .containsEntry("days", 3L)
                .containsEntry("asked_packs", 1L)
                .containsEntry("thawing_packs", 1L);
        isRestored(Path.of(target()), "b");
        assertThat(asked()).hasSize(1);
        List<String> note = notes().getOrDefault(asked().getFirst(), List.of());
        assertThat(millis(note.get(2)) - millis(note.get(1))).isEqualTo(3 * 86_400_000L);
        assertThat(estimate()).containsEntry("archived_packs", 1L).containsEntry("readable_packs", 1L);

        TestHome.Run all = home.run("restore", "latest", "--target", target(), "--thaw", "standard");
        assertThat(all.succeeded().err()).contains("Asked for 1 pack");
        isRestored(Path.of(target()), "a", "b");
        assertThat(home.run("restore", "latest", "--target", target(), "--thaw", "bulk")
                        .succeeded()
                        .err())
                .isEmpty();
        assertThat(home.run("cat", "latest", data.resolve("a").toString()).code())
                .isZero();
    }

    /** What is being thawed slowly is asked for once more, and that is said. */
    @Test
    void asksForSomethingFaster() throws IOException {
        init("--data-class", "ARCHIVE:1h");
        backUpTwoFiles();
        assertThat(home.run("restore", "latest", "--thaw", "bulk", "--no-wait").code())
                .isEqualTo(6);
        assertThat(home.run("restore", "latest", "--target", target()).failure(6))
                .contains("are being thawed; nothing was written");
        TestHome.Run again = home.run("restore", "latest", "--thaw", "standard", "--no-wait");
        assertThat(again.code()).isEqualTo(6);
        assertThat(again.err()).contains("Nothing to ask for");
        TestHome.Run faster = home.run("restore", "latest", "--thaw", "standard", "--thaw-faster", "--no-wait");
        assertThat(faster.code()).isEqualTo(6);
        assertThat(faster.err()).contains("Asked for 2 packs");
    }

    /** An index that is lost is made anew of archived packs, too: they are thawed for it. */
    @Test
    void repairThawsWhatTheIndexHasLost() throws IOException {
        init("--data-class", "ARCHIVE:2s");
        backUpTwoFiles();
        try (Stream<Path> lost = Files.walk(home.repository().resolve("index"))) {
            for (Path file : lost.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        home.loseCaches();

        TestHome.Run pruned = home.run("prune");
        assertThat(pruned.code()).isEqualTo(4);
        assertThat(pruned.err()).contains("repair --thaw");
        assertThat(home.run("restore", "latest", "--estimate").failure(13))
                .contains("in no pack that the index knows", "repair");
        TestHome.Run verified = home.run("verify");
        assertThat(verified.code()).isEqualTo(13);
        assertThat(verified.out())
                .contains("2 archived packs", "repair --thaw", "Forget nothing before")
                .doesNotContain("in no pack that exists");
        assertThat(home.run("repair").out()).contains("2 archived packs", "--thaw", "Forget nothing before");
        assertThat(asked()).isEmpty();
        assertThat(home.json("repair", "--estimate").getLast()).containsEntry("archived_packs", 2L);
        assertThat(home.run("repair", "--thaw", "standard", "--no-wait").code()).isEqualTo(6);
        assertThat(asked()).hasSize(2);

        assertThat(home.run("repair", "--thaw", "standard").succeeded().out()).contains("Made the index anew");
        home.run("restore", "latest", "--target", target()).succeeded();
        isRestored(Path.of(target()), "a", "b");
        assertThat(home.run("verify", "--read-data").succeeded().out()).contains("No damage found");
        assertThat(home.run("repair", "--thaw", "standard", "--dry-run").failure(2))
                .contains("--dry-run");
    }

    private static long millis(String line) {
        return Long.parseLong(line.substring(line.indexOf(' ') + 1));
    }

    /** What is in the target already is not worth thawing. */
    @Test
    void asksForNothingThatIsThereAlready() throws IOException {
        init("--data-class", "ARCHIVE:1s");
        backUpTwoFiles();
        home.run("restore", "latest", data.resolve("a").toString(), "--target", target(), "--thaw", "standard")
                .succeeded();
        Map<String, Object> left = home.json("restore", "latest", "--estimate", "--target", target())
                .getLast();
        assertThat(left).containsEntry("packs", 1L).containsEntry("archived_packs", 1L);
        assertThat(home.json("restore", "latest", "--estimate", "--target", target(), "--overwrite", "always")
                        .getLast())
                .containsEntry("packs", 2L);
    }

    @Test
    void asksAndComesBackLater() throws IOException, InterruptedException {
        init("--data-class", "ARCHIVE:2s");
        backUpTwoFiles();
        String[] command = {"restore", "latest", "--thaw", "standard", "--no-wait"};
        assertThat(home.run(command).code()).isEqualTo(6);
        assertThat(asked()).hasSize(2);
        Map<String, List<String>> notes = notes();
        TestHome.Run again = home.run(command);
        assertThat(again.code()).isEqualTo(6);
        assertThat(again.err()).contains("Nothing to ask for", "being thawed");
        assertThat(notes()).isEqualTo(notes);
        assertThat(home.run("restore", "latest", "--target", target()).failure(6))
                .contains("are being thawed");
        Thread.sleep(2_500);
        assertThat(home.run(command).succeeded().out()).contains("can be read now");
        home.run("restore", "latest", "--target", target()).succeeded();
        isRestored(Path.of(target()), "a", "b");
    }

    @Test
    void goesOnFasterWhereThatIsWanted() throws IOException {
        init("--data-class", "ARCHIVE:1h");
        backUpTwoFiles();
        assertThat(home.run("restore", "latest", "--thaw", "bulk", "--no-wait").code())
                .isEqualTo(6);
        Map<String, List<String>> notes = notes();
        assertThat(home.run("restore", "latest", "--thaw", "standard", "--no-wait")
                        .code())
                .isEqualTo(6);
        assertThat(notes()).isEqualTo(notes);
        assertThat(home.run("restore", "latest", "--thaw", "standard", "--no-wait", "--thaw-faster")
                        .code())
                .isEqualTo(6);
        notes().forEach((pack, note) -> assertThat(millis(note.get(1)))
                .as(pack)
                .isLessThan(millis(notes.getOrDefault(pack, List.of()).get(1)) - 1_000_000));
    }

    /** Nothing is asked for twice: what was asked for is the store's to remember. */
    @Test
    void goesOnAfterItWasKilled() throws Exception {
        init("--data-class", "ARCHIVE:8s");
        backUpTwoFiles();
        HoldfastProcess holdfast = new HoldfastProcess(home.home());
        HoldfastProcess.Running running =
                holdfast.start("restore", "latest", "--target", target(), "--thaw", "standard");
        while (asked().size() < 2) {
            assertThat(running.process().isAlive()).isTrue();
            Thread.sleep(20);
        }
        Map<String, List<String>> notes = notes();
        running.process().destroyForcibly();
        running.await();
        assertThat(Path.of(target())).doesNotExist();
        HoldfastProcess.Ended second = holdfast.start("restore", "latest", "--target", target(), "--thaw", "standard")
                .await();
        assertThat(second.code()).as(second.output()).isZero();
        assertThat(second.output()).contains("Nothing to ask for, 2 packs");
        assertThat(notes()).isEqualTo(notes);
        isRestored(Path.of(target()), "a", "b");
    }

    @Test
    void verifyTellsWhatItCouldNotRead() throws IOException {
        init("--data-class", "ARCHIVE:1s");
        backUpTwoFiles();
        for (String[] command : new String[][] {{"verify"}, {"verify", "--read-data"}, {"verify", "--no-key"}}) {
            Map<String, Object> summary = home.json(command).getLast();
            assertThat(summary).containsEntry("archived_packs", 2L).containsEntry("damages", 0L);
            assertThat((Long) summary.get("archived_bytes")).isGreaterThan(2L * FILE_BYTES);
            assertThat(home.run(command).succeeded().out()).contains("Not looked into: 2 packs", "No damage found");
        }
        assertThat(home.run("repair").succeeded().out()).doesNotContain("damaged");
        assertThat(asked()).isEmpty();
        home.run("restore", "latest", "--target", target(), "--thaw", "standard")
                .succeeded();
        assertThat(home.json("verify", "--read-data").getLast()).containsEntry("archived_packs", 0L);
        Path pack = home.repository().resolve(asked().getFirst());
        byte[] bytes = Files.readAllBytes(pack);
        bytes[1_000_000] ^= 1;
        Files.write(pack, bytes);
        assertThat(home.run("verify", "--read-data").code()).isEqualTo(13);
    }

    @Test
    void pruneDeletesWhatIsDeadAndLeavesTheRestAsItIs() throws IOException {
        // The same without an archive class: half a pack is rewritten.
        home.set("HOLDFAST_REPO", directory.resolve("hot").toString());
        init();
        halveAPack();
        assertThat(home.json("prune").getLast())
                .containsEntry("repacked_packs", 1L)
                .containsEntry("archived_packs", 0L);
        home.unset("HOLDFAST_REPO");

        init("--data-class", "ARCHIVE:1s");
        halveAPack();
        Map<String, List<String>> notes = notes();
        assertThat(home.json("prune", "--dry-run").getLast()).containsEntry("archived_packs", 1L);
        assertThat(home.json("prune").getLast())
                .containsEntry("repacked_packs", 0L)
                .containsEntry("archived_packs", 1L)
                .containsEntry("damaged_packs", 0L);
        assertThat(notes()).isEqualTo(notes);
        home.run("restore", "latest", "--target", target(), "--thaw", "standard")
                .succeeded();
        isRestored(Path.of(target()), "b");

        Files.delete(data.resolve("b"));
        write("c", 3);
        backUp();
        home.run("forget", "--keep-last", "1").succeeded();
        Map<String, Object> pruned = home.json("prune").getLast();
        assertThat((Long) pruned.get("freed_bytes")).isGreaterThan(2L * FILE_BYTES);
        assertThat(notes()).hasSize(1).doesNotContainKeys(notes.keySet().toArray(new String[0]));
    }

    /** A pack with two files of which only one is needed. */
    private void halveAPack() throws IOException {
        write("a", 1);
        write("b", 2);
        backUp();
        Files.delete(data.resolve("a"));
        backUp();
        home.run("forget", "--keep-last", "1").succeeded();
    }

    @Test
    void copyRefusesBeforeItWritesAndThawsOnRequest() throws IOException {
        init("--data-class", "ARCHIVE:1s");
        write("a", 1);
        backUp();
        String other = directory.resolve("other").toString();
        assertThat(home.run("copy", "--to", other).failure(4)).contains("this copy needs 1 pack", "--thaw");
        assertThat(Path.of(other)).doesNotExist();
        assertThat(home.json("copy", "--to", other, "--estimate").getLast()).containsEntry("archived_packs", 1L);
        assertThat(Path.of(other)).doesNotExist();
        home.run("copy", "--to", other, "--thaw", "standard").succeeded();

        write("b", 2);
        backUp();
        // What the other one has is not even read.
        assertThat(home.json("copy", "--to", other, "--estimate").getLast())
                .containsEntry("packs", 1L)
                .containsEntry("archived_packs", 1L);
        home.run("copy", "--to", other, "--thaw", "standard").succeeded();
        assertThat(home.json("copy", "--to", other).getLast()).containsEntry("skipped", 2L);
        home.set("HOLDFAST_REPO", other);
        home.run("restore", "latest", "--target", target()).succeeded();
        isRestored(Path.of(target()), "a", "b");
    }

    @Test
    void buildsNoDeltaOnWhatWouldHaveToBeThawed() throws IOException {
        init();
        changeABit();
        assertThat((Long) backUp().get("delta_chunks")).isPositive();
        home.set("HOLDFAST_REPO", directory.resolve("cold").toString());
        init("--data-class", "ARCHIVE:1s");
        changeABit();
        assertThat(backUp()).containsEntry("delta_chunks", 0L).containsEntry("base_bytes_read", 0L);
    }

    private void changeABit() throws IOException {
        write("a", 1);
        backUp();
        byte[] bytes = Files.readAllBytes(data.resolve("a"));
        bytes[FILE_BYTES / 2] ^= 1;
        Files.write(data.resolve("a"), bytes);
    }

    /** As where a rule of the bucket moves packs later. */
    @Test
    void thawsWhatDeltasAreBuiltOn() throws IOException {
        init();
        // One chunk: of its first version nothing is needed but what the second one is built on.
        byte[] bytes = new SeededRandom(1).bytes(100_000);
        Files.write(data.resolve("a"), bytes);
        backUp();
        bytes[50_000] ^= 1;
        Files.write(data.resolve("a"), bytes);
        Map<String, Object> summary = backUp("--data-class", "ARCHIVE:1s");
        assertThat(summary).containsEntry("delta_chunks", 1L);
        assertThat(estimate()).containsEntry("archived_packs", 1L).containsEntry("readable_packs", 1L);
        try (Stream<Path> packs = Files.walk(home.repository().resolve("packs/data"))) {
            for (Path pack : packs.filter(Files::isRegularFile).toList()) {
                archive(home.repository().relativize(pack).toString());
            }
        }
        assertThat(estimate()).containsEntry("archived_packs", 2L);
        home.run("restore", "latest", "--target", target(), "--thaw", "standard")
                .succeeded();
        isRestored(Path.of(target()), "a");
    }

    private void archive(String pack) throws IOException {
        Path note = home.repository().resolve(".archive").resolve(pack);
        Files.createDirectories(note.resolve("..").normalize());
        Files.writeString(note, "holdfast archived object 1\nclass ARCHIVE:1s\nready 0\nuntil 0\n");
    }

    @Test
    @Tag("root")
    void aMountShowsWhatCanBeReadAndSaysWhatCannot() throws IOException {
        init();
        write("a", 1);
        backUp();
        write("b", 2);
        backUp("--data-class", "ARCHIVE:1h");
        Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
        try (Mounted mount = new Mounted(home, mountPoint, "latest")) {
            isRestored(mountPoint, "a");
            Path shown = mountPoint.resolve(data.toString().substring(1)).resolve("b");
            assertThat(Files.size(shown)).isEqualTo(FILE_BYTES);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> Files.readAllBytes(shown))
                    .withMessageContaining("Input/output error");
            assertThat(mount.unmount().err()).contains("/b: ", "storage class ARCHIVE:1h", "--thaw");
        }
        assertThat(asked()).isEmpty();
    }

    @Test
    void saysWhatCannotBeMeant() throws IOException {
        assertThat(home.run("init", "--data-class", "GLACIER").failure(2)).contains("GLACIER", "ARCHIVE");
        assertThat(home.repository()).doesNotExist();
        init();
        write("a", 1);
        assertThat(home.run("backup", data.toString(), "--data-class", "COLD").failure(2))
                .contains("COLD");
        backUp();
        for (String[] wrong : new String[][] {
            {"--thaw", "soon"},
            {"--thaw", "bulk", "--thaw-days", "0"},
            {"--thaw-days", "3"},
            {"--no-wait"},
            {"--thaw-faster"},
            {"--estimate", "--thaw", "bulk"}
        }) {
            String[] command = Stream.concat(Stream.of("restore", "latest", "--target", target()), Stream.of(wrong))
                    .toArray(String[]::new);
            assertThat(home.run(command).failure(2)).contains("--");
        }
        assertThat(Path.of(target())).doesNotExist();
        assertThat(home.run("restore", "latest", "--thaw", "bulk", "--no-wait")
                        .succeeded()
                        .out())
                .contains("can be read now");
    }
}
