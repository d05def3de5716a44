package io.holdfast.repository.pack;

import java.util.ArrayDeque;

/**
 * Arrays of one size, kept for reuse: zeroing and collecting megabytes costs more than it seems. Holds what it once gave out;
 * the pipeline's own limits bound how much that is. Thread-safe.
 */
public final class BufferPool {
    private final int pieceBytes;
    private final int keep;
    private final ArrayDeque<byte[]> free = new ArrayDeque<>();

    /** @param keep how many free arrays are kept at most */
    public BufferPool(int pieceBytes, int keep) {
        this.pieceBytes = pieceBytes;
        this.keep = keep;
    }

    public int pieceBytes() {
        return pieceBytes;
    }

    /** An array with old content in it. */
    public byte[] lease() {
        synchronized (free) {
            byte[] piece = free.pollLast();
            if (piece != null) {
                return piece;
            }
        }
        return new byte[pieceBytes];
    }

    public void giveBack(byte[] piece) {
        if (piece.length != pieceBytes) {
            throw new IllegalArgumentException("an array of " + piece.length + " bytes is not of this pool");
        }
        synchronized (free) {
            if (free.size() < keep) {
                free.addLast(piece);
            }
        }
    }
}
