package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Writes the table of deltas of a segment, by ascending frame. */
final class DeltaWriter {
    private final MemorySegment target;
    private final SegmentLayout layout;
    private int deltas;
    private int bases;

    DeltaWriter(MemorySegment target, SegmentLayout layout) {
        this.target = target;
        this.layout = layout;
    }

    void write(int frame, List<ChunkId> on) {
        long at = layout.deltasAt() + (long) deltas++ * SegmentLayout.DELTA_BYTES;
        target.set(SegmentLayout.INT, at, frame);
        target.set(SegmentLayout.INT, at + 4, bases);
        for (ChunkId base : on) {
            long to = layout.basesAt() + (long) bases++ * SegmentLayout.BASE_BYTES;
            target.set(SegmentLayout.ID_WORD, to, base.a());
            target.set(SegmentLayout.ID_WORD, to + 8, base.b());
            target.set(SegmentLayout.ID_WORD, to + 16, base.c());
            target.set(SegmentLayout.ID_WORD, to + 24, base.d());
        }
    }

    void finish() {
        if (deltas != layout.deltas() || bases != layout.bases()) {
            throw new IllegalStateException(deltas + " deltas on " + bases + " chunks written where " + layout.deltas()
                    + " on " + layout.bases() + " were announced");
        }
    }
}
