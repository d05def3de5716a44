package io.holdfast.repository.index;

import io.holdfast.core.HoldfastException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where the parts of an index segment lie, worked out from the counts in its header.
 *
 * @param entries number of (id → place) entries
 * @param frames number of frames
 * @param packs number of packs
 * @param fanoutBits b: the fan-out table has 2^b + 1 words
 * @param deltas number of frames that are deltas
 * @param bases number of chunks that these are built on
 */
record SegmentLayout(int entries, int frames, int packs, int fanoutBits, int deltas, int bases) {
    static final int HEADER_BYTES = 64;
    static final int PACK_BYTES = 96;
    static final int ID_BYTES = 16;
    static final int PLACE_BYTES = 6;
    static final int DELTA_BYTES = 8;
    static final int BASE_BYTES = 32;
    /** In the position of a chunk: its frame is a delta. */
    static final int DELTA_MARK = 0x8000;
    /** In the marks of a pack: a repair found it damaged. */
    static final int GIVEN_UP = 1;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong ID_WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int MAGIC = 0x58494648; // "HFIX" read little-endian
    private static final int VERSION = 1;
    private static final int ENTRIES_PER_BUCKET = 64;

    static SegmentLayout of(int entries, int frames, int packs) {
        return of(entries, frames, packs, 0, 0);
    }

    static SegmentLayout of(int entries, int frames, int packs, int deltas, int bases) {
        int bits = 0;
        while ((long) ENTRIES_PER_BUCKET << bits < entries) {
            bits++;
        }
        return new SegmentLayout(entries, frames, packs, bits, deltas, bases);
    }

    long packsAt() {
        return HEADER_BYTES;
    }

    long framesAt() {
        return packsAt() + (long) packs * PACK_BYTES;
    }

    long fanoutAt() {
        return framesAt() + 4L * frames;
    }

    long idsAt() {
        return fanoutAt() + 4L * ((1L << fanoutBits) + 1);
    }

    long placesAt() {
        return idsAt() + (long) entries * ID_BYTES;
    }

    long deltasAt() {
        return placesAt() + (long) entries * PLACE_BYTES;
    }

    long basesAt() {
        return deltasAt() + (long) deltas * DELTA_BYTES;
    }

    long sizeBytes() {
        return basesAt() + (long) bases * BASE_BYTES;
    }

    void writeHeader(MemorySegment segment) {
        segment.set(INT, 0, MAGIC);
        segment.set(INT, 4, VERSION);
        segment.set(INT, 8, entries);
        segment.set(INT, 12, frames);
        segment.set(INT, 16, packs);
        segment.set(INT, 20, fanoutBits);
        segment.set(INT, 24, deltas);
        segment.set(INT, 28, bases);
    }

    static SegmentLayout read(MemorySegment segment, String what) {
        if (segment.byteSize() < HEADER_BYTES || segment.get(INT, 0) != MAGIC || segment.get(INT, 4) != VERSION) {
            throw HoldfastException.damaged(what + ": does not start as an index segment does");
        }
        SegmentLayout layout = new SegmentLayout(
                segment.get(INT, 8),
                segment.get(INT, 12),
                segment.get(INT, 16),
                segment.get(INT, 20),
                segment.get(INT, 24),
                segment.get(INT, 28));
        boolean possible = layout.entries >= 0
                && layout.frames >= 0
                && layout.packs >= 0
                && layout.deltas >= 0
                && layout.bases >= layout.deltas
                && layout.equals(of(layout.entries, layout.frames, layout.packs, layout.deltas, layout.bases));
        if (!possible || layout.sizeBytes() != segment.byteSize()) {
            throw HoldfastException.damaged(what + ": the counts in its header do not fit its length");
        }
        for (int at = 32; at < HEADER_BYTES; at += 4) {
            if (segment.get(INT, at) != 0) {
                throw HoldfastException.damaged(what + ": its header has bytes that belong to no field");
            }
        }
        return layout;
    }
}
