package io.holdfast.repository.index;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexTest {
    @TempDir
    Path directory;

    @Test
    void findsEveryChunkAndNoOther() {
        SeededRandom.check(12, random -> {
            List<StoredPack> packs = packs(random, 1 + random.nextInt(6), 20_000);
            Index index = new Index(List.of(TestPacks.segment(packs)));
            assertAllFound(index, packs);
            for (int i = 0; i < 1_000; i++) {
                assertThat(index.find(TestPacks.id(random))).isEmpty();
            }
        });
    }

    /** Near and far, what is there and what is not, from wherever the last one was. */
    @Test
    void seeksAscendingIdsFromOneToTheNext() {
        SeededRandom.check(200, random -> {
            List<StoredPack> packs = packs(random, 1 + random.nextInt(3), 300);
            IndexSegment segment = TestPacks.segment(packs);
            List<ChunkId> wanted = new ArrayList<>();
            for (int i = 0; i < segment.entryCount(); i++) {
                if (random.oneIn(1 + random.nextInt(60))) {
                    wanted.add(new ChunkId(segment.idWordA(i), segment.idWordB(i), 0, 0));
                }
            }
            for (int i = random.nextInt(20); i > 0; i--) {
                wanted.add(TestPacks.id(random));
            }
            wanted.add(new ChunkId(-1, -1, 0, 0));
            wanted.sort(Comparator.comparing(ChunkId::a, Long::compareUnsigned)
                    .thenComparing(ChunkId::b, Long::compareUnsigned));
            int at = 0;
            for (ChunkId id : wanted) {
                at = segment.seek(at, id.a(), id.b());
                int expected = 0;
                while (expected < segment.entryCount() && isBelow(segment, expected, id)) {
                    expected++;
                }
                assertThat(at).isEqualTo(expected);
            }
        });
    }

    private static boolean isBelow(IndexSegment segment, int entry, ChunkId id) {
        int order = Long.compareUnsigned(segment.idWordA(entry), id.a());
        return order < 0 || order == 0 && Long.compareUnsigned(segment.idWordB(entry), id.b()) < 0;
    }

    /** Step W3: in full, in a pack that may be relied on; a base that is a delta itself does not do. */
    @Test
    void countsADeltaOnlyWhereItsBaseIsUsableInFull() {
        SeededRandom random = new SeededRandom(8);
        ChunkId chunk = TestPacks.id(random);
        ChunkId base = TestPacks.id(random);
        ChunkId baseOfBase = TestPacks.id(random);
        StoredPack inFull = TestPacks.single(random, base);
        List<StoredPack> packs = List.of(
                inFull,
                TestPacks.single(random, chunk, base),
                TestPacks.single(random, base, baseOfBase),
                TestPacks.single(random, baseOfBase));
        Index index = new Index(List.of(TestPacks.segment(packs)));

        assertThat(index.usable(pack -> true).contains(chunk)).isTrue();
        UsableIndex without = index.usable(pack -> !pack.equals(inFull.id()));
        assertThat(without.contains(base)).isTrue();
        assertThat(without.contains(chunk)).isFalse();
        assertThat(without.places(chunk)).isEmpty();
    }

    @Test
    void findsIdsAtTheEndsOfTheFanout() {
        SeededRandom random = new SeededRandom(1);
        List<ChunkId> ids = TestPacks.ids(random, 1_000);
        for (long a : new long[] {0, 1, -1, -2, Long.MIN_VALUE, Long.MAX_VALUE}) {
            ids.add(new ChunkId(a, 0, 1, 2));
            ids.add(new ChunkId(a, -1, 1, 2));
        }
        List<StoredPack> packs = List.of(TestPacks.pack(random, ids));
        assertAllFound(new Index(List.of(TestPacks.segment(packs))), packs);
    }

    /** Most ids in one bucket, some far away, and every one twice. */
    @Test
    void sortsIdsThatAreNotSpreadEvenly() {
        SeededRandom random = new SeededRandom(5);
        List<ChunkId> ids = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            ids.add(new ChunkId(random.nextInt(50), random.nextLong(), 1, i));
        }
        ids.add(new ChunkId(-1, 0, 1, 2));
        List<StoredPack> packs = List.of(TestPacks.pack(random, ids), TestPacks.pack(random, ids.reversed()));
        IndexSegment segment = TestPacks.segment(packs);
        for (int entry = 1; entry < segment.entryCount(); entry++) {
            int order = Long.compareUnsigned(segment.idWordA(entry - 1), segment.idWordA(entry));
            assertThat(order < 0
                            || order == 0
                                    && Long.compareUnsigned(segment.idWordB(entry - 1), segment.idWordB(entry)) <= 0)
                    .isTrue();
        }
        assertAllFound(new Index(List.of(segment)), packs);
    }

    @Test
    void takesFewEntriesAndOne() {
        SeededRandom random = new SeededRandom(2);
        for (int count : new int[] {1, 2, 63, 64, 65, 127, 128, 129}) {
            List<StoredPack> packs = List.of(TestPacks.pack(random, TestPacks.ids(random, count)));
            IndexSegment segment = TestPacks.segment(packs);
            assertThat(segment.entryCount()).isEqualTo(count);
            assertAllFound(new Index(List.of(segment)), packs);
        }
    }

    @Test
    void findsAllCopiesOfAChunk() {
        SeededRandom.check(10, random -> {
            List<ChunkId> shared = TestPacks.ids(random, 50);
            List<StoredPack> packs = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                List<ChunkId> ids = TestPacks.ids(random, random.nextInt(200));
                ids.addAll(random.nextInt(ids.size() + 1), shared);
                packs.add(TestPacks.pack(random, ids));
            }
            Index index =
                    new Index(List.of(TestPacks.segment(packs.subList(0, 4)), TestPacks.segment(packs.subList(4, 6))));
            for (ChunkId id : shared) {
                assertThat(index.findAll(id))
                        .containsExactlyInAnyOrderElementsOf(places(packs, id))
                        .hasSize(6);
            }
            Set<PackId> usable = Set.of(packs.get(4).id());
            UsableIndex some = index.usable(usable::contains);
            UsableIndex none = index.usable(pack -> false);
            // What the deltas of these packs are built on is nowhere.
            Set<ChunkId> whole = packs.get(4).toc().chunks().stream()
                    .filter(chunk -> !chunk.isDelta())
                    .map(TocEntry::id)
                    .collect(Collectors.toSet());
            for (ChunkId id : shared) {
                assertThat(some.contains(id)).isEqualTo(whole.contains(id));
                assertThat(none.contains(id)).isFalse();
            }
            for (TocEntry chunk : packs.get(0).toc().chunks()) {
                assertThat(some.contains(chunk.id())).isEqualTo(whole.contains(chunk.id()));
            }
        });
    }

    @Test
    void takesAtMostThirtyTwoBytesAnEntry() {
        SeededRandom random = new SeededRandom(3);
        List<StoredPack> packs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            packs.add(TestPacks.pack(random, TestPacks.ids(random, 2_000)));
        }
        IndexSegment segment = TestPacks.segment(packs);
        assertThat((double) segment.sizeBytes() / segment.entryCount()).isLessThan(32);
    }

    @Test
    void mergesWithoutLosingOrDoublingAnything() {
        SeededRandom.check(15, random -> {
            List<StoredPack> packs = packs(random, 2 + random.nextInt(10), 3_000);
            List<IndexSegment> segments = new ArrayList<>();
            for (StoredPack pack : packs) {
                segments.add(TestPacks.segment(List.of(pack)));
            }
            // Two mergers at once leave a pack in two segments.
            segments.add(TestPacks.segment(packs.subList(0, 2)));
            Set<PackId> removed = new HashSet<>();
            packs.stream().filter(pack -> random.oneIn(4)).forEach(pack -> removed.add(pack.id()));
            SegmentMerger merger = new SegmentMerger(segments, pack -> !removed.contains(pack), pack -> false);
            List<StoredPack> kept =
                    packs.stream().filter(pack -> !removed.contains(pack.id())).toList();
            assertThat(merger.entryCount())
                    .isEqualTo(kept.stream()
                            .mapToInt(pack -> pack.toc().chunks().size())
                            .sum());
            if (kept.isEmpty()) {
                return;
            }
            Index merged = new Index(List.of(write(merger)));
            assertAllFound(merged, kept);
            assertThat(merged.packs().keySet())
                    .containsExactlyInAnyOrderElementsOf(
                            kept.stream().map(StoredPack::id).toList());
            assertThat(merged.packs().values())
                    .containsExactlyInAnyOrderElementsOf(
                            kept.stream().map(SegmentBuilder::indexed).toList());
            for (StoredPack pack : packs) {
                if (removed.contains(pack.id())) {
                    pack.toc()
                            .chunks()
                            .forEach(chunk ->
                                    assertThat(merged.findAll(chunk.id())).isEqualTo(places(kept, chunk.id())));
                }
            }
        });
    }

    @Test
    void mergesToTheSameBytesAsBuildingAtOnce() throws IOException {
        SeededRandom random = new SeededRandom(4);
        List<StoredPack> packs = packs(random, 4, 500);
        IndexSegment merged = write(new SegmentMerger(
                packs.stream().map(pack -> TestPacks.segment(List.of(pack))).toList(), pack -> true, pack -> false));
        assertThat(merged.memory().mismatch(TestPacks.segment(packs).memory())).isEqualTo(-1);
    }

    @Test
    void refusesASegmentThatWasCutOrWhoseHeaderDoesNotFit() {
        byte[] bytes = bytes(TestPacks.segment(packs(new SeededRandom(5), 2, 300)));
        for (int length = 0; length < bytes.length; length += 1 + length / 10) {
            MemorySegment cut = MemorySegment.ofArray(Arrays.copyOf(bytes, length));
            assertThat(codeOf(() -> IndexSegment.of("cut", cut))).isEqualTo(ErrorCode.DAMAGED);
        }
        for (int at = 0; at < SegmentLayout.HEADER_BYTES; at++) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assertThat(codeOf(() -> IndexSegment.of("flipped", MemorySegment.ofArray(flipped))))
                    .isEqualTo(ErrorCode.DAMAGED);
        }
    }

    private static byte[] bytes(IndexSegment segment) {
        return segment.memory().toArray(ValueLayout.JAVA_BYTE);
    }

    private static List<StoredPack> packs(SeededRandom random, int count, int most) {
        List<StoredPack> packs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            packs.add(TestPacks.pack(random, TestPacks.ids(random, 1 + random.size(most))));
        }
        return packs;
    }

    private IndexSegment write(SegmentMerger merger) throws IOException {
        Path file = Files.createTempFile(directory, "merged", "");
        merger.writeTo(file);
        return IndexSegment.map("merged", file);
    }

    private static void assertAllFound(Index index, List<StoredPack> packs) {
        Map<ChunkId, List<ChunkPlace>> expected = new HashMap<>();
        for (StoredPack pack : packs) {
            for (TocEntry chunk : pack.toc().chunks()) {
                expected.computeIfAbsent(chunk.id(), id -> new ArrayList<>()).add(TestPacks.place(pack, chunk));
            }
        }
        long entries = expected.values().stream().mapToLong(List::size).sum();
        assertThat(index.entryCount()).isEqualTo(entries);
        expected.forEach((id, places) -> {
            assertThat(places).contains(index.find(id).orElseThrow());
            assertThat(index.findAll(id)).containsExactlyInAnyOrderElementsOf(places);
        });
    }

    private static List<ChunkPlace> places(List<StoredPack> packs, ChunkId id) {
        List<ChunkPlace> places = new ArrayList<>();
        for (StoredPack pack : packs) {
            for (TocEntry chunk : pack.toc().chunks()) {
                if (chunk.id().equals(id)) {
                    places.add(TestPacks.place(pack, chunk));
                }
            }
        }
        return places;
    }
}
