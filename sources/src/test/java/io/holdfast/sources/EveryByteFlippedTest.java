package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each byte of each object of a small repository is changed, one at a time. What is read back is right or ends in an error that names the
 * damage, and a verification finds every single one.
 */
class EveryByteFlippedTest {
    /** Version bytes say that a newer program is needed, and that is an answer, too. */
    private static final List<ErrorCode> DAMAGE = List.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION);

    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore store = new MemoryStore();
    private int caches;
    private int targets;

    @Test
    @Timeout(300)
    void isFoundAndNeverRestored() throws IOException {
        Path tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        BackupResult backup;
        try (Workbench bench = create()) {
            backup = fill(bench, tree);
        }
        SortedMap<String, String> content = SnapshotContent.of(tree);
        List<ObjectName> names = new ArrayList<>();
        store.list("", object -> names.add(object.name()));
        assertThat(names.stream()
                        .map(name -> name.value().substring(0, name.value().indexOf('/')))
                        .distinct())
                .containsExactly(
                        "condemned",
                        "config",
                        "forgotten",
                        "index",
                        "keys",
                        "packs",
                        "removals",
                        "sessions",
                        "snapshots",
                        "verdict",
                        "waits");
        int flips = flipBytes(names, 1, backup, tree, content);
        System.out.println("EveryByteFlippedTest: " + flips + " bytes");
    }

    /** A delta is read with what it is built on. */
    @Test
    @Timeout(300)
    void ofDeltasAndWhatTheyAreBuiltOnToo() throws IOException {
        Path tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        BackupResult second;
        try (Workbench bench = create()) {
            byte[] content = random.bytes(14_000);
            Files.write(tree.resolve("f"), content);
            bench.backup(tree);
            for (int at = 100; at < content.length; at += 900) {
                content[at]++;
            }
            Files.write(tree.resolve("f"), content);
            second = bench.backup(tree);
        }
        assertThat(second.deltas().chunks()).isPositive();
        List<ObjectName> names = new ArrayList<>();
        for (String prefix : List.of("packs/data/", "index/")) {
            store.list(prefix, object -> names.add(object.name()));
        }
        int flips = flipBytes(names, 13, second, tree, SnapshotContent.of(tree));
        System.out.println("EveryByteFlippedTest: " + flips + " bytes around deltas");
    }

    /** @param stride every byte, or every so many */
    private int flipBytes(
            List<ObjectName> names, int stride, BackupResult backup, Path tree, SortedMap<String, String> content)
            throws IOException {
        int flips = 0;
        try (Workbench verifying = open()) {
            assertThat(verify(verifying)).isEmpty();
            for (ObjectName name : names) {
                byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
                for (int at = 0; at < bytes.length; at += stride) {
                    flips++;
                    byte[] flipped = bytes.clone();
                    flipped[at] ^= (byte) (1 << random.nextInt(8));
                    replace(name, flipped);
                    String what = name + ", byte " + at + " of " + bytes.length;
                    assertThat(verify(verifying)).as(what).anyMatch(line -> line.contains(name.value()));
                    assertReadsRightOrNotAtAll(name, backup, tree, content, what);
                }
                replace(name, bytes);
            }
            assertThat(verify(verifying)).isEmpty();
        }
        return flips;
    }

    /** Cut off anywhere, or longer than it was. */
    @Test
    @Timeout(300)
    void objectsOfAnotherLengthAreFoundToo() throws IOException {
        Path tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        BackupResult backup;
        try (Workbench bench = create()) {
            backup = fill(bench, tree);
        }
        SortedMap<String, String> content = SnapshotContent.of(tree);
        List<ObjectName> names = new ArrayList<>();
        store.list("", object -> names.add(object.name()));
        try (Workbench verifying = open()) {
            for (ObjectName name : names) {
                byte[] bytes = Buffers.toArray(store.get(name).orElseThrow());
                for (int length = bytes.length + 2; length >= 0; length -= 1 + random.nextInt(40)) {
                    if (length == bytes.length) {
                        continue;
                    }
                    replace(name, Arrays.copyOf(bytes, length));
                    String what = name + " with " + length + " of " + bytes.length + " bytes";
                    assertThat(verify(verifying)).as(what).anyMatch(line -> line.contains(name.value()));
                    assertReadsRightOrNotAtAll(name, backup, tree, content, what);
                }
                replace(name, bytes);
            }
        }
    }

    /** One live snapshot, and one of each kind of object that a repository can have. */
    private BackupResult fill(Workbench bench, Path tree) throws IOException {
        Files.write(tree.resolve("gone"), random.bytes(50));
        BackupResult gone = bench.backup(tree);
        Files.delete(tree.resolve("gone"));
        Files.write(tree.resolve("random"), random.bytes(300));
        Files.write(tree.resolve("text"), random.compressibleBytes(800));
        Files.createDirectory(tree.resolve("directory"));
        Files.write(tree.resolve("directory/small"), random.bytes(20));
        Files.createSymbolicLink(tree.resolve("link"), Path.of("text"));
        BackupResult kept = bench.backup(tree);
        bench.repository().beginSession("gives up").close();
        bench.repository().snapshots().forget(gone.snapshot().orElseThrow());
        collect(bench);
        BackupResult forgotten = bench.backup(tree);
        bench.repository().snapshots().forget(forgotten.snapshot().orElseThrow());
        // An open session: the next collection stops half-way and leaves its lists. It stays open, as if its process
        // had died.
        WriteSession open = bench.repository().beginSession("dies");
        assertThat(open.contains(new ChunkId(1, 2, 3, 4))).isFalse();
        Files.write(tree.resolve("directory/later"), random.bytes(30));
        BackupResult later = bench.backup(tree);
        bench.repository()
                .removals()
                .run(listing -> () -> Set.of(later.snapshot().orElseThrow()));
        collect(bench);
        Files.delete(tree.resolve("directory/later"));
        return kept;
    }

    private static void collect(Workbench bench) {
        CollectionOptions options = new CollectionOptions(0, 1, Duration.ofHours(1), Duration.ofSeconds(1), false);
        new Collector(bench.repository(), options, new ManualClock()).run();
    }

    private void assertReadsRightOrNotAtAll(
            ObjectName name, BackupResult backup, Path tree, SortedMap<String, String> content, String what)
            throws IOException {
        boolean inPack = name.value().startsWith("packs/");
        // Nothing of a pack is in a cache; everything else may be, and must be read anew.
        Path cache = home.resolve(inPack ? "cache" : "cache-" + caches++);
        SnapshotId id = backup.snapshot().orElseThrow();
        try (Workbench bench = Workbench.open(store, Workbench.small(cache), HostFiles.ofThisSystem())) {
            if (name.equals(id.snapshotName())) {
                assertThat(bench.repository().snapshots().list().damaged().stream()
                                .map(SnapshotListing.Damaged::id))
                        .as(what)
                        .containsExactly(id);
                return;
            }
            Snapshot snapshot = bench.snapshot(backup);
            if (inPack && targets++ % 10 == 0) {
                assertRestoresRightOrNotAtAll(bench, backup, tree, content, what);
            }
            assertThat(SnapshotContent.of(bench.repository(), snapshot))
                    .as(what)
                    .isEqualTo(content);
        } catch (HoldfastException e) {
            assertThat(e.code()).as(what + ": " + e).isIn(DAMAGE);
            assertThat(e.getMessage()).isNotBlank();
            assertThat(name.value())
                    .as("damage that reading can go past: " + what)
                    .matches("(config|keys|packs)/.*");
        }
    }

    private void assertRestoresRightOrNotAtAll(
            Workbench bench, BackupResult backup, Path tree, SortedMap<String, String> content, String what)
            throws IOException {
        Path target = Files.createDirectory(home.resolve("target-" + targets));
        RestoreResult result;
        try {
            result = bench.restore(backup, target, Overwrite.NEVER);
        } catch (HoldfastException e) {
            assertThat(e.code()).as(what).isIn(DAMAGE);
            return;
        }
        Path there = Workbench.below(target, tree);
        Map<String, String> restored = Files.exists(there) ? SnapshotContent.of(there) : Map.of();
        restored.forEach((path, hash) ->
                assertThat(content).as(what).containsEntry("/" + target.relativize(Path.of(path)), hash));
        List<String> told = bench.takeTold();
        assertThat(result.damaged()).as(what + told).isEqualTo(result.failed());
        assertThat(result.failed() > 0).as(what + told).isEqualTo(restored.size() < content.size());
    }

    private static List<String> verify(Workbench bench) {
        List<String> damages = Collections.synchronizedList(new ArrayList<>());
        new Verification(bench.repository(), new VerificationListener() {
                    @Override
                    public void damaged(String what) {
                        damages.add(what);
                    }

                    @Override
                    public void hit(Snapshot snapshot, Bytes path) {}
                })
                .run(100);
        return List.copyOf(damages);
    }

    private Workbench create() {
        return Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    private Workbench open() {
        return Workbench.open(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    private void replace(ObjectName name, byte[] bytes) {
        assertThat(store.delete(name)).isTrue();
        assertThat(store.put(name, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
    }
}
