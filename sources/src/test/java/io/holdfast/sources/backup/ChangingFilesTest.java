package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.HookedFiles;
import io.holdfast.sources.fixture.HookedFiles.Moment;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that change under the hands of a backup. Nothing of it may end the backup, or be saved as if nothing had happened. */
@Timeout(60)
class ChangingFilesTest {
    private static final int SMALL = 100_000;
    private static final int LARGE = 3 << 20;

    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(1);
    private final HookedFiles files = new HookedFiles(HostFiles.ofThisSystem());
    private Path from;
    private Path to;
    private Optional<Workbench> opened = Optional.empty();

    /** Something that is done to a file, once or each time. */
    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    @BeforeEach
    void create() throws IOException {
        from = Files.createDirectory(home.resolve("from")).toRealPath();
        to = Files.createDirectory(home.resolve("to")).toRealPath();
        opened = Optional.of(Workbench.create(new MemoryStore(), Workbench.small(home.resolve("cache")), files));
        Files.write(from.resolve("a-before"), new byte[10]);
        Files.write(from.resolve("z-after"), new byte[10]);
    }

    @AfterEach
    void close() {
        bench().close();
    }

    private Workbench bench() {
        return opened.orElseThrow();
    }

    private Path file(int size) throws IOException {
        return Files.write(from.resolve("f"), random.bytes(size));
    }

