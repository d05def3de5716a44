package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;

/**
 * A chunk and its length.
 *
 * @param lengthBytes 1 to 4 MiB
 */
public record PageRef(ChunkId id, int lengthBytes) {}
