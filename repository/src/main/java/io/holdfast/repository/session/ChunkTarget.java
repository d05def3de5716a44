package io.holdfast.repository.session;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.tree.ChunkSink;
import java.util.List;

/** Where a backup's chunks go: a session, or nowhere in a dry run. */
public interface ChunkTarget extends ChunkSink {
    /** Whether a chunk of the parent's tree may be referenced without being sent (step W4); for any thread. */
    boolean contains(ChunkId id);

    /** Told that metadata which is there is damaged: it must not be referenced again; for any thread. */
    void distrustMetadata();

    /**
     * Takes the chunk unless it is there, and copies what it needs; for one thread. True where it is new, as far as that is known yet.
     *
     * @param older chunks that it is likely to be like
     */
    boolean add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older);

    /** Whether it makes a difference which chunks a new one is like. */
    boolean takesDeltas();
}
