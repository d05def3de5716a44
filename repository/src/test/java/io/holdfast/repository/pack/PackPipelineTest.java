package io.holdfast.repository.pack;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.Fault.Effect;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever goes wrong, nothing may hang: each test has a minute. */
@Timeout(60)
class PackPipelineTest {
    private final Keyring keyring = SmallRepository.keyring();
    private final Sealer sealer = new Sealer(keyring, new SecureRandom());
    private final ChunkHasher hasher = new ChunkHasher(keyring.idKey());
    private final MemoryStore objects = new MemoryStore();
    private final SeededRandom random = new SeededRandom(17);
    private final List<StoredPack> stored = Collections.synchronizedList(new ArrayList<>());

    private PackPipeline pipeline(ObjectStore store) {
        return new PackPipeline(
                store,
                keyring,
                sealer,
                BaseSource.NONE,
                new PackPipeline.PackSizes(SmallRepository.PACK_BYTES, SmallRepository.PACK_BYTES),
                Instant.EPOCH,
                2,
                stored::add);
    }

    private void add(PackPipeline pipeline, ChunkKind kind, byte[] chunk) {
        pipeline.add(kind, hasher.id(chunk, 0, chunk.length), chunk, 0, chunk.length);
    }

    @Test
    void storesEveryChunkOnceInPacksOfItsKind() {
        SeededRandom.check(10, random -> {
            stored.clear();
            List<byte[]> content = new ArrayList<>();
            List<byte[]> pages = new ArrayList<>();
            try (PackPipeline pipeline = pipeline(objects)) {
                for (int i = random.nextInt(200); i > 0; i--) {
                    boolean page = random.oneIn(4);
                    int most = random.oneIn(40) ? 3 << 20 : 30_000;
                    byte[] chunk = random.oneIn(2)
                            ? random.bytes(1 + random.nextInt(most))
                            : random.compressibleBytes(1 + random.nextInt(most));
                    (page ? pages : content).add(chunk);
                    add(pipeline, page ? ChunkKind.TREE_PAGE : ChunkKind.CONTENT, chunk);
                    if (random.oneIn(50)) {
                        pipeline.flush();
                    }
                }
                pipeline.flush();
                pipeline.flush();
            }
            assertThat(readBack(PackKind.DATA)).containsExactlyInAnyOrderElementsOf(ids(content));
            assertThat(readBack(PackKind.META)).containsExactlyInAnyOrderElementsOf(ids(pages));
        });
    }

    /** Its table of contents is in memory, here and with everybody who reads it. */
    @Test
    void endsAPackAfterSomeTenThousandChunksHoweverSmall() {

        List<byte[]> content = new ArrayList<>();
        PackPipeline.PackSizes large = new PackPipeline.PackSizes(32 << 20, 16 << 20);
        try (PackPipeline pipeline =
                new PackPipeline(objects, keyring, sealer, BaseSource.NONE, large, Instant.EPOCH, 2, stored::add)) {
            for (int i = 0; i < 150_000; i++) {
                byte[] chunk = random.bytes(12);
                content.add(chunk);
                add(pipeline, ChunkKind.CONTENT, chunk);
            }
            pipeline.flush();
        }
        assertThat(stored)
                .hasSize(3)
                .allMatch(pack -> pack.toc().chunks().size() < PackPipeline.MAX_CHUNKS + FrameCodec.MAX_CHUNKS);
        assertThat(readBack(PackKind.DATA)).containsExactlyInAnyOrderElementsOf(ids(content));
    }

    @Test
    void whatIsLikeAnotherChunkIsStoredAsADelta() {
        byte[] older = random.bytes(50_000);
        byte[] newer = older.clone();
        newer[4_711]++;
        byte[] other = random.bytes(50_000);
        ChunkId base = hasher.id(older, 0, older.length);
        try (PackPipeline pipeline = pipelineOn(id -> older)) {
            addOn(pipeline, newer, base);
            addOn(pipeline, other, base);
            pipeline.flush();

            assertThat(pipeline.deltas().chunks()).isEqualTo(1);
            assertThat(pipeline.deltas().plainBytes()).isEqualTo(50_000);
            assertThat(pipeline.deltas().storedBytes()).isLessThan(200);
        }
        List<TocEntry> entries = entries();
        assertThat(entries).extracting(TocEntry::isDelta).containsExactly(true, false);
        assertThat(entries.getFirst().bases()).containsExactly(base);
        StoredPack pack = stored.getFirst();
        try (PackReader reader = new PackReader(objects, keyring, id -> older)) {
            PackScan.Outline outline =
                    PackScan.outline(reader, objects, pack.id()).orElseThrow();
            assertThat(outline.toc().chunks()).isEqualTo(entries);
            assertThat(reader.readFrame(outline.place(0), new byte[0])
                            .orElseThrow()
                            .plain())
                    .isEqualTo(newer);
            assertThat(reader.readFrame(outline.place(1), new byte[0])
                            .orElseThrow()
                            .plain())
                    .isEqualTo(other);
        }
    }

