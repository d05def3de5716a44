package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A backup of unchanged files on a snapshot that has lost something makes a whole one: nothing lost is referenced again. */
@Timeout(60)
class DamagedParentTest {
    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore store = new MemoryStore();
    private Path tree = Path.of("");
    private int caches;

    @BeforeEach
    void create() throws IOException {
        tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        for (int i = 0; i < 60; i++) {
            Path directory = Files.createDirectories(tree.resolve("d" + i % 7));
            Files.write(directory.resolve("file-" + i), random.bytes(1 + random.nextInt(20_000)));
        }
        Files.write(tree.resolve("large"), random.bytes(3_000_000));
        try (Workbench bench =
                Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem())) {
            bench.backup(tree);
        }
    }

    private List<ObjectName> packs(String prefix) {
        List<ObjectName> names = new ArrayList<>();
        store.list(prefix, object -> names.add(object.name()));
        assertThat(names).isNotEmpty();
        return names;
    }

    private void assertNextBackupIsWhole(String what) throws IOException {
        try (Workbench bench =
                Workbench.open(store, Workbench.small(home.resolve("cache-" + caches++)), HostFiles.ofThisSystem())) {
            BackupResult backup = bench.backup(tree);
            assertThat(bench.takeTold()).as(what).isEmpty();
            assertThat(backup.parent()).as(what).isPresent();
            assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(backup)))
                    .as(what)
                    .isEqualTo(SnapshotContent.of(tree));
            Path target = Files.createDirectory(home.resolve("target-" + caches));
            assertThat(bench.restore(backup, target, Overwrite.NEVER).failed())
                    .as(what)
                    .isZero();
        }
    }

    @Test
    void metadataPacksThatAreGone() throws IOException {
        for (ObjectName name : packs("packs/meta/")) {
            assertThat(store.delete(name)).isTrue();
            assertNextBackupIsWhole("without " + name);
        }
    }

    @Test
    void metadataPacksWithFlippedBytes() throws IOException {
        for (ObjectName name : packs("packs/meta/")) {
            byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
            for (int at = 48; at < bytes.length; at += 60) {
                bytes[at] ^= 1;
            }
            assertThat(store.delete(name)).isTrue();
            assertThat(store.put(name, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
            assertNextBackupIsWhole("with flipped bytes in " + name);
        }
    }

    @Test
    void dataPacksThatAreGone() throws IOException {
        for (ObjectName name : packs("packs/data/")) {
            assertThat(store.delete(name)).isTrue();
        }
        assertNextBackupIsWhole("without data packs");
    }
}
