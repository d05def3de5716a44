package io.holdfast.repository.pack;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A growing string of bytes in pieces of equal size, leased from a pool. Not thread-safe. */
final class Pieces {
    private final BufferPool pool;
    private final List<byte[]> pieces = new ArrayList<>();
    private int length;

    Pieces(BufferPool pool) {
        this.pool = pool;
    }

    int length() {
        return length;
    }

    void append(byte[] bytes, int offset, int count) {
        int done = 0;
        while (done < count) {
            int at = length % pool.pieceBytes();
            if (at == 0) {
                pieces.add(pool.lease());
            }
            int step = Math.min(count - done, pool.pieceBytes() - at);
            System.arraycopy(bytes, offset + done, pieces.getLast(), at, step);
            done += step;
            length += step;
        }
    }

    /** Read-only views of all bytes. */
    List<ByteBuffer> buffers() {
        List<ByteBuffer> views = new ArrayList<>(pieces.size());
        for (int i = 0; i < pieces.size(); i++) {
            int count = Math.min(pool.pieceBytes(), length - i * pool.pieceBytes());
            views.add(ByteBuffer.wrap(pieces.get(i), 0, count).asReadOnlyBuffer());
        }
        return views;
    }

    /** Gives the memory back; the views are dead from here on. */
    void release() {
        pieces.forEach(pool::giveBack);
        pieces.clear();
        length = 0;
    }
}
