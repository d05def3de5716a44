package io.holdfast.sources;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.index.UsableIndex;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationResult;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.DamageLines;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Versions of files that are stored as what differs from older ones. */
@Timeout(120)
class DeltaTest extends RoundTrip {
    private static final int FILE_BYTES = 300_000;

    private final SeededRandom random = new SeededRandom(23);

    @Test
    void aChangedFileTakesWhatDiffers() throws IOException {
        Path file = from.resolve("database");
        byte[] content = random.bytes(FILE_BYTES);
        Files.write(file, content);
        bench().backup(from);
        Files.write(file, changed(content));
        SortedMap<String, String> now = SnapshotContent.of(from);

        BackupResult second = bench().backup(from);

        assertThat(second.deltas().chunks()).isPositive();
        assertThat(second.deltas().bytes()).isGreaterThan(FILE_BYTES / 2);
        assertThat(second.deltas().storedBytes()).isLessThan(FILE_BYTES / 10);
        assertThat(second.deltas().baseBytesRead()).isPositive();
        assertThat(second.statistics().storedBytes()).isLessThan(FILE_BYTES / 2);
        assertThat(content(second)).isEqualTo(now);
        assertThat(verify()).isEqualTo(List.of());
    }

    /** Whatever is put in or taken out before it. */
    @Test
    void findsTheSamePlaceAgainBehindAnInsertion() throws IOException {
        Path file = from.resolve("dump");
        byte[] content = random.bytes(FILE_BYTES);
        Files.write(file, content);
        bench().backup(from);
        ByteArrayOutputStream longer = new ByteArrayOutputStream();
        longer.write(random.bytes(40_000));
        longer.write(content, 0, 100_000);
        longer.write(changed(content), 100_000, 100_000);
        longer.write(content, 230_000, 70_000);
        Files.write(file, longer.toByteArray());
        SortedMap<String, String> now = SnapshotContent.of(from);

        BackupResult second = bench().backup(from);

        assertThat(second.statistics().storedBytes()).isLessThan(120_000);
        assertThat(content(second)).isEqualTo(now);
    }

    /** Sixty generations, most of them forgotten, collections in between that rewrite what they can: what is live is whole, and what is not goes. */
    @Test
    void generationsComeAndGo() throws IOException {
        Map<SnapshotId, SortedMap<String, String>> live = new LinkedHashMap<>();
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            files.add(random.bytes(60_000));
        }
        long deltas = 0;
        for (int generation = 0; generation < 60; generation++) {
            for (int i = 0; i < files.size(); i++) {
                files.set(i, changed(files.get(i)));
                Files.write(from.resolve("f" + i), files.get(i));
            }
            BackupResult result = bench().backup(from);
            deltas += result.deltas().chunks();
            live.put(result.snapshot().orElseThrow(), SnapshotContent.of(from));
            if (random.oneIn(2) && live.size() > 4) {
                SnapshotId gone = List.copyOf(live.keySet()).get(random.nextInt(live.size() - 1));
                bench().repository().snapshots().forget(gone);
                live.remove(gone);
            }
            if (generation % 7 == 6) {
                collect();
                assertAllWhole(live);
            }
        }
        assertThat(deltas).isGreaterThan(100);
        assertDeltasAreBuiltOnWholeChunks();

