package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;

/** Reads chunks by id. Safe for many threads. */
@FunctionalInterface
public interface ChunkSource {
    /**
     * The content of a chunk, its id checked.
     *
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where no intact copy is found
     */
    byte[] read(ChunkId id);
}