    @Test
    void whatCannotBeBuiltOnIsStoredInFull() {
        byte[] older = random.bytes(50_000);
        ChunkId base = hasher.id(older, 0, older.length);
        byte[] newer = older.clone();
        newer[0]++;
        try (PackPipeline pipeline = pipelineOn(BaseSource.NONE)) {
            addOn(pipeline, newer, base);
            pipeline.flush();
        }
        assertThat(entries()).extracting(TocEntry::isDelta).containsExactly(false);
    }

    /** As a collection moves it: nobody needs its bases for that. */
    @Test
    void aDeltaIsMovedAsItIs() {
        byte[] older = random.bytes(50_000);
        byte[] newer = older.clone();
        newer[0]++;
        try (PackPipeline pipeline = pipelineOn(id -> older)) {
            addOn(pipeline, newer, hasher.id(older, 0, older.length));
            pipeline.flush();
        }
        StoredPack from = stored.removeFirst();
        try (PackReader reader = new PackReader(objects, keyring, BaseSource.NONE);
                PackPipeline pipeline = pipelineOn(BaseSource.NONE)) {
            PackScan.Outline outline =
                    PackScan.outline(reader, objects, from.id()).orElseThrow();
            TocEntry delta = outline.toc().chunks().getFirst();
            pipeline.addEncoded(reader.readEncoded(outline.place(0)).orElseThrow(), List.of(delta));
            pipeline.flush();
            assertThat(entries()).containsExactly(delta);
        }
        try (PackReader reader = new PackReader(objects, keyring, id -> older)) {
            PackScan.Outline moved =
                    PackScan.outline(reader, objects, stored.getFirst().id()).orElseThrow();
            assertThat(reader.readFrame(moved.place(0), new byte[0])
                            .orElseThrow()
                            .plain())
                    .isEqualTo(newer);
        }
    }

