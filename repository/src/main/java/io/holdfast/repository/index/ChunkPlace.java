package io.holdfast.repository.index;

import io.holdfast.repository.pack.PackReader.FramePlace;

/**
 * Where a chunk lies: its frame, and its position in it.
 *
 * @param lost found damaged there: not to be relied on, though trying costs nothing but time
 */
public record ChunkPlace(FramePlace frame, int ordinal, boolean lost) {}
