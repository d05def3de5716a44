package io.holdfast.repository.index;

import io.holdfast.repository.pack.PackReader.FramePlace;

/** Where a chunk lies: its frame, and its position in it. */
public record ChunkPlace(FramePlace frame, int ordinal) {}
