package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;

/** Takes chunks in; called by one thread. */
@FunctionalInterface
public interface ChunkSink {
    /** Stores the chunk unless it is there already; copies what it needs. Returns its id. */
    ChunkId store(ChunkKind kind, byte[] content, int offset, int length);
}
