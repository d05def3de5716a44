package io.holdfast.sources.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.Failures;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restores from a repository that has lost something: what is whole comes back, what is not is told once and leaves nothing wrong. */
@Timeout(60)
class DamagedRestoreTest {
    private static final int FILES = 20;

    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore store = new MemoryStore();
    private Path from = Path.of("");
    private Path to = Path.of("");

    @BeforeEach
    void create() throws IOException {
        from = Files.createDirectory(home.resolve("from")).toRealPath();
        to = Files.createDirectory(home.resolve("to")).toRealPath();
        for (int i = 0; i < FILES; i++) {
            Files.write(from.resolve("f" + i), random.bytes(30_000));
        }
    }

    private Workbench bench() {
        return Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    private List<ObjectName> dataPacks() {
        List<ObjectName> names = new ArrayList<>();
        store.list("packs/data/", object -> names.add(object.name()));
        return names;
    }

    @Test
    void saysWhyAFurtherNameIsMissing() throws IOException {
        Files.createLink(from.resolve("g"), from.resolve("f0"));
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            dataPacks().forEach(name -> assertThat(store.delete(name)).isTrue());
            RestoreResult result = bench.restore(backup, to, Overwrite.NEVER);
            assertThat(result.failed()).isEqualTo(FILES + 1);
            assertThat(bench.takeTold())
                    .filteredOn(line -> line.contains("another name of a file that was not restored"))
                    .singleElement()
                    .asString()
                    .contains("/g");
        }
    }

    @Test
    void tellsEachFileOnceThatHasLostItsContent() {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            dataPacks().forEach(name -> assertThat(store.delete(name)).isTrue());
            RestoreResult result = bench.restore(backup, to, Overwrite.NEVER);
            assertThat(result.failed()).isEqualTo(FILES);
            assertThat(result.damaged()).isEqualTo(FILES);
            assertThat(result.files()).isZero();
            assertThat(bench.takeTold()).hasSize(FILES).allMatch(line -> line.startsWith("failed"));
            assertThat(Workbench.below(to, from)).isEmptyDirectory();
        }
    }

    /** Also the index forgets the packs, as after a collection that went wrong. */
    @Test
    void tellsEachFileOnceWhoseChunksNoIndexHas() {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            bench.repository()
                    .indexes()
                    .removePacks(
                            bench.repository().reloadIndex(),
                            pack -> !pack.toString().contains("data"));
            bench.repository().reloadIndex();
            dataPacks().forEach(name -> assertThat(store.delete(name)).isTrue());
            RestoreResult result = bench.restore(backup, to, Overwrite.NEVER);
            assertThat(result.failed()).isEqualTo(FILES);
            assertThat(result.damaged()).isEqualTo(FILES);
            assertThat(bench.takeTold()).hasSize(FILES);
            assertThat(Workbench.below(to, from)).isEmptyDirectory();
        }
    }

    /** The index is derived from the packs, and they are all there. */
    @Test
    void findsInPacksWhatNoIndexHas() throws IOException {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            bench.repository().indexes().removePacks(bench.repository().reloadIndex(), pack -> false);
            bench.repository().reloadIndex();
            assertThat(bench.restore(backup, to, Overwrite.NEVER).failed()).isZero();
            assertThat(SnapshotContent.of(Workbench.below(to, from)).values())
                    .containsExactlyElementsOf(SnapshotContent.of(from).values());
        }
    }

    @Test
    void restoresTheFilesThatAreWhole() throws IOException {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            ObjectName hit = dataPacks().getFirst();
            byte[] bytes = Buffers.toArray(store.get(hit).orElseThrow());
            for (int at = 48; at < bytes.length; at += 1_000) {
                bytes[at] ^= 1;
            }
            assertThat(store.delete(hit)).isTrue();
            assertThat(store.put(hit, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
            RestoreResult result = bench.restore(backup, to, Overwrite.NEVER);
            assertThat(result.failed()).isBetween(1L, FILES - 1L).isEqualTo(result.damaged());
            assertThat(result.files()).isEqualTo(FILES - result.failed());
            int there = 0;
            for (int i = 0; i < FILES; i++) {
                Path restored = Workbench.below(to, from).resolve("f" + i);
                if (Files.exists(restored)) {
                    there++;
                    assertThat(Files.mismatch(restored, from.resolve("f" + i))).isEqualTo(-1);
                }
            }
            assertThat(there).isEqualTo(FILES - (int) result.failed());
        }
    }

    @Test
    void keepsWhatWasThereWhereTheContentIsLost() throws IOException {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            bench.restore(backup, to, Overwrite.NEVER);
            Path there = Workbench.below(to, from).resolve("f0");
            byte[] edited = Files.readAllBytes(there);
            edited[10] ^= 1;
            Files.write(there, edited);
            dataPacks().forEach(name -> assertThat(store.delete(name)).isTrue());
            RestoreResult result = bench.restore(backup, to, Overwrite.ALWAYS);
            assertThat(result.failed()).isEqualTo(1);
            assertThat(there).hasBinaryContent(edited);
        }
    }

    /** The list of its chunks is lost in part: what is known of it would look like a good file with zeros in it. */
    @Test
    void leavesNoFileWhoseChunksAreNotAllKnown() throws IOException {
        Files.write(from.resolve("large"), random.bytes(16 << 20));
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            List<ObjectName> meta = new ArrayList<>();
            store.list("packs/meta/", object -> meta.add(object.name()));
            int hit = 0;
            for (ObjectName name : meta) {
                byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
                assertThat(store.delete(name)).isTrue();
                Path target = Files.createTempDirectory(home, "target").toRealPath();
                Optional<RestoreResult> result = restoreUnlessRootIsLost(bench, backup, target);
                if (result.isPresent() && result.get().files() >= FILES) {
                    assertThat(result.get().failed()).isEqualTo(1);
                    assertThat(result.get().files()).isEqualTo(FILES);
                    assertThat(Workbench.below(target, from).resolve("large")).doesNotExist();
                    hit++;
                }
                assertThat(store.put(name, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
            }
            assertThat(hit).isPositive();
        }
    }

    private static Optional<RestoreResult> restoreUnlessRootIsLost(Workbench bench, BackupResult backup, Path target) {
        try {
            return Optional.of(bench.restore(backup, target, Overwrite.NEVER));
        } catch (HoldfastException e) {
            return Optional.empty();
        }
    }

    @Test
    void saysThatASnapshotWithoutItsRootIsDamaged() {
        try (Workbench bench = bench()) {
            BackupResult backup = bench.backup(from);
            List<ObjectName> meta = new ArrayList<>();
            store.list("packs/meta/", object -> meta.add(object.name()));
            meta.forEach(name -> assertThat(store.delete(name)).isTrue());
            assertThat(Failures.codeOf(() -> bench.restore(backup, to, Overwrite.NEVER)))
                    .isEqualTo(ErrorCode.DAMAGED);
        }
    }
}
