package io.holdfast.repository.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SessionKeys;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexStoreTest {
    @TempDir
    Path cache;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore objects = new MemoryStore();
    private final FaultStore store = new FaultStore(objects, FaultScript.none());
    private final Sealer sealer = new Sealer(SmallRepository.keyring(), new SecureRandom());
    private final List<StoredPack> packs = new ArrayList<>();

    private IndexStore open() {
        return new IndexStore(store, sealer, SmallRepository.keyring(), cache, Warnings.NONE);
    }

    private void publish(IndexStore indexes, int chunks) {
        publish(indexes, 1, chunks);
    }

    private void publish(IndexStore indexes, int packCount, int chunksEach) {
        SegmentBuilder builder = new SegmentBuilder();
        for (int i = 0; i < packCount; i++) {
            StoredPack pack = TestPacks.pack(random, TestPacks.ids(random, chunksEach));
            builder.add(pack);
            packs.add(pack);
        }
        assertThat(indexes.publish(builder).entryCount()).isEqualTo(packCount * chunksEach);
    }

    private void assertAllFound(Index index, Set<PackId> removed) {
        for (StoredPack pack : packs) {
            for (TocEntry chunk : pack.toc().chunks()) {
                assertThat(index.findAll(chunk.id()))
                        .isEqualTo(removed.contains(pack.id()) ? List.of() : List.of(TestPacks.place(pack, chunk)));
            }
        }
    }

    @Test
    void loadsWhatOthersPublished(@TempDir Path otherCache) {
        IndexStore mine = open();
        IndexStore other = new IndexStore(store, sealer, SmallRepository.keyring(), otherCache, Warnings.NONE);
        assertThat(mine.load().entryCount()).isZero();
        publish(other, 10);
        publish(mine, 5_000);
        assertAllFound(mine.load(), Set.of());
        assertAllFound(other.load(), Set.of());
        assertAllFound(open().load(), Set.of());
    }

    @Test
    void fetchesNothingThatIsInTheCache() {
        publish(open(), 100);
        long before = store.callCount();
        assertAllFound(open().load(), Set.of());
        assertThat(store.callCount() - before).isEqualTo(1);
    }

    @Test
    void fetchesAgainWhatTheCacheLostOrHasInPart() throws IOException {
        for (int i = 0; i < 4; i++) {
            publish(open(), 1_000 * (i + 1));
        }
        List<Path> files = cachedFiles();
        assertThat(files).hasSize(4);
        Files.delete(files.get(0));
        Files.write(files.get(1), new byte[0]);
        byte[] whole = Files.readAllBytes(files.get(2));
        Files.delete(files.get(2));
        Files.write(files.get(2), Arrays.copyOf(whole, whole.length / 2));
        Files.delete(files.get(3));
        Files.write(files.get(3), new byte[whole.length]);
        assertAllFound(open().load(), Set.of());
        assertThat(cachedFiles()).hasSize(4);
    }

    @Test
    void dropsFromTheCacheWhatIsGoneFromTheStore() throws IOException {
        publish(open(), 10);
        publish(open(), 20);
        objects.list("index/", object -> {
            if (packs.size() == 2) {
                packs.removeFirst();
                assertThat(objects.delete(object.name())).isTrue();
            }
        });
        assertThat(open().load().segments()).hasSize(1);
        assertThat(cachedFiles()).hasSize(1);
    }

    @Test
    void startsOverWhereASegmentVanishesWhileItLoads(@TempDir Path otherCache) {
        for (int i = 0; i < IndexStore.MAX_SEGMENTS + 1; i++) {
            publish(open(), 50);
        }
        IndexStore merging = open();
        boolean[] merged = {false};
        // Just when another one has listed the segments and asks for the first of them, most are merged.
        FaultStore racing = new FaultStore(objects, call -> {
            if (call.operation() == StoreOperation.STAT && !merged[0]) {
                merged[0] = true;
                assertThat(merging.mergeWhereNeeded(merging.load()).segments()).hasSizeLessThan(10);
            }
            return Optional.empty();
        });
        assertAllFound(
                new IndexStore(racing, sealer, SmallRepository.keyring(), otherCache, Warnings.NONE).load(), Set.of());
        assertThat(merged[0]).isTrue();
    }

    @Test
    void mergesOnlyWhereThereAreTooMany() throws IOException {
        IndexStore indexes = open();
        for (int i = 0; i < IndexStore.MAX_SEGMENTS; i++) {
            publish(indexes, 1 + random.nextInt(500));
        }
        Index before = indexes.load();
        assertThat(indexes.mergeWhereNeeded(before)).isSameAs(before);
        publish(indexes, 10_000);
        Index after = indexes.mergeWhereNeeded(indexes.load());
        assertThat(after.segments()).hasSizeLessThan(IndexStore.MAX_SEGMENTS);
        assertAllFound(after, Set.of());
        assertAllFound(indexes.load(), Set.of());
        assertAllFound(open().load(), Set.of());
        assertThat(cachedFiles()).hasSize(after.segments().size());
    }

    /** A host that can only write has nothing but what lies in its cache: the next run has to find there what this one joined. */
    @Test
    void joinsSegmentsOfAWriteOnlyHostSoThatItKnowsThemAfterwards(@TempDir Path hostCache) {
        Keyring session = SessionKeys.make(
                store,
                SmallRepository.keyring().recipient(),
                HostKey.generate(new SecureRandom()),
                Instant.EPOCH,
                new SecureRandom());
        Sealer sealing = new Sealer(session, new SecureRandom());
        IndexStore indexes = new IndexStore(store, sealing, session, hostCache, Warnings.NONE);
        for (int i = 0; i <= IndexStore.MAX_SEGMENTS; i++) {
            publish(indexes, 1 + random.nextInt(100));
        }
        assertAllFound(indexes.load(), Set.of());
        Index joined = indexes.mergeWhereNeeded(indexes.load());
        assertThat(joined.segments()).hasSizeLessThan(IndexStore.MAX_SEGMENTS);
        assertAllFound(joined, Set.of());
        assertAllFound(new IndexStore(store, sealing, session, hostCache, Warnings.NONE).load(), Set.of());
    }

    /** Somebody who merges at the same time has loaded the index before, and knows nothing of the mark. */
    @Test
    void aPackThatWasGivenUpStaysSoWhoeverMerges() throws IOException {
        IndexStore indexes = open();
        for (int i = 0; i <= IndexStore.MAX_SEGMENTS; i++) {
            publish(indexes, 1 + random.nextInt(50));
        }
        PackId damaged = packs.getFirst().id();
        Index before = indexes.load();
        Index after = indexes.giveUp(before, Set.of(damaged));
        assertThat(after.isGivenUp(damaged)).isTrue();
        assertThat(before.isGivenUp(damaged)).isFalse();
        TocEntry chunk = packs.getFirst().toc().chunks().getFirst();
        assertThat(after.usable(pack -> true).contains(chunk.id())).isFalse();
        assertThat(after.usablePlaces(chunk.id().a(), chunk.id().b())).isEmpty();
        assertThat(after.find(chunk.id())).contains(TestPacks.place(packs.getFirst(), chunk));

        Index merged = indexes.mergeWhereNeeded(before);
        assertThat(merged.isGivenUp(damaged)).isFalse();
        assertThat(open().load().isGivenUp(damaged)).isTrue();
        for (int i = 0; i < IndexStore.MAX_SEGMENTS; i++) {
            publish(indexes, 1);
        }
        Index again = indexes.mergeWhereNeeded(indexes.load());
        assertThat(again.isGivenUp(damaged)).isTrue();
        assertThat(indexes.removePacks(again, pack -> !pack.equals(packs.get(1).id()))
                        .isGivenUp(damaged))
                .isTrue();
    }

    @Test
    void removesPacksFromAllSegments() throws IOException {
        IndexStore indexes = open();
        for (int i = 0; i < 5; i++) {
            publish(indexes, 100);
        }
        Set<PackId> removed = Set.of(packs.get(1).id(), packs.get(3).id());
        Index after = indexes.removePacks(indexes.load(), pack -> !removed.contains(pack));
        assertAllFound(after, removed);
        assertAllFound(open().load(), removed);
        Index none = indexes.removePacks(after, pack -> false);
        assertThat(none.entryCount()).isZero();
        assertThat(open().load().segments()).isEmpty();
        assertThat(cachedFiles()).isEmpty();
        assertThat(indexes.removePacks(none, pack -> false)).isSameAs(none);
    }

    /** The new segment is durable before an old one goes, whatever call fails. */
    @Test
    void missesNoEntryWhereRemovingBreaksOff() {
        for (long failing = 1; failing < 20; failing++) {
            for (Fault.Effect effect : Fault.Effect.values()) {
                MemoryStore fresh = new MemoryStore();
                packs.clear();
                FaultStore breaking = new FaultStore(fresh, FaultScript.none());
                IndexStore indexes = new IndexStore(
                        breaking,
                        sealer,
                        SmallRepository.keyring(),
                        cache.resolve(effect + "-" + failing),
                        Warnings.NONE);
                for (int i = 0; i < 4; i++) {
                    publish(indexes, 2, 20);
                }
                PackId removed = packs.get(2).id();
                Index index = indexes.load();
                breaking.setScript(FaultScript.atCall(
                        breaking.callCount() + failing, Fault.error(ErrorCode.STORE_UNREACHABLE, effect)));
                Optional<ErrorCode> failed = failure(() -> indexes.removePacks(index, pack -> !pack.equals(removed)));
                breaking.settle();
                Index after = new IndexStore(
                                fresh,
                                sealer,
                                SmallRepository.keyring(),
                                cache.resolve("fresh-" + effect + "-" + failing),
                                Warnings.NONE)
                        .load();
                for (StoredPack pack : packs) {
                    if (!pack.id().equals(removed)) {
                        for (TocEntry chunk : pack.toc().chunks()) {
                            assertThat(after.findAll(chunk.id())).contains(TestPacks.place(pack, chunk));
                        }
                    }
                }
                assertThat(failed.isPresent()).isEqualTo(failing <= 2);
            }
        }
    }

    private static Optional<ErrorCode> failure(Runnable call) {
        try {
            call.run();
            return Optional.empty();
        } catch (HoldfastException e) {
            return Optional.of(e.code());
        }
    }

    @Test
    void goesPastASegmentWithAnyFlippedByteAndNamesIt(@TempDir Path otherCache) {
        publish(open(), 3);
        List<ObjectName> names = new ArrayList<>();
        objects.list("index/", object -> names.add(object.name()));
        ObjectName name = names.getFirst();
        byte[] bytes = Buffers.toArray(objects.get(name).orElseThrow());
        for (int at = 0; at < bytes.length; at++) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            assertThat(objects.delete(name)).isTrue();
            assertThat(objects.put(name, ByteBuffer.wrap(flipped))).isEqualTo(PutOutcome.STORED);
            List<String> told = new ArrayList<>();
            IndexStore fresh = new IndexStore(
                    objects, sealer, SmallRepository.keyring(), otherCache, (subject, text) -> told.add(subject));
            Index index = fresh.load();
            assertThat(index.segments()).isEmpty();
            assertThat(index.damaged()).containsExactly(name.leaf());
            assertThat(told).containsExactly(name.value());
        }
    }

    @Test
    void aCachedCopyWithAnyFlippedByteIsFetchedAgain() throws IOException {
        publish(open(), 40);
        Path copy;
        try (var files = Files.list(cache)) {
            copy = files.findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(copy);
        for (int at = 0; at < bytes.length; at++) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            Files.delete(copy); // It is mapped: a new file instead.
            Files.write(copy, flipped);
            assertAllFound(open().load(), Set.of());
            assertThat(Files.readAllBytes(copy)).isEqualTo(bytes);
        }
    }

    @Test
    void worksWithoutACacheDirectory() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        List<String> told = new ArrayList<>();
        IndexStore indexes = new IndexStore(
                store, sealer, SmallRepository.keyring(), file.resolve("cache"), (subject, text) -> told.add(subject));
        publish(indexes, 300);
        assertThat(told).isNotEmpty().containsOnly(file.resolve("cache").toString());
        assertAllFound(indexes.load(), Set.of());
        assertAllFound(
                new IndexStore(store, sealer, SmallRepository.keyring(), file.resolve("cache"), Warnings.NONE).load(),
                Set.of());
        assertAllFound(open().load(), Set.of());
    }

    /** Whoever is cut off has lost a minute or a gibibyte at most. */
    @Test
    void sessionsPublishOnceAMinuteOrAGibibyte() {
        IndexStore indexes = open();
        ManualClock clock = new ManualClock();
        SessionIndex session = new SessionIndex(indexes, indexes.load().usable(pack -> true), clock);
        session.stored(TestPacks.pack(random, TestPacks.ids(random, 3)));
        clock.advance(Duration.ofSeconds(59));
        session.stored(TestPacks.pack(random, TestPacks.ids(random, 3)));
        assertThat(indexes.load().entryCount()).isZero();
        clock.advance(Duration.ofSeconds(1));
        session.stored(TestPacks.pack(random, TestPacks.ids(random, 3)));
        assertThat(indexes.load().entryCount()).isEqualTo(9);

        StoredPack large = TestPacks.pack(random, TestPacks.ids(random, 3));
        StoredPack half =
                new StoredPack(large.id(), large.salt(), large.epoch(), large.toc(), 512 << 20, large.plainBytes());
        session.stored(half);
        assertThat(indexes.load().entryCount()).isEqualTo(9);
        session.stored(new StoredPack(
                TestPacks.pack(random, TestPacks.ids(random, 1)).id(),
                large.salt(),
                large.epoch(),
                TestPacks.pack(random, TestPacks.ids(random, 3)).toc(),
                512 << 20,
                large.plainBytes()));
        assertThat(indexes.load().entryCount()).isEqualTo(15);
    }

    @Test
    void sessionsOfDaysKeepTheirSegmentsFew() {
        IndexStore indexes = open();
        ManualClock clock = new ManualClock();
        SessionIndex session = new SessionIndex(indexes, indexes.load().usable(pack -> true), clock);
        List<ChunkId> all = new ArrayList<>();
        for (int minute = 0; minute < 200; minute++) {
            clock.advance(Duration.ofMinutes(1));
            List<ChunkId> ids = TestPacks.ids(random, 5);
            all.addAll(ids);
            ids.forEach(id -> assertThat(session.claim(id)).isTrue());
            session.stored(TestPacks.pack(random, ids));
        }
        assertThat(indexes.load().segments()).hasSizeLessThanOrEqualTo(IndexStore.MAX_SEGMENTS);
        assertThat(indexes.load().entryCount()).isEqualTo(1_000);
        all.forEach(id -> assertThat(session.claim(id)).isFalse());
    }

    /** A session claims each chunk once, whether it is pending, published by itself or known from before. */
    @Test
    void sessionsClaimEachChunkOnce() {
        publish(open(), 500);
        IndexStore indexes = open();
        PackId unusable = packs.getFirst().id();
        publish(indexes, 500);
        SessionIndex session =
                new SessionIndex(indexes, indexes.load().usable(pack -> !pack.equals(unusable)), new ManualClock());
        List<ChunkId> fresh = TestPacks.ids(random, 300);
        for (StoredPack pack : packs) {
            boolean usable = !pack.id().equals(unusable);
            for (TocEntry chunk : pack.toc().chunks()) {
                assertThat(session.contains(chunk.id())).isEqualTo(usable);
                assertThat(session.claim(chunk.id())).isEqualTo(!usable);
                assertThat(session.claim(chunk.id())).isFalse();
            }
        }
        for (ChunkId id : fresh) {
            assertThat(session.contains(id)).isFalse();
            assertThat(session.claim(id)).isTrue();
            assertThat(session.claim(id)).isFalse();
        }
        StoredPack pack = TestPacks.pack(random, fresh);
        session.stored(pack);
        session.publish();
        session.publish();
        for (TocEntry chunk : pack.toc().chunks()) {
            assertThat(session.claim(chunk.id())).isFalse();
            assertThat(indexes.load().findAll(chunk.id())).contains(TestPacks.place(pack, chunk));
        }
    }

    private List<Path> cachedFiles() throws IOException {
        try (var files = Files.list(cache)) {
            return files.sorted().toList();
        }
    }
}
