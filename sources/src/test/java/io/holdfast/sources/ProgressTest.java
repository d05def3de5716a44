package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.sources.backup.BackupListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.FileBackup;
import io.holdfast.sources.backup.NamedSource;
import io.holdfast.sources.backup.VolumeBackup;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.HookedFiles;
import io.holdfast.sources.fixture.HookedFiles.Moment;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who watches sees a large file go by piece by piece, and at the end all that was done, once. */
@Timeout(60)
class ProgressTest {
    private static final int LARGE = 30 << 20;

    @TempDir
    Path home;

    private final HookedFiles files = new HookedFiles(HostFiles.ofThisSystem());
    private final MemoryStore store = new MemoryStore();
    private Path from;
    private Path to;
    private Optional<Workbench> opened = Optional.empty();

    @BeforeEach
    void create() throws IOException {
        from = Files.createDirectory(home.resolve("from")).toRealPath();
        to = Files.createDirectory(home.resolve("to")).toRealPath();
        opened = Optional.of(Workbench.create(store, Workbench.usual(home.resolve("cache")), files));
        Files.write(from.resolve("a-small"), new SeededRandom(1).bytes(1_000));
        Files.write(from.resolve("b-medium"), new SeededRandom(2).bytes(3 << 20));
        Files.write(from.resolve("f"), new SeededRandom(3).bytes(LARGE));
        Files.createLink(from.resolve("further-name"), from.resolve("a-small"));
        try (RandomAccessFile sparse =
                new RandomAccessFile(from.resolve("sparse").toFile(), "rw")) {
            sparse.setLength(20 << 20);
            sparse.seek(5 << 20);
            sparse.write(new SeededRandom(4).bytes(5_000));
        }
    }

    @AfterEach
    void close() {
        bench().close();
    }

    private Workbench bench() {
        return opened.orElseThrow();
    }

    /** What a backup told. */
    private static final class Watch implements BackupListener, RestoreListener {
        private final List<Long> steps = Collections.synchronizedList(new ArrayList<>());
        private final List<Long> sizes = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void advanced(long bytes) {
            steps.add(bytes);
        }

        @Override
        public void file(Bytes path, long sizeBytes, FileOutcome outcome) {
            sizes.add(sizeBytes);
        }

        @Override
        public void restored(Bytes path, long sizeBytes, boolean unchanged) {
            sizes.add(sizeBytes);
        }

        @Override
        public void note(Bytes path, String text) {}

        private static long sum(List<Long> numbers) {
            return numbers.stream().mapToLong(Long::longValue).sum();
        }

        private void assertWhole(long bytes) {
            assertThat(sum(sizes)).isEqualTo(bytes);
            assertThat(sum(steps)).isEqualTo(bytes);
        }
    }

    private BackupResult backUp(Watch watch) {
        return new FileBackup(bench().repository(), files, bench().request(from), watch).run();
    }

    private RestoreResult restore(BackupResult backup, Overwrite overwrite, Watch watch) {
        return new FileRestore(
                        bench().repository(),
                        files,
                        bench().snapshot(backup),
                        Workbench.restoreRequest(to, overwrite),
                        watch)
                .run();
    }

    @Test
    void aLargeFileIsSeenToGoBy() {
        Watch watch = new Watch();
        BackupResult backup = backUp(watch);
        watch.assertWhole(backup.statistics().bytes());
        assertThat(watch.steps).allMatch(step -> step > 0 && step <= 15 << 20).hasSizeGreaterThan(8);

        Watch unchanged = new Watch();
        unchanged.assertWhole(0);
        backUp(unchanged);
        unchanged.assertWhole(backup.statistics().bytes());
        assertThat(unchanged.steps).hasSize(4);

        Watch restored = new Watch();
        restore(backup, Overwrite.IF_CHANGED, restored);
        restored.assertWhole(backup.statistics().bytes());
        assertThat(restored.steps).allMatch(step -> step > 0).hasSizeGreaterThan(15);

        Watch again = new Watch();
        assertThat(restore(backup, Overwrite.IF_CHANGED, again).writtenBytes()).isZero();
        again.assertWhole(backup.statistics().bytes());
        Watch compared = new Watch();
        assertThat(restore(backup, Overwrite.ALWAYS, compared).writtenBytes()).isZero();
        compared.assertWhole(backup.statistics().bytes());
        assertThat(compared.steps).hasSizeGreaterThan(15);
    }

    @Test
    void theSizeOfAVolumeIsKnownBeforeItIsRead() {
        List<Long> told = new ArrayList<>();
        BackupListener watch = new BackupListener() {
            @Override
            public void total(long bytes) {
                assertThat(told).isEmpty();
                told.add(bytes);
            }

            @Override
            public void advanced(long bytes) {
                told.add(bytes);
            }
        };
        Path volume = from.resolve("sparse");
        NamedSource source = new NamedSource(Workbench.bytes(Path.of("disk")), "host", List.of(), Optional.empty());
        BackupResult backup = new VolumeBackup(bench().repository(), source, watch).run(volume);
        assertThat(told.getFirst()).isEqualTo(20 << 20);
        assertThat(told).hasSizeGreaterThan(3);
        assertThat(Watch.sum(told.subList(1, told.size())))
                .isEqualTo(20 << 20)
                .isEqualTo(backup.statistics().bytes());
    }

    @Test
    void aFileThatIsReadTwiceCountsOnce() {
        boolean[] changed = new boolean[1];
        files.onEach((moment, name) -> {
            if (moment == Moment.AFTER_READ && name.equals("f") && !changed[0]) {
                changed[0] = true;
                try {
                    Files.write(from.resolve("f"), new SeededRandom(5).bytes(LARGE));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        Watch watch = new Watch();
        BackupResult backup = backUp(watch);
        watch.assertWhole(backup.statistics().bytes());
        assertThat(watch.steps).anyMatch(step -> step < -(8 << 20));
    }

    @Test
    void aFileThatCannotBeReadWholeDoesNotCount() {
        files.onEach((moment, name) -> {
            if (moment == Moment.AFTER_READ && name.equals("f")) {
                files.failReads("f");
            }
        });
        Watch watch = new Watch();
        BackupResult backup = backUp(watch);
        assertThat(backup.statistics().unreadable()).isEqualTo(1);
        watch.assertWhole(backup.statistics().bytes());
        assertThat(watch.steps).anyMatch(step -> step < 0);
    }

    @Test
    void aFileThatCannotBeRestoredWholeDoesNotCount() {
        BackupResult backup = backUp(new Watch());
        List<ObjectName> packs = new ArrayList<>();
        store.list("packs/data/", object -> packs.add(object.name()));
        assertThat(packs).hasSizeGreaterThan(1);
        assertThat(store.delete(packs.getFirst())).isTrue();
        Watch watch = new Watch();
        RestoreResult result = restore(backup, Overwrite.NEVER, watch);
        assertThat(result.failed()).isPositive();
        watch.assertWhole(result.bytes());
    }
}
