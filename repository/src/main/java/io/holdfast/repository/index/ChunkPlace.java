package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.List;

/**
 * Where a chunk lies.
 *
 * @param ordinal its position in the frame
 * @param framesEnd where the frames of the pack end
 * @param bases of a delta, the chunks it is built on; else empty
 */
public record ChunkPlace(FramePlace frame, int ordinal, int framesEnd, List<ChunkId> bases) {
    public ChunkPlace {
        bases = List.copyOf(bases);
    }

    public boolean isDelta() {
        return !bases.isEmpty();
    }
}