    private void at(Moment moment, int times, Change change) {
        int[] left = {times};
        files.onEach((now, name) -> {
            if (now == moment && name.equals("f") && left[0]-- > 0) {
                try {
                    change.run();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    /** Backs up and restores; the neighbours are always there. Returns what was told. */
    private List<String> backUpAndRestore() {
        BackupResult result = bench().backup(from);
        files.onEach((moment, name) -> {});
        List<String> told = bench().takeTold();
        assertThat(bench().restore(result, to, Overwrite.NEVER).failed()).isZero();
        assertThat(restored("a-before")).hasSize(10);
        assertThat(restored("z-after")).hasSize(10);
        return told;
    }

    private Path restored(String name) {
        return Workbench.below(to, from).resolve(name);
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void readsAgainAFileThatChangedWhileItWasRead(int size) throws IOException {
        Path file = file(size);
        byte[] after = random.bytes(size);
        at(Moment.AFTER_READ, 1, () -> Files.write(file, after));
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).hasBinaryContent(after);
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void saysSoWhereAFileNeverHoldsStill(int size) throws IOException {
        Path file = file(size);
        at(Moment.AFTER_READ, 1_000, () -> Files.write(file, random.bytes(size)));
        assertThat(backUpAndRestore()).hasSize(1).allMatch(line -> line.contains("changed while it was read"));
        assertThat(restored("f")).hasSize(size);
        // It is read again next time, though it looks unchanged.
        files.takeOpened();
        assertThat(bench().backup(from).statistics().changedFiles()).isEqualTo(1);
        assertThat(files.takeOpened()).contains("f");
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void savesWholeWhatGrewOnce(int size) throws IOException {
        Path file = file(size);
        at(Moment.AFTER_READ, 1, () -> Files.write(file, random.bytes(5_000), StandardOpenOption.APPEND));
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).hasSameBinaryContentAs(file).hasSize(size + 5_000);
    }

    /** Between looking at it and opening it, as editors save: a new file takes the name. */
    @ParameterizedTest
    @ValueSource(ints = {1_000, 900_000, 5 << 20, 20 << 20})
    void savesWholeWhatWasReplacedByALargerFile(int size) throws IOException {
        Path file = file(100);
        Path next = Files.write(home.resolve("next"), random.bytes(size));
        at(Moment.BEFORE_OPEN, 1, () -> Files.move(next, file, StandardCopyOption.ATOMIC_MOVE));
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).hasSameBinaryContentAs(file).hasSize(size);
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void savesWhatIsLeftOfAFileThatShrank(int size) throws IOException {
        Path file = file(size);
        at(Moment.AFTER_OPEN, 1, () -> {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(size / 2);
            }
        });
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).hasSameBinaryContentAs(file).hasSize(size / 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void notesAFileThatVanishedAndIsComplete(int size) throws IOException {
        Path file = file(size);
        at(Moment.BEFORE_OPEN, 1, () -> Files.delete(file));
        assertThat(backUpAndRestore())
                .hasSize(1)
                .allMatch(line -> line.startsWith("note") && line.contains("vanished"));
        assertThat(restored("f")).doesNotExist();
        assertThat(bench().repository().snapshots().live()).allMatch(s -> s.isComplete());
    }

    @Test
    void notesAFileThatVanishedBeforeItWasLookedAt() throws IOException {
        Path file = file(10);
        at(Moment.BEFORE_STAT, 1, () -> Files.delete(file));
        assertThat(backUpAndRestore()).hasSize(1).allMatch(line -> line.startsWith("note"));
    }

    @Test
    void notesADirectoryThatVanished() throws IOException {
        Files.createDirectory(from.resolve("f"));
        at(Moment.BEFORE_OPEN, 1, () -> Files.delete(from.resolve("f")));
        assertThat(backUpAndRestore()).hasSize(1).allMatch(line -> line.startsWith("note"));
    }

    @Test
    void neverFollowsALinkThatTookTheNameOfAFile() throws IOException {
        Path file = file(SMALL);
        Path secret = Files.writeString(home.resolve("secret"), "secret");
        at(Moment.BEFORE_OPEN, 1, () -> {
            Files.delete(file);
            Files.createSymbolicLink(file, secret);
        });
        assertThat(backUpAndRestore()).hasSize(1).allMatch(line -> line.startsWith("unreadable"));
        assertThat(restored("f")).doesNotExist();
    }

    @Test
    void neverFollowsALinkThatTookTheNameOfADirectory() throws IOException {
        Path directory = Files.createDirectory(from.resolve("f"));
        Path elsewhere = Files.createDirectory(home.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("secret"), "secret");
        at(Moment.BEFORE_OPEN, 1, () -> {
            Files.delete(directory);
            Files.createSymbolicLink(directory, elsewhere);
        });
        // A second look shows the link, and that is what is saved.
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).isSymbolicLink();
        assertThat(Files.readSymbolicLink(restored("f"))).isEqualTo(elsewhere);
    }

    /** Logs, say: the memory for what has grown is bounded, and nothing is left out for it. */
    @Test
    void savesWholeManyFilesThatGrewAtOnce() throws IOException {
        for (int i = 0; i < 40; i++) {
            Files.createFile(from.resolve("b" + i));
        }
        files.onEach((now, name) -> {
            Path file = from.resolve(name);
            try {
                if (now == Moment.BEFORE_OPEN && name.startsWith("b") && Files.size(file) == 0) {
                    Files.write(file, random.bytes(300_000));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(backUpAndRestore()).isEmpty();
        for (int i = 0; i < 40; i++) {
            assertThat(restored("b" + i)).hasSameBinaryContentAs(from.resolve("b" + i));
        }
    }

    @Test
    void savesTheOtherNameOfAFileWhoseFirstNameVanished() throws IOException {
        Path file = file(SMALL);
        Path other = Files.createLink(from.resolve("g"), file);
        Files.createLink(from.resolve("h"), file);
        at(Moment.BEFORE_OPEN, 1, () -> Files.delete(file));
        assertThat(backUpAndRestore())
                .singleElement()
                .satisfies(line -> assertThat(line).startsWith("note").contains("/f", "vanished"));
        assertThat(restored("g")).hasSameBinaryContentAs(other);
        assertThat(Files.getAttribute(restored("h"), "unix:ino"))
                .isEqualTo(Files.getAttribute(restored("g"), "unix:ino"));
    }

    @Test
    void savesTheOtherNameOfAFileWhoseFirstNameWasTaken() throws IOException {
        Path file = file(SMALL);
        Path other = Files.createLink(from.resolve("g"), file);
        Path next = Files.write(home.resolve("next"), random.bytes(5_000));
        at(Moment.BEFORE_OPEN, 1, () -> Files.move(next, file, StandardCopyOption.ATOMIC_MOVE));
        assertThat(backUpAndRestore()).isEmpty();
        assertThat(restored("f")).hasSameBinaryContentAs(file).hasSize(5_000);
        assertThat(restored("g")).hasSameBinaryContentAs(other).hasSize(SMALL);
    }

    @Test
    void countsAsUnchangedWhatIsReadOnlyBecauseItsTimesCannotBeTrusted() throws IOException {
        file(SMALL);
        Files.createLink(from.resolve("g"), from.resolve("f"));
        RepositorySettings usual = Workbench.small(home.resolve("cache-early"));
        // Every file looks as if it had changed after the parent backup began.
        RepositorySettings early = new RepositorySettings(
                usual.cacheRoot(),
                usual.threads(),
                usual.random(),
                InstantSource.fixed(Instant.parse("1990-01-01T00:00:00Z")),
                usual.program(),
                usual.chunker(),
                usual.dataPackBytes(),
                usual.metaPackBytes(),
                usual.lockFor(),
                usual.warnings());
        try (Workbench bench = Workbench.create(new MemoryStore(), early, files)) {
            bench.backup(from);
            files.takeOpened();
            Files.write(from.resolve("a-before"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
            SnapshotStatistics again = bench.backup(from).statistics();
            assertThat(files.takeOpened()).contains("f", "z-after");
            assertThat(again.newFiles()).isZero();
            assertThat(again.changedFiles())
                    .as("a-before, and the further name of f")
                    .isEqualTo(2);
            assertThat(again.unchangedFiles()).isEqualTo(2);
        }
    }
}
