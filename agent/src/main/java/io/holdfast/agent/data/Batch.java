package io.holdfast.agent.data;

import io.holdfast.protocol.ChunkName;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import java.util.ArrayList;
import java.util.List;

/** Chunks that wait to be sent together; filled by one thread, then handed to another. */
final class Batch {
    /** As much as the largest chunk. */
    static final int BYTES = FrameCodec.MAX_PLAIN_BYTES;

    private static final int MOST = 16 * 1024;

    final byte[] plain;
    final List<Chunk> chunks = new ArrayList<>();
    private int filled;

    /** @param older what it is likely to be like */
    record Chunk(ChunkKind kind, ChunkId id, int offset, int length, List<ChunkId> older) {
        ChunkName name() {
            return new ChunkName(kind, id);
        }
    }

    /** @param plain room for {@link #BYTES}; its content is of no worth */
    Batch(byte[] plain) {
        this.plain = plain;
    }

    boolean hasRoomFor(int length) {
        return filled + length <= BYTES && chunks.size() < MOST;
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** Copies the chunk. */
    void add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older) {
        System.arraycopy(content, offset, plain, filled, length);
        chunks.add(new Chunk(kind, id, filled, length, older));
        filled += length;
    }
}
