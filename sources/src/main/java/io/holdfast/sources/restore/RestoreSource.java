package io.holdfast.sources.restore;

import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.tree.ChunkSource;

/** Where a restore reads: a repository that is open here, or a snapshot behind a media server. For one restore, which closes it. */
public interface RestoreSource extends AutoCloseable {
    /** Processors. */
    int threads();

    /** Reads metadata, and chunks of content one by one, with all copies tried; safe for many threads. */
    ChunkSource chunks();

    /** Tells whether what is there already is the content of a chunk; for one thread. */
    ChunkHasher newComparingHasher();

    /** An empty plan. */
    <N> ContentPlan<N> newPlan();

    @Override
    void close();
}
