package io.holdfast.repository.index;

import java.lang.foreign.MemorySegment;

/** Writes the entries of a segment in ascending order, and the fan-out table beside them. */
final class EntryWriter {
    private final MemorySegment target;
    private final SegmentLayout layout;
    private int next;
    private long bucket;

    EntryWriter(MemorySegment target, SegmentLayout layout) {
        this.target = target;
        this.layout = layout;
    }

    void write(long a, long b, int frame, int ordinal) {
        long mine = layout.fanoutBits() == 0 ? 0 : a >>> (Long.SIZE - layout.fanoutBits());
        while (bucket <= mine) {
            target.set(SegmentLayout.INT, layout.fanoutAt() + 4 * bucket++, next);
        }
        long at = layout.idsAt() + (long) next * SegmentLayout.ID_BYTES;
        target.set(SegmentLayout.ID_WORD, at, a);
        target.set(SegmentLayout.ID_WORD, at + 8, b);
        long place = layout.placesAt() + (long) next * SegmentLayout.PLACE_BYTES;
        target.set(SegmentLayout.INT, place, frame);
        target.set(SegmentLayout.SHORT, place + 4, (short) ordinal);
        next++;
    }

    void finish() {
        if (next != layout.entries()) {
            throw new IllegalStateException(next + " entries written where " + layout.entries() + " were announced");
        }
        while (bucket <= 1L << layout.fanoutBits()) {
            target.set(SegmentLayout.INT, layout.fanoutAt() + 4 * bucket++, next);
        }
    }
}
