package io.holdfast.sources.backup;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.tree.ChunkSink;

/** Where a backup's chunks go: a session, or nowhere in a dry run. */
interface ChunkTarget extends ChunkSink {
    /** Whether the chunk may be referenced without being sent; for any thread. */
    boolean contains(ChunkId id);

    /** Told that metadata which is there is damaged: it must not be referenced again; for any thread. */
    void distrustMetadata();

    /** Takes the chunk unless it is there; for one thread. True where it was new. */
    boolean add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length);
}