    @Test
    void metadataIsNeverADelta() {
        byte[] page = random.bytes(5_000);
        try (PackPipeline pipeline = pipelineOn(BaseSource.NONE)) {
            assertThatThrownBy(() -> pipeline.add(
                            ChunkKind.TREE_PAGE,
                            hasher.id(page, 0, page.length),
                            page,
                            0,
                            page.length,
                            List.of(hasher.id(page, 0, 1))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private PackPipeline pipelineOn(BaseSource bases) {
        return new PackPipeline(
                objects,
                keyring,
                sealer,
                bases,
                new PackPipeline.PackSizes(1 << 20, 1 << 20),
                Instant.EPOCH,
                2,
                stored::add);
    }

    private void addOn(PackPipeline pipeline, byte[] chunk, ChunkId base) {
        pipeline.add(ChunkKind.CONTENT, hasher.id(chunk, 0, chunk.length), chunk, 0, chunk.length, List.of(base));
    }

    private List<TocEntry> entries() {
        return stored.stream().flatMap(pack -> pack.toc().chunks().stream()).toList();
    }

    /** Ids of all chunks in packs of this kind, in the order of packs as they were stored; contents are checked. */
    private List<ChunkId> readBack(PackKind kind) {
        List<ChunkId> ids = new ArrayList<>();
        try (PackReader reader = new PackReader(objects, keyring, BaseSource.NONE)) {
            List<StoredPack> packs = new ArrayList<>(stored);
            packs.removeIf(pack -> pack.id().kind() != kind);
            for (StoredPack pack : packs) {
                PackToc toc = PackScan.outline(reader, objects, pack.id())
                        .orElseThrow()
                        .toc();
                assertThat(toc.chunks()).isEqualTo(pack.toc().chunks());
                for (TocEntry entry : toc.chunks()) {
                    PackReader.FramePlace place = new PackReader.FramePlace(
                            pack.id(),
                            pack.salt(),
                            pack.epoch(),
                            toc.frameOffsets()[entry.frame()],
                            toc.frameStoredBytes(entry.frame()));
                    FrameCodec.Decoded frame =
                            reader.readFrame(place, new byte[0]).orElseThrow();
                    int start = frame.starts()[entry.ordinal()];
                    assertThat(hasher.id(frame.plain(), start, frame.length(entry.ordinal())))
                            .isEqualTo(entry.id());
                    ids.add(entry.id());
                }
            }
        }
        return ids;
    }

    private List<ChunkId> ids(List<byte[]> chunks) {
        return chunks.stream().map(chunk -> hasher.id(chunk, 0, chunk.length)).toList();
    }

    @Test
    void keepsTheOrderWithinAPack() {

        List<byte[]> chunks = new ArrayList<>();
        try (PackPipeline pipeline = new PackPipeline(
                objects,
                keyring,
                sealer,
                BaseSource.NONE,
                new PackPipeline.PackSizes(1 << 20, 1 << 20),
                Instant.EPOCH,
                2,
                stored::add)) {
            for (int i = 0; i < 500; i++) {
                byte[] chunk = random.bytes(1 + random.nextInt(1_000));
                chunks.add(chunk);
                add(pipeline, ChunkKind.CONTENT, chunk);
            }
            pipeline.flush();
        }
        assertThat(stored).hasSize(1);
        assertThat(readBack(PackKind.DATA)).isEqualTo(ids(chunks));
    }

    @Test
    void takesChunksOfOneByteAndOfTheLargestSize() {

        List<byte[]> chunks = new ArrayList<>();
        try (PackPipeline pipeline = pipeline(objects)) {
            for (int i = 0; i < 2 * FrameCodec.MAX_CHUNKS + 1; i++) {
                chunks.add(random.bytes(1));
            }
            chunks.add(random.bytes(FrameCodec.GROUP_BYTES));
            chunks.add(random.bytes(FrameCodec.GROUP_BYTES + 1));
            chunks.add(random.bytes(FrameCodec.MAX_PLAIN_BYTES));
            chunks.forEach(chunk -> add(pipeline, ChunkKind.CONTENT, chunk));
            pipeline.flush();
        }
        assertThat(readBack(PackKind.DATA)).containsExactlyInAnyOrderElementsOf(ids(chunks));
    }

    @Test
    void refusesChunksThatNoReaderWouldTake() {
        try (PackPipeline pipeline = pipeline(objects)) {
            byte[] tooLarge = new byte[FrameCodec.MAX_PLAIN_BYTES + 1];
            assertThat(codeOf(() -> add(pipeline, ChunkKind.CONTENT, tooLarge))).isEqualTo(ErrorCode.FAILED);
            assertThat(codeOf(() -> add(pipeline, ChunkKind.CONTENT, new byte[0])))
                    .isEqualTo(ErrorCode.FAILED);
        }
    }

    /** Each try has a name of its own: one that arrives after all, or late, is a pack that nobody knows. */
    @Test
    void storesAPackUnderAnotherNameWhereTheAnswerWasLost() {
        for (Effect effect : Effect.values()) {
            stored.clear();
            MemoryStore below = new MemoryStore();
            FaultStore losing = new FaultStore(
                    below,
                    FaultScript.when(
                            call -> call.operation() == StoreOperation.PUT && call.ordinal() % 3 == 1,
                            Fault.error(ErrorCode.STORE_UNREACHABLE, effect)));
            SeededRandom random = new SeededRandom(4);
            List<byte[]> content = new ArrayList<>();
            try (PackPipeline pipeline = pipeline(losing)) {
                for (int i = 0; i < 12; i++) {
                    byte[] chunk = random.bytes(1 + random.nextInt(60_000));
                    content.add(chunk);
                    add(pipeline, ChunkKind.CONTENT, chunk);
                }
                pipeline.flush();
            }
            losing.settle();
            List<String> names = new ArrayList<>();
            below.list("packs/", object -> names.add(object.name().value()));
            if (effect == Effect.NONE) {
                assertThat(names).hasSameSizeAs(stored);
            } else {
                assertThat(names.size()).isGreaterThan(stored.size());
            }
            below.list(
                    "packs/",
                    object -> assertThat(objects.put(
                                    object.name(), below.get(object.name()).orElseThrow()))
                            .isEqualTo(PutOutcome.STORED));
            assertThat(readBack(PackKind.DATA)).containsExactlyInAnyOrderElementsOf(ids(content));
        }
    }

    /** Flushing is what a backup does last: it must not wait for stages that have died. */
    @Test
    void everyCallThrowsOnceTheStoreHasFailed() {
        for (long failing = 1; failing <= 4; failing++) {
            for (Effect effect : Effect.values()) {
                FaultStore store = new FaultStore(
                        new MemoryStore(), FaultScript.atMutation(failing, Fault.error(ErrorCode.NO_SPACE, effect)));
                try (PackPipeline pipeline = pipeline(store)) {
                    SeededRandom random = new SeededRandom(failing);
                    assertThat(codeOf(() -> {
                                for (int i = 0; i < 20; i++) {
                                    add(pipeline, ChunkKind.CONTENT, random.bytes(50_000));
                                }
                                pipeline.flush();
                            }))
                            .isEqualTo(ErrorCode.NO_SPACE);
                    for (int i = 0; i < 3; i++) {
                        assertThat(codeOf(pipeline::flush)).isEqualTo(ErrorCode.NO_SPACE);
                        assertThat(codeOf(() -> add(pipeline, ChunkKind.CONTENT, new byte[10])))
                                .isEqualTo(ErrorCode.NO_SPACE);
                    }
                }
            }
        }
    }

    @Test
    void throwsInsteadOfHangingWhenTheStoreFailsBeforeAFlush() throws InterruptedException {
        FaultStore store = new FaultStore(
                new MemoryStore(),
                FaultScript.when(
                        call -> call.operation() == StoreOperation.PUT, Fault.error(ErrorCode.FAILED, Effect.NONE)));
        for (int round = 0; round < 20; round++) {
            try (PackPipeline pipeline = pipeline(store)) {
                add(pipeline, ChunkKind.TREE_PAGE, new byte[10]);
                add(pipeline, ChunkKind.CONTENT, new SeededRandom(round).bytes(70_000));
                if (round % 2 == 0) {
                    Thread.sleep(2);
                }
                assertThat(codeOf(pipeline::flush)).isEqualTo(ErrorCode.FAILED);
            }
        }
    }

    @Test
    void everyCallThrowsAfterTheListenerHasFailed() {
        try (PackPipeline pipeline = new PackPipeline(
                objects,
                keyring,
                sealer,
                BaseSource.NONE,
                new PackPipeline.PackSizes(1 << 16, 1 << 16),
                Instant.EPOCH,
                1,
                pack -> {
                    throw new IllegalStateException("listener");
                })) {
            add(pipeline, ChunkKind.CONTENT, new byte[10]);
            assertThat(codeOf(pipeline::flush)).isEqualTo(ErrorCode.FAILED);
            assertThat(codeOf(pipeline::flush)).isEqualTo(ErrorCode.FAILED);
        }
    }

    @Test
    void everyCallThrowsAfterClosing() {
        PackPipeline pipeline = pipeline(objects);
        add(pipeline, ChunkKind.CONTENT, new byte[10]);
        pipeline.close();
        pipeline.close();
        assertThat(codeOf(pipeline::flush)).isEqualTo(ErrorCode.INTERRUPTED);
        assertThat(codeOf(() -> add(pipeline, ChunkKind.CONTENT, new byte[10]))).isEqualTo(ErrorCode.INTERRUPTED);
    }

    @Test
    void givesUpWaitingWhenInterrupted() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicReference<ErrorCode> code = new AtomicReference<>();
        FaultStore slow = new FaultStore(new MemoryStore(), call -> {
            entered.countDown();
            awaitQuietly(mayEnd);
            return Optional.empty();
        });
        Thread thread = new Thread(() -> {
            try (PackPipeline pipeline = pipeline(slow)) {
                add(pipeline, ChunkKind.CONTENT, new byte[10]);
                code.set(codeOf(pipeline::flush));
                mayEnd.countDown();
            }
        });
        thread.start();
        entered.await();
        thread.interrupt();
        thread.join();
        assertThat(code.get()).isEqualTo(ErrorCode.INTERRUPTED);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void keepsPacksNearTheirSize() {

        try (PackPipeline pipeline = pipeline(objects)) {
            for (int i = 0; i < 100; i++) {
                add(pipeline, ChunkKind.CONTENT, random.bytes(1_200_000));
            }
            pipeline.flush();
        }
        assertThat(stored).hasSize(100);
        assertThat(stored).allMatch(pack -> pack.sizeBytes() < 1_300_000);
        assertThat(stored.stream().mapToLong(StoredPack::plainBytes).sum()).isEqualTo(120_000_000);
    }
}
