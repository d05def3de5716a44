package io.holdfast.repository.index;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The deltas of a segment: which frames they are, and which chunks they are built on. Read in place; immutable. */
final class DeltaTable {
    private final String name;
    private final MemorySegment memory;
    private final SegmentLayout layout;

    DeltaTable(String name, MemorySegment memory, SegmentLayout layout) {
        this.name = name;
        this.memory = memory;
        this.layout = layout;
    }

    int count() {
        return layout.deltas();
    }

    /** The frame of delta {@code delta}, ascending. */
    int frame(int delta) {
        return memory.get(SegmentLayout.INT, layout.deltasAt() + (long) delta * SegmentLayout.DELTA_BYTES);
    }

    /** Where the bases of a delta start; of the number after the last one, where all end. */
    private int firstBase(int delta) {
        return delta == layout.deltas()
                ? layout.bases()
                : memory.get(SegmentLayout.INT, layout.deltasAt() + (long) delta * SegmentLayout.DELTA_BYTES + 4);
    }

    List<ChunkId> bases(int delta) {
        int first = firstBase(delta);
        int end = firstBase(delta + 1);
        if (first < 0 || end <= first || end > layout.bases()) {
            throw HoldfastException.damaged(name + ": delta " + delta + " is built on nothing that is there");
        }
        List<ChunkId> bases = new ArrayList<>(end - first);
        for (int i = first; i < end; i++) {
            long at = layout.basesAt() + (long) i * SegmentLayout.BASE_BYTES;
            bases.add(new ChunkId(
                    memory.get(SegmentLayout.ID_WORD, at),
                    memory.get(SegmentLayout.ID_WORD, at + 8),
                    memory.get(SegmentLayout.ID_WORD, at + 16),
                    memory.get(SegmentLayout.ID_WORD, at + 24)));
        }
        return bases;
    }

    /** The bases of the delta in this frame. */
    List<ChunkId> basesOfFrame(int frame) {
        int low = 0;
        int high = layout.deltas() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int there = frame(middle);
            if (there == frame) {
                return bases(middle);
            }
            if (there < frame) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        throw HoldfastException.damaged(name + ": frame " + frame + " is said to be a delta and is in no table");
    }
}
