package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * From chunks to stored packs. One thread adds chunks in the order in which they shall lie; the rest runs beside it:
 *
 * <pre>
 *   add ──► frames ──► compress (one thread a core) ──► encrypt and join, in order (one thread) ──► store (as many as the store likes)
 * </pre>
 *
 * Every queue is bounded, so {@link #add} blocks when the store is slower than the source. Memory: at most {@value
 * #FRAMES_IN_FLIGHT} frames with their compressed form, and {@link io.holdfast.storage.Capabilities#parallelPuts} packs.
 *
 * <p>The first failure stops all stages; every later call throws it.
 */
public final class PackPipeline implements AutoCloseable {
    private static final int FRAMES_IN_FLIGHT = 8;
    /** A pack of tiny chunks ends here: its table of contents is in memory while it is built, read and indexed. */
    public static final int MAX_CHUNKS = 64 * 1024;

    private static final RetryPolicy RETRIES = RetryPolicy.PATIENT;
    private static final int PIECE_BYTES = 1 << 20;
    /** What a delta takes besides its frame's content: tag, entries in the table of contents and in the index. */
    private static final int DELTA_OVERHEAD_BYTES = 160;
    /** A delta that takes more of what the chunk would take in full only makes reading dearer. */
    private static final double WORTH_IT = 0.75;
    /** A delta that is so much smaller than the chunk is taken without trying how small that would get. */
    private static final int CLEARLY_WORTH_IT = 16;

    /** How long a caller that waits for another stage may overlook that it has failed. */
    private static final int FAILURE_POLL_MILLIS = 200;

    private final ObjectStore store;
    private final Keyring keyring;
    private final Sealer sealer;
    private final PackSizes sizes;
    private final Instant lockUntil;
    private final Consumer<StoredPack> onStored;

    private final DirectPool pieces = new DirectPool(PIECE_BYTES);
    private final FramePool frames = new FramePool(2 * FRAMES_IN_FLIGHT, FRAMES_IN_FLIGHT, 2);
    private final ExecutorService compressors;
    private final ExecutorService uploaders;
    private final Thread assembler;
    private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(FRAMES_IN_FLIGHT);
    private final int packsInFlight;
    private final Semaphore packPermits;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final ThreadLocal<FrameCodec> codec;
    private final Queue<FrameCodec> allCodecs = new ConcurrentLinkedQueue<>();
    private final Map<PackKind, FrameAssembly> open = new EnumMap<>(PackKind.class);
    private final MonotonicClock clock;
    private final BaseSource baseSource;
    private final AtomicLong deltaCount = new AtomicLong();
    private final AtomicLong deltaPlainBytes = new AtomicLong();
    private final AtomicLong deltaStoredBytes = new AtomicLong();
    private boolean closed;

    /**
     * When a pack is full.
     *
     * @param dataBytes a data pack is closed when it has reached this size
     * @param frameBytes so much small content shares a frame, which is decoded as a whole; 1 MiB at most
     */
    public record PackSizes(int dataBytes, int metaBytes, int frameBytes) {
        public PackSizes(int dataBytes, int metaBytes) {
            this(dataBytes, metaBytes, FrameCodec.GROUP_BYTES);
        }

        /** The same with smaller frames. */
        public PackSizes withFrames(int bytes) {
            return new PackSizes(dataBytes, metaBytes, bytes);
        }

        int of(PackKind kind) {
            return kind == PackKind.DATA ? dataBytes : metaBytes;
        }
    }

    /**
     * @param baseSource asked for the chunks that deltas are built on
     * @param lockUntil packs are locked that long; {@link Instant#EPOCH} for no lock
     * @param threads compressing threads
     * @param onStored told of each pack once it is durable, from any thread, one call at a time
     * @param clock for the pauses before a pack is put again
     */
    public PackPipeline(
            ObjectStore store,
            Keyring keyring,
            Sealer sealer,
            BaseSource baseSource,
            PackSizes sizes,
            Instant lockUntil,
            int threads,
            Consumer<StoredPack> onStored,
            MonotonicClock clock) {
        this.clock = clock;
        this.baseSource = baseSource;
        this.store = store;
        this.keyring = keyring;
        this.sealer = sealer;
        this.sizes = sizes;
        this.lockUntil = lockUntil;
        this.onStored = onStored;
        this.compressors = Executors.newFixedThreadPool(threads, daemon("compress"));
        this.packsInFlight = store.capabilities().parallelPuts();
        this.packPermits = new Semaphore(packsInFlight);
        this.uploaders = Executors.newFixedThreadPool(packsInFlight, daemon("store"));
        this.codec = ThreadLocal.withInitial(() -> {
            FrameCodec made = new FrameCodec();
            allCodecs.add(made);
            return made;
        });
        this.assembler = daemon("assemble").newThread(this::assemble);
        this.assembler.start();
    }

    /** With the clock of this machine. */
    public PackPipeline(
            ObjectStore store,
            Keyring keyring,
            Sealer sealer,
            BaseSource baseSource,
            PackSizes sizes,
            Instant lockUntil,
            int threads,
            Consumer<StoredPack> onStored) {
        this(store, keyring, sealer, baseSource, sizes, lockUntil, threads, onStored, MonotonicClock.system());
    }

    /** What the assembler does next, in order. */
    private sealed interface Step {
        record Append(PackKind kind, Future<EncodedFrame> frame) implements Step {}

        /** Close what is open, wait until all is stored, then tell. */
        record Flush(CountDownLatch done) implements Step {}

        record Stop() implements Step {}
    }

    /** Chunks that will be a frame. Used by the adding thread alone. */
    private static final class FrameAssembly {
        byte[] plain;
        int length;
        int count;
        ChunkId[] ids = new ChunkId[64];
        ChunkKind[] kinds = new ChunkKind[64];
        int[] lengths = new int[64];
        /** What its only chunk may be built on. */
        List<ChunkId> bases = List.of();

        FrameAssembly(byte[] plain) {
            this.plain = plain;
        }

        void add(ChunkKind kind, ChunkId id, int chunkLength) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
                kinds = Arrays.copyOf(kinds, 2 * count);
                lengths = Arrays.copyOf(lengths, 2 * count);
            }
            ids[count] = id;
            kinds[count] = kind;
            lengths[count++] = chunkLength;
            length += chunkLength;
        }
    }

    /**
     * Adds a chunk, copying it. To be called by one thread.
     *
     * @param length 1 to 4 MiB
     */
    public void add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length) {
        requireLength(length);
        PackKind packKind = kind.packKind();
        if (length > FrameCodec.GROUP_BYTES) {
            addAlone(kind, id, content, offset, length, List.of());
            return;
        }
        checkRunning();
        FrameAssembly frame = open.get(packKind);
        // A repository of small packs has frames no larger than these.
        int frameBytes = packKind == PackKind.DATA ? sizes.frameBytes() : FrameCodec.GROUP_BYTES;
        int groupBytes = Math.min(frameBytes, sizes.of(packKind));
        if (frame != null && (frame.length + length > groupBytes || frame.count == FrameCodec.MAX_CHUNKS)) {
            submit(packKind, frame);
            frame = null;
        }
        if (frame == null) {
            frame = new FrameAssembly(frames.lease(FrameCodec.GROUP_BYTES));
            open.put(packKind, frame);
        }
        System.arraycopy(content, offset, frame.plain, frame.length, length);
        frame.add(kind, id, length);
    }

    /**
     * The same for a chunk that is stored as what differs from others where that takes at most three quarters of the room; else in a frame of its own.
     *
     * @param bases 1 to {@link FrameCodec#MAX_BASES} chunks that are stored in full and stay, of at most {@link FrameCodec#MAX_DICTIONARY_BYTES} together
     */
    public void add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> bases) {
        requireLength(length);
        if (kind.packKind() != PackKind.DATA || bases.isEmpty() || bases.size() > FrameCodec.MAX_BASES) {
            throw new IllegalArgumentException("a delta of kind " + kind + " on " + bases.size() + " chunks");
        }
        addAlone(kind, id, content, offset, length, bases);
    }

    /**
     * Adds a frame as it is stored elsewhere.
     *
     * @param frame as {@link PackReader#readEncoded} returns it
     * @param chunks all that is in it, in order
     */
    public void addEncoded(byte[] frame, List<TocEntry> chunks) {
        checkRunning();
        TocEntry first = chunks.getFirst();
        int plainBytes = chunks.stream().mapToInt(TocEntry::lengthBytes).sum();
        byte[] encoded = frames.lease(plainBytes);
        if (frame.length > encoded.length) {
            throw HoldfastException.damaged("the frame of chunk " + first.id() + " is longer than what is in it");
        }
        System.arraycopy(frame, 0, encoded, 0, frame.length);
        put(new Step.Append(
                first.kind().packKind(),
                CompletableFuture.completedFuture(new EncodedFrame(
                        encoded,
                        frame.length,
                        chunks.stream().map(TocEntry::id).toArray(ChunkId[]::new),
                        chunks.stream().map(TocEntry::kind).toArray(ChunkKind[]::new),
                        chunks.stream().mapToInt(TocEntry::lengthBytes).toArray(),
                        chunks.size(),
                        first.bases()))));
    }

    /** Deltas so far, what they hold and what they take. */
    public DeltaCount deltas() {
        return new DeltaCount(deltaCount.get(), deltaPlainBytes.get(), deltaStoredBytes.get());
    }

    /**
     * Chunks that were stored as what differs from others.
     *
     * @param plainBytes what they hold
     * @param storedBytes what they take
     */
    public record DeltaCount(long chunks, long plainBytes, long storedBytes) {}

    /** Waits until everything added is durable in packs. */
    public void flush() {
        checkRunning();
        open.values().forEach(frame -> submitFrame(frame));
        open.clear();
        CountDownLatch done = new CountDownLatch(1);
        put(new Step.Flush(done));
        try {
            // A stage that dies with this step in its hands, or before it gets there, never counts it down.
            while (!done.await(FAILURE_POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                checkRunning();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        checkRunning();
    }

    /** Stops all stages without waiting for what is unfinished; after {@link #flush} nothing is. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        fail(new HoldfastException(ErrorCode.INTERRUPTED, "stopped"));
        compressors.shutdownNow();
        uploaders.shutdownNow();
        assembler.interrupt();
        boolean wasInterrupted = Thread.interrupted();
        try {
            assembler.join();
            while (!compressors.awaitTermination(1, TimeUnit.MINUTES)) {
                // A compression takes milliseconds; this ends.
            }
            while (!uploaders.awaitTermination(1, TimeUnit.MINUTES)) {
                // The store decides how long a put lasts.
            }
        } catch (InterruptedException e) {
            wasInterrupted = true;
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        allCodecs.forEach(FrameCodec::close);
    }

    private static void requireLength(int length) {
        if (length < 1 || length > FrameCodec.MAX_PLAIN_BYTES) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "a chunk of " + length + " bytes, which no reader would take");
        }
    }

    private void addAlone(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> bases) {
        checkRunning();
        FrameAssembly alone = new FrameAssembly(frames.lease(length));
        alone.bases = bases;
        System.arraycopy(content, offset, alone.plain, 0, length);
        alone.add(kind, id, length);
        submit(kind.packKind(), alone);
    }

    private void submitFrame(FrameAssembly frame) {
        submit(frame.kinds[0].packKind(), frame);
    }

    private void submit(PackKind kind, FrameAssembly frame) {
        open.remove(kind, frame);
        put(new Step.Append(kind, compressors.submit(() -> compress(frame))));
    }

    private void put(Step step) {
        try {
            while (!steps.offer(step, FAILURE_POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                checkRunning();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private EncodedFrame compress(FrameAssembly frame) {
        byte[] encoded = frames.lease(frame.length);
        int delta = frame.bases.isEmpty() ? -1 : encodeDelta(frame, encoded);
        boolean isDelta = delta >= 0;
        if (isDelta) {
            deltaCount.incrementAndGet();
            deltaPlainBytes.addAndGet(frame.length);
            deltaStoredBytes.addAndGet(delta);
        }
        int length = isDelta ? delta : codec.get().encode(frame.plain, frame.lengths, frame.count, encoded);
        frames.giveBack(frame.plain);
        return new EncodedFrame(
                encoded, length, frame.ids, frame.kinds, frame.lengths, frame.count, isDelta ? frame.bases : List.of());
    }

    /** The length of the delta, or −1 where it is not worth it or its base cannot be had. */
    private int encodeDelta(FrameAssembly frame, byte[] encoded) {
        byte[] dictionary = {};
        try {
            for (ChunkId base : frame.bases) {
                byte[] content = baseSource.read(base);
                dictionary = dictionary.length == 0 ? content : FrameCodec.join(dictionary, content);
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            // Archived by now; or damaged: whoever looks for that will find it, and this chunk becomes the better for
            // it.
            return -1;
        }
        if (dictionary.length > FrameCodec.MAX_DICTIONARY_BYTES || !FrameCodec.canBeBase(dictionary)) {
            return -1;
        }
        FrameCodec mine = codec.get();
        int room = (int) (frame.length * WORTH_IT);
        int delta = mine.encodeDelta(frame.plain, frame.length, frame.bases, dictionary, encoded, room);
        if (delta < 0 || delta + DELTA_OVERHEAD_BYTES <= frame.length / CLEARLY_WORTH_IT) {
            return delta;
        }
        byte[] full = frames.lease(frame.length);
        int fullLength = mine.encode(frame.plain, frame.lengths, frame.count, full);
        frames.giveBack(full);
        return delta + DELTA_OVERHEAD_BYTES <= fullLength * WORTH_IT ? delta : -1;
    }

    private void assemble() {
        Map<PackKind, PackBuilder> builders = new EnumMap<>(PackKind.class);
        PackBuilder.Scratch scratch = new PackBuilder.Scratch();
        try {
            while (true) {
                switch (steps.take()) {
                    case Step.Append append -> {
                        PackBuilder builder =
                                builders.computeIfAbsent(append.kind(), kind -> newBuilder(kind, scratch));
                        EncodedFrame frame = append.frame().get();
                        builder.append(frame);
                        frames.giveBack(frame.bytes());
                        if (builder.sizeBytes() >= sizes.of(append.kind()) || builder.chunkCount() >= MAX_CHUNKS) {
                            builders.remove(append.kind());
                            upload(builder);
                        }
                    }
                    case Step.Flush flush -> {
                        for (PackBuilder builder : builders.values()) {
                            upload(builder);
                        }
                        builders.clear();
                        packPermits.acquire(packsInFlight);
                        packPermits.release(packsInFlight);
                        flush.done().countDown();
                    }
                    case Step.Stop ignored -> {
                        return;
                    }
                }
            }
        } catch (InterruptedException ignored) {
            fail(new HoldfastException(ErrorCode.INTERRUPTED, "stopped"));
        } catch (ExecutionException e) {
            fail(e.getCause() == null ? e : e.getCause());
        } catch (Throwable e) {
            fail(e);
        } finally {
            releaseWaiters();
        }
    }

    private PackBuilder newBuilder(PackKind kind, PackBuilder.Scratch scratch) {
        return new PackBuilder(kind, sealer.newEnvelope(kind.objectKind()), keyring, pieces, scratch);
    }

    private void upload(PackBuilder builder) throws InterruptedException {
        BuiltPack built = builder.finish();
        packPermits.acquire();
        uploaders.execute(() -> {
            BuiltPack pack = built;
            try {
                for (int attempt = 1; failure.get() == null; attempt++) {
                    Optional<HoldfastException> problem = put(pack);
                    if (problem.isEmpty()) {
                        stored(pack);
                        break;
                    }
                    if (attempt == RETRIES.maxAttempts()) {
                        throw problem.get();
                    }
                    clock.sleep(RETRIES.pauseAfter(attempt, pack.id().jitter()));
                    BuiltPack again = resalted(pack);
                    pack.release();
                    pack = again;
                }
            } catch (Throwable e) {
                fail(e);
            } finally {
                pack.release();
                packPermits.release();
            }
        });
    }

    /** What went wrong where that may pass. Whether the pack is there then, nobody knows (step W5). */
    private Optional<HoldfastException> put(BuiltPack pack) {
        try {
            store.put(pack.id().name(), pack.content(), lockUntil);
            return Optional.empty();
        } catch (HoldfastException e) {
            if (!store.mayPass(e)) {
                throw e;
            }
            return Optional.of(e);
        }
    }

    /** The same content as another pack: a name is put once, so that a first try that arrives late hits nobody. Uses up the first. */
    private BuiltPack resalted(BuiltPack pack) {
        PackBuilder anew = newBuilder(pack.id().kind(), new PackBuilder.Scratch());
        anew.takeFramesOf(pack, keyring);
        return anew.finish();
    }

    private void stored(BuiltPack pack) {
        StoredPack stored = new StoredPack(
                pack.id(),
                Bytes.copyOf(pack.envelope().salt()),
                pack.envelope().epoch(),
                pack.toc(),
                pack.sizeBytes(),
                pack.plainBytes());
        synchronized (onStored) {
            onStored.accept(stored);
        }
    }

    private void fail(Throwable cause) {
        if (failure.compareAndSet(null, cause) && Thread.currentThread() != assembler) {
            assembler.interrupt();
        }
    }

    /** Nobody may wait for ever for a stage that has died. */
    private void releaseWaiters() {
        Step step;
        while ((step = steps.poll()) != null) {
            if (step instanceof Step.Flush flush) {
                flush.done().countDown();
            }
        }
    }

    private void checkRunning() {
        Throwable cause = failure.get();
        if (cause == null) {
            return;
        }
        if (cause instanceof HoldfastException known) {
            throw new HoldfastException(
                    known.code(),
                    String.valueOf(known.getMessage()),
                    known.hint().orElse(null),
                    known);
        }
        throw new HoldfastException(ErrorCode.FAILED, "writing packs failed: " + cause, null, cause);
    }

    private static HoldfastException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
    }

    private static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().daemon().name("holdfast-" + name + "-", 0).factory();
    }
}
