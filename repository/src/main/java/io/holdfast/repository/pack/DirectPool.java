package io.holdfast.repository.pack;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Direct buffers of one size, kept for reuse: packs in the making lie outside of the heap, where no collector copies them and the
 * store writes them without another copy. Holds what it once gave out; the pipeline's own limits bound how much that is. Thread-safe.
 */
final class DirectPool {
    /** Pieces begin at whole pages, so that a store can hand them to a disk as they are. */
    private static final int PAGE_BYTES = 4096;

    private final int pieceBytes;
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private int allocated;

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
            allocated++;
        }
        int pages = Math.ceilDiv(pieceBytes, PAGE_BYTES) + 1;
        return ByteBuffer.allocateDirect(pages * PAGE_BYTES)
                .alignedSlice(PAGE_BYTES)
                .slice(0, pieceBytes);
    }

    /** How many pieces there are, leased or free. */
    int allocated() {
        synchronized (free) {
            return allocated;
        }
    }

    void giveBack(ByteBuffer piece) {
        synchronized (free) {
            free.addLast(piece);
        }
    }
}
