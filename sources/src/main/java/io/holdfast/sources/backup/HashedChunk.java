package io.holdfast.sources.backup;

import io.holdfast.repository.ChunkId;

/** A chunk in a buffer, and its id once it is hashed. */
final class HashedChunk {
    final byte[] buffer;
    final int offset;
    final int length;
    ChunkId id = NONE;

    private static final ChunkId NONE = new ChunkId(0, 0, 0, 0);

    HashedChunk(byte[] buffer, int offset, int length) {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
    }
}
