package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.FrameCodec;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Decodes what hosts send and names each chunk again (rule D2). Thread-safe; each caller works with contexts and an array of his own meanwhile. */
final class FrameCheck implements AutoCloseable {
    private final Supplier<ChunkHasher> hashers;
    private final Queue<Bench> free = new ConcurrentLinkedQueue<>();

    FrameCheck(Supplier<ChunkHasher> hashers) {
        this.hashers = hashers;
    }

    private record Bench(FrameCodec codec, ChunkHasher hasher, byte[] plain) {}

    /** Takes a frame whose chunks are what they are said to be. */
    @FunctionalInterface
    interface Taker {
        /** @param decoded valid until this returns */
        void take(FrameCodec.Decoded decoded);
    }

    /** @throws HoldfastException {@code DAMAGED} or {@code REFUSED} where it is not what is said of it */
    void check(FrameRecord frame, Taker taker) {
        Bench polled = free.poll();
        Bench bench =
                polled != null ? polled : new Bench(new FrameCodec(), hashers.get(), new byte[FrameCodec.GROUP_BYTES]);
        try {
            taker.take(decode(frame, bench));
        } finally {
            free.add(bench);
        }
    }

    private static FrameCodec.Decoded decode(FrameRecord frame, Bench bench) {
        FrameCodec.Decoded decoded = bench.codec()
                .decode(
                        frame.encoded(),
                        frame.encoded().length,
                        bench.plain(),
                        "a frame that was sent",
                        BaseSource.NONE);
        if (decoded.chunkCount() != frame.chunks().size()) {
            throw HoldfastException.damaged("a frame that was sent holds " + decoded.chunkCount() + " chunks, and "
                    + frame.chunks().size() + " were announced");
        }
        for (int i = 0; i < decoded.chunkCount(); i++) {
            FrameRecord.Chunk chunk = frame.chunks().get(i);
            if (decoded.length(i) != chunk.lengthBytes()) {
                throw HoldfastException.damaged("chunk " + chunk.id() + " that was sent has " + decoded.length(i)
                        + " bytes, and " + chunk.lengthBytes() + " were announced");
            }
            if (!bench.hasher()
                    .id(decoded.plain(), decoded.starts()[i], chunk.lengthBytes())
                    .equals(chunk.id())) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "chunk " + chunk.id() + " was sent with another content",
                        "The host computes wrongly, or what it sends was changed on the way.");
            }
        }
        return decoded;
    }

    /** To be called when nobody checks. */
    @Override
    public void close() {
        for (Bench bench = free.poll(); bench != null; bench = free.poll()) {
            bench.codec().close();
        }
    }
}
