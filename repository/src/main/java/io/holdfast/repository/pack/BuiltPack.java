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

    void release() {
        pieces.release();
    }
}