        SnapshotId newest = List.copyOf(live.keySet()).getLast();
        for (SnapshotId id : List.copyOf(live.keySet())) {
            if (!id.equals(newest)) {
                bench().repository().snapshots().forget(id);
                live.remove(id);
            }
        }
        for (int round = 0; round < 3; round++) {
            collect();
        }
        assertAllWhole(live);
        assertThat(packBytes()).as("what only older generations needed is gone").isLessThan(3L * 3 * 60_000);
        bench().repository().snapshots().forget(newest);
        for (int round = 0; round < 3; round++) {
            collect();
        }
        assertThat(packBytes()).isZero();
    }

    /** Else every version since would have to be kept, and a chain could not end. */
    @Test
    void aBaseIsReplacedWhenItsDeltasTakeAsMuchAsItself() throws IOException {
        byte[] content = random.bytes(12_000);
        boolean replaced = false;
        for (int generation = 0; generation < 40; generation++) {
            for (int i = 0; i < 40; i++) {
                content[random.nextInt(content.length)]++;
            }
            Files.write(from.resolve("f"), content);
            BackupResult result = bench().backup(from);
            replaced |= generation > 2 && result.deltas().chunks() == 0;
        }
        assertThat(replaced).isTrue();
        assertDeltasAreBuiltOnWholeChunks();
        assertThat(verify()).isEqualTo(List.of());
    }

    @Test
    void whatIsBuiltOnDamageIsNamedAndHealed() throws IOException {
        Files.write(from.resolve("f"), random.bytes(FILE_BYTES));
        BackupResult first = bench().backup(from);
        Set<PackId> old = packs();
        byte[] newer = changed(Files.readAllBytes(from.resolve("f")));
        Files.write(from.resolve("f"), newer);
        BackupResult second = bench().backup(from);
        assertThat(second.deltas().chunks()).isPositive();
        old.stream().filter(pack -> pack.toString().contains("data")).forEach(pack -> damage(pack, 3_000));

        List<String> found = verify();

        assertThat(found).anyMatch(line -> line.contains("is built on chunk"));
        assertThat(found).contains("hit " + first.snapshot().orElseThrow().shortText());
        assertThat(found).contains("hit " + second.snapshot().orElseThrow().shortText());

        long chunksOfBases = old.stream()
                .filter(pack -> pack.kind() == PackKind.DATA)
                .mapToLong(pack -> bench().repository().index().entriesByPack().getOrDefault(pack, 0))
                .sum();
        Verification looked = new Verification(bench().repository(), new DamageLines(new ArrayList<>()));
        looked.run(100);
        Repair.Result repaired = new Repair(bench().repository()).run(looked);
        assertThat(repaired.rescuedChunks()).isZero();
        assertThat(repaired.lostChunks())
                .as("what was in the damaged packs, and what is built on it")
                .isEqualTo(chunksOfBases + second.deltas().chunks());
        Files.setLastModifiedTime(from.resolve("f"), FileTime.fromMillis(1_000));
        BackupResult third = bench().backup(from);
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        // The deltas that are read nowhere any more go first, though most of their pack is needed; then what they were
        // built on.
        collect(0.99);
        collect(0.99);
        assertThat(content(third)).isEqualTo(SnapshotContent.of(from));
        assertThat(verify()).isEqualTo(List.of());
        assertThat(content(second)).as("healed by the third").isEqualTo(content(third));
    }

    /** A pack stays for what is needed of it, with deltas that nobody needs, whose bases are gone. */
    @Test
    void garbageIsNoDamage() throws IOException {
        Files.write(from.resolve("f"), random.bytes(FILE_BYTES));
        BackupResult first = bench().backup(from);
        Files.write(from.resolve("f"), changed(Files.readAllBytes(from.resolve("f"))));
        Files.write(from.resolve("g"), random.bytes(FILE_BYTES));
        BackupResult second = bench().backup(from);
        assertThat(second.deltas().chunks()).isPositive();
        Files.delete(from.resolve("f"));
        BackupResult third = bench().backup(from);
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        bench().repository().snapshots().forget(second.snapshot().orElseThrow());
        for (int round = 0; round < 3; round++) {
            collect(0.99);
        }

        assertThat(verify()).isEqualTo(List.of());
        assertThat(content(third)).isEqualTo(SnapshotContent.of(from));
    }

    /** Step C1: what is live is not known to be whole, so nothing goes. */
    @Test
    void aCollectionRefusesWhereABaseIsLost() throws IOException {
        byte[] content = random.bytes(FILE_BYTES);
        Files.write(from.resolve("f"), content);
        BackupResult first = bench().backup(from);
        List<PackId> bases =
                packs().stream().filter(pack -> pack.kind() == PackKind.DATA).toList();
        for (int at = 0; at < content.length; at += 700) {
            content[at]++; // Every chunk is another one.
        }
        Files.write(from.resolve("f"), content);
        BackupResult second = bench().backup(from);
        assertThat(second.deltas().chunks()).isPositive();
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        bases.forEach(pack -> store.delete(pack.name()));
        Set<PackId> before = packs();

        assertThat(codeOf(this::collect)).isEqualTo(ErrorCode.DAMAGED);

        assertThat(packs()).isEqualTo(before);
        assertThat(verify()).contains("hit " + second.snapshot().orElseThrow().shortText());
    }

    /** Step W3: what is built on a condemned pack may be unreadable tomorrow. */
    @Test
    void aDeltaCountsAsThereOnlyWithItsBase() throws IOException {
        Files.write(from.resolve("f"), random.bytes(FILE_BYTES));
        bench().backup(from);
        Set<PackId> old = packs();
        Files.write(from.resolve("f"), changed(Files.readAllBytes(from.resolve("f"))));
        bench().backup(from);

        UsableIndex all = bench().repository().index().usable(pack -> true);
        UsableIndex withoutOld = bench().repository().index().usable(pack -> !old.contains(pack));
        int deltas = 0;
        for (IndexSegment segment : bench().repository().index().segments()) {
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                if (segment.isDelta(entry)) {
                    deltas++;
                    var id = new ChunkId(segment.idWordA(entry), segment.idWordB(entry), 0, 0);
                    assertThat(all.contains(id)).isTrue();
                    assertThat(withoutOld.contains(id)).isFalse();
                }
            }
        }
        assertThat(deltas).isPositive();
    }

    private byte[] changed(byte[] content) {
        byte[] copy = content.clone();
        for (int at = random.nextInt(3_000); at < copy.length; at += 1 + random.nextInt(6_000)) {
            copy[at]++;
        }
        return copy;
    }

    private SortedMap<String, String> content(BackupResult result) {
        return SnapshotContent.of(bench().repository(), bench().snapshot(result));
    }

    private void assertAllWhole(Map<SnapshotId, SortedMap<String, String>> live) {
        List<Snapshot> snapshots = bench().repository().snapshots().live();
        assertThat(snapshots).extracting(Snapshot::id).containsExactlyInAnyOrderElementsOf(live.keySet());
        for (Snapshot snapshot : snapshots) {
            assertThat(SnapshotContent.of(bench().repository(), snapshot)).isEqualTo(live.get(snapshot.id()));
        }
        assertThat(verify()).isEqualTo(List.of());
    }

    private void assertDeltasAreBuiltOnWholeChunks() {
        for (IndexSegment segment : bench().repository().reloadIndex().segments()) {
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                segment.bases(entry)
                        .forEach(base -> assertThat(bench().repository().index().findAll(base))
                                .anyMatch(place -> !place.isDelta()));
            }
        }
    }

    private CollectionResult collect() {
        return collect(0.05);
    }

    /** @param waste packs are rewritten from this part of garbage on */
    private CollectionResult collect(double waste) {
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, waste, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
        CollectionResult result = new Collector(bench().repository(), options, MonotonicClock.system()).run();
        assertThat(result.damagedPacks()).isEmpty();
        return result;
    }

    private Set<PackId> packs() {
        return new HashSet<>(bench().repository().reloadIndex().packs().keySet());
    }

    private long packBytes() {
        long[] bytes = new long[1];
        store.list("packs/", object -> bytes[0] += object.sizeBytes());
        return bytes[0];
    }

    private void damage(PackId pack, int at) {
        byte[] bytes = Buffers.toArray(store.get(pack.name()).orElseThrow());
        for (int i = at; i < bytes.length - 5_000; i += 4_000) {
            bytes[i] ^= 1;
        }
        store.delete(pack.name());
        store.put(pack.name(), ByteBuffer.wrap(bytes));
    }

    /** What a look at every byte tells; empty where all is well. */
    private List<String> verify() {
        List<String> lines = new ArrayList<>();
        VerificationResult result = new Verification(bench().repository(), new DamageLines(lines)).run(100);
        assertThat(result.damages() > 0).isEqualTo(!lines.isEmpty());
        return lines;
    }
}
