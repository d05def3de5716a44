package io.holdfast.agent.data;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.BufferPool;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sends chunks to a media server: several streams of content at a time, and beside them one of metadata, as a page may only refer to what has arrived. So a stream of pages waits for all that was
 * added before it. Each is compressed by the thread that sends it.
 *
 * <p>{@link #add} is for one thread; it waits where the media server is slower than the source. Memory: some 20 MiB a stream. The first failure stops all of it; every
 * later call throws it.
 */
final class FrameSender implements AutoCloseable {
    /** While one waits for its answer, the others compress. */
    private static final int MOST_STREAMS = 4;

    private static final int POLL_MILLIS = 200;

    private final MediaCalls calls;
    private final String session;
    private final boolean asks;
    private final int frameBytes;
    private final ExecutorService senders;
    private final BufferPool buffers;
    private final Semaphore room;
    private final int batches;
    private final Map<PackKind, Batch> open = new EnumMap<>(PackKind.class);
    private final Map<Long, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();
    private long submitted;
    private CompletableFuture<Void> metadata = CompletableFuture.completedFuture(null);
    private final Queue<StreamEncoder> encoders = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicLong sentBytes = new AtomicLong();
    private final AtomicLong encodedBytes = new AtomicLong();

    /**
     * @param asks whether the media server may know something of what is added
     * @param frameBytes so much small content shares a frame
     * @param threads processors
     */
    FrameSender(MediaCalls calls, String session, boolean asks, int frameBytes, int threads) {
        this.calls = calls;
        this.session = session;
        this.asks = asks;
        this.frameBytes = frameBytes;
        int streams = Math.min(MOST_STREAMS, threads + 1);
        this.senders = Executors.newFixedThreadPool(
                streams, Thread.ofPlatform().daemon().name("holdfast-send-", 0).factory());
        this.batches = streams + 2;
        this.buffers = new BufferPool(Batch.BYTES, batches);
        this.room = new Semaphore(batches);
    }

    /** Takes a chunk, copying it. */
    void add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older) {
        checkRunning();
        PackKind packKind = kind.packKind();
        Batch batch = open.get(packKind);
        if (batch != null && !batch.hasRoomFor(length)) {
            submit(packKind);
            batch = null;
        }
        if (batch == null) {
            batch = new Batch(leaseBuffer());
            open.put(packKind, batch);
        }
        batch.add(kind, id, content, offset, length, older);
    }

    /** What is on its way needs nothing of what is open, so that waiting for room ends. */
    private byte[] leaseBuffer() {
        try {
            while (!room.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                checkRunning();
            }
            return buffers.lease();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void submit(PackKind kind) {
        Batch batch = open.remove(kind);
        if (batch == null || batch.isEmpty()) {
            return;
        }
        if (kind == PackKind.DATA) {
            track(CompletableFuture.runAsync(() -> send(batch), senders));
        } else {
            // What it refers to comes before it.
            submit(PackKind.DATA);
            CompletableFuture<Void> before =
                    CompletableFuture.allOf(underWay.values().toArray(new CompletableFuture<?>[0]));
            metadata = CompletableFuture.allOf(before, metadata).thenRunAsync(() -> send(batch), senders);
            track(metadata);
        }
    }

    private void track(CompletableFuture<Void> sending) {
        long number = submitted++;
        underWay.put(number, sending);
        CompletableFuture<Void> ignored = sending.whenComplete((done, problem) -> {
            if (problem != null) {
                Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
                failure.compareAndSet(null, cause == null ? problem : cause);
            }
            underWay.remove(number);
        });
    }

    private void send(Batch batch) {
        if (failure.get() != null) {
            return;
        }
        List<Batch.Chunk> chunks = asks ? unknown(batch.chunks) : batch.chunks;
        if (!chunks.isEmpty()) {
            StreamEncoder polled = encoders.poll();
            StreamEncoder encoder = polled != null ? polled : new StreamEncoder(frameBytes);
            try {
                StreamEncoder.Stream stream = encoder.encode(batch.plain, chunks);
                calls.frames(session, stream.array(), stream.size());
                encodedBytes.addAndGet(encoder.encodedBytes());
                sentBytes.addAndGet(
                        chunks.stream().mapToLong(Batch.Chunk::length).sum());
            } catch (IOException e) {
                throw new UncheckedIOException(e); // An array takes everything.
            } finally {
                encoders.add(encoder);
            }
        }
        buffers.giveBack(batch.plain);
        room.release();
    }

    private List<Batch.Chunk> unknown(List<Batch.Chunk> chunks) {
        BitSet known =
                calls.known(session, chunks.stream().map(Batch.Chunk::name).toList());
        BitSet unknown = new BitSet(chunks.size());
        unknown.set(0, chunks.size());
        unknown.andNot(known);
        return unknown.stream().mapToObj(chunks::get).toList();
    }

    /** Waits until everything added has arrived. */
    void flush() {
        checkRunning();
        submit(PackKind.META);
        submit(PackKind.DATA);
        try {
            while (!room.tryAcquire(batches, POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                checkRunning();
            }
            room.release(batches);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        checkRunning();
    }

    /** What was sent so far, before compression. */
    long sentBytes() {
        return sentBytes.get();
    }

    /** The same, compressed. */
    long encodedBytes() {
        return encodedBytes.get();
    }

    /** Stops without waiting for what is not sent; after {@link #flush} nothing is. */
    @Override
    public void close() {
        failure.compareAndSet(null, new HoldfastException(ErrorCode.INTERRUPTED, "stopped"));
        senders.shutdownNow();
        boolean wasInterrupted = Thread.interrupted();
        try {
            while (!senders.awaitTermination(1, TimeUnit.MINUTES)) {
                // A call that was interrupted ends.
            }
        } catch (InterruptedException e) {
            wasInterrupted = true;
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        encoders.forEach(StreamEncoder::close);
        encoders.clear();
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
        throw new HoldfastException(ErrorCode.FAILED, "sending failed: " + cause, null, cause);
    }

    private static HoldfastException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
    }
}
