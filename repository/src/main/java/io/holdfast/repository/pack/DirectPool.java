package io.holdfast.repository.pack;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Direct buffers of one size, kept for reuse: packs in the making lie outside of the heap, where no collector copies them and the
 * store writes them without another copy. Holds what it once gave out; the pipeline's own limits bound how much that is. Thread-safe.
 */
final class DirectPool {
    private final int pieceBytes;
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

    DirectPool(int pieceBytes) {
        this.pieceBytes = pieceBytes;
    }

    int pieceBytes() {
        return pieceBytes;
    }

    /** An empty buffer with old content in it. */
    ByteBuffer lease() {
        synchronized (free) {
            ByteBuffer piece = free.pollLast();
            if (piece != null) {
                return piece.clear();
            }
        }
        return ByteBuffer.allocateDirect(pieceBytes);
    }

    void giveBack(ByteBuffer piece) {
        synchronized (free) {
            free.addLast(piece);
        }
    }
}
