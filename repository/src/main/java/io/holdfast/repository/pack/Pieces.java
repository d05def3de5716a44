package io.holdfast.repository.pack;

import io.holdfast.repository.crypto.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** A growing string of bytes in pieces of equal size, leased from a pool, hashed as it grows. Not thread-safe. */
final class Pieces {
    private final DirectPool pool;
    /** Given back already, from the first on. */
    private int released;

    private final List<ByteBuffer> pieces = new ArrayList<>();
    private final MessageDigest digest = Sha256.digest();
    private int length;

    Pieces(DirectPool pool) {
        this.pool = pool;
    }

    int length() {
        return length;
    }

    void append(byte[] bytes, int offset, int count) {
        digest.update(bytes, offset, count);
        int done = 0;
        while (done < count) {
            if (length % pool.pieceBytes() == 0) {
                pieces.add(pool.lease());
            }
            ByteBuffer last = pieces.getLast();
            int step = Math.min(count - done, last.remaining());
            last.put(bytes, offset + done, step);
            done += step;
            length += step;
        }
    }

    /** SHA-256 of all bytes. Call once, at the end. */
    byte[] hash() {
        return digest.digest();
    }

    /** Read-only views of all bytes. */
    List<ByteBuffer> buffers() {
        return pieces.stream()
                .map(piece -> piece.duplicate().flip().asReadOnlyBuffer())
                .toList();
    }

    /** Gives back the pieces that end before this offset; their views are dead from here on. */
    void releaseUpTo(int offset) {
        int count = Math.min(pieces.size(), offset / pool.pieceBytes());
        for (; released < count; released++) {
            pool.giveBack(pieces.get(released));
        }
    }

    /** Gives the memory back; the views are dead from here on. */
    void release() {
        pieces.subList(Math.min(released, pieces.size()), pieces.size()).forEach(pool::giveBack);
        released = 0;
        pieces.clear();
        length = 0;
    }
}
