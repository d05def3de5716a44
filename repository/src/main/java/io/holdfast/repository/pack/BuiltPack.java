package io.holdfast.repository.pack;

import io.holdfast.repository.crypto.Envelope;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A pack ready to be stored.
 *
 * @param content its bytes, valid until {@link #release}
 * @param plainBytes what its chunks hold, before compression
 */
record BuiltPack(
        PackId id,
        Envelope envelope,
        PackToc toc,
        int sizeBytes,
        long plainBytes,
        List<ByteBuffer> content,
        Pieces pieces) {

    /** A part of the content. */
    byte[] bytes(int offset, int length) {
        byte[] part = new byte[length];
        int skip = offset;
        int done = 0;
        for (ByteBuffer piece : content) {
            int from = Math.min(skip, piece.remaining());
            skip -= from;
            int count = Math.min(length - done, piece.remaining() - from);
            piece.get(piece.position() + from, part, done, count);
            done += count;
        }
        return part;
    }

    /** Gives back the memory of the pieces that end before this offset; what lies there must not be asked for any more. */
    void releaseUpTo(int offset) {
        pieces.releaseUpTo(offset);
    }

    void release() {
        pieces.release();
    }
}
