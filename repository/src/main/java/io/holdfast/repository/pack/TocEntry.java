package io.holdfast.repository.pack;

import io.holdfast.repository.ChunkId;
import java.util.List;

/**
 * A chunk in a table of contents.
 *
 * @param frame number of the frame in the pack
 * @param ordinal position of the chunk in the frame
 * @param lengthBytes 1 to 4 MiB
 * @param bases of a delta, the chunks it is built on; else empty
 */
public record TocEntry(ChunkId id, ChunkKind kind, int frame, int ordinal, int lengthBytes, List<ChunkId> bases) {
    public TocEntry {
        bases = List.copyOf(bases);
    }

    /** A chunk that is stored in full. */
    public TocEntry(ChunkId id, ChunkKind kind, int frame, int ordinal, int lengthBytes) {
        this(id, kind, frame, ordinal, lengthBytes, List.of());
    }

    public boolean isDelta() {
        return !bases.isEmpty();
    }
}
