package io.holdfast.repository.pack;

import io.holdfast.repository.ChunkId;

/**
 * A chunk in a table of contents.
 *
 * @param frame number of the frame in the pack
 * @param ordinal position of the chunk in the frame
 * @param lengthBytes 1 to 4 MiB
 */
public record TocEntry(ChunkId id, ChunkKind kind, int frame, int ordinal, int lengthBytes) {}
