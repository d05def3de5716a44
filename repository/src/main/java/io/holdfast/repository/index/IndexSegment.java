package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * One sorted run of (chunk id → place), searched in place. Ids are uniformly distributed, so a fan-out table over their first
 * bits leads to about 64 neighbouring ids; a look-up touches two or three cache lines. Immutable and safe for many threads;
 * unmapped when it is no longer reachable.
 */
public final class IndexSegment {
    private final String name;
    private final MemorySegment memory;
    private final SegmentLayout layout;
    private final PackTable packs;
    private final DeltaTable deltas;
    private final long fanoutAt;
    private final long idsAt;
    private final long placesAt;

    private IndexSegment(String name, MemorySegment memory) {
        this.name = name;
        this.memory = memory;
        this.layout = SegmentLayout.read(memory, name);
        this.fanoutAt = layout.fanoutAt();
        this.idsAt = layout.idsAt();
        this.placesAt = layout.placesAt();
        this.packs = new PackTable(name, memory, layout);
        this.deltas = new DeltaTable(name, memory, layout);
    }

    /**
     * Maps a decrypted segment file.
     *
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where the file is no segment
     */
    public static IndexSegment map(String name, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new IndexSegment(
                    name, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        }
    }

    /** A segment in memory. */
    static IndexSegment of(String name, MemorySegment memory) {
        return new IndexSegment(name, memory);
    }

    /** The leaf of the object's name: the hash of the stored bytes. */
    public String name() {
        return name;
    }

    public int entryCount() {
        return layout.entries();
    }

    public int packCount() {
        return layout.packs();
    }

    public IndexedPack pack(int pack) {
        return packs.pack(pack);
    }

    /** Whether this segment has the mark; another one may have it, too. */
    boolean isGivenUp(int pack) {
        return packs.isGivenUp(pack);
    }

    long sizeBytes() {
        return layout.sizeBytes();
    }

    MemorySegment memory() {
        return memory;
    }

    /**
     * The first entry with this half id, or −1. Further copies, if any, follow it; {@link #matches} tells.
     *
     * @param a the first eight bytes of the id, big-endian
     */
    public int find(long a, long b) {
        int bits = layout.fanoutBits();
        int bucket = bits == 0 ? 0 : (int) (a >>> (Long.SIZE - bits));
        int low = memory.get(SegmentLayout.INT, fanoutAt + 4L * bucket);
        int high = memory.get(SegmentLayout.INT, fanoutAt + 4L * bucket + 4);
        if (low < 0 || high > layout.entries()) {
            return -1; // A damaged copy of a large segment, which is not checked as a whole.
        }
        int entry = firstNotBelow(low, high, a, b);
        return matches(entry, a, b) ? entry : -1;
    }

    /**
     * The first entry that is not below this half id, at or after {@code from}, before which all are. Looks near {@code from} first: ids in ascending order are
     * found by one pass over the entries, whether there are few or many.
     */
    public int seek(int from, long a, long b) {
        int low = from;
        int step = 1;
        while (low + step <= layout.entries() && isBelow(low + step - 1, a, b)) {
            low += step;
            step = Math.min(2 * step, layout.entries() - low);
            if (step == 0) {
                return low;
            }
        }
        return firstNotBelow(low, Math.min(low + step - 1, layout.entries()), a, b);
    }

    /** The first entry from {@code from} on that is not below this half id; {@code to} where all before it are. */
    private int firstNotBelow(int from, int to, long a, long b) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBelow(middle, a, b)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean isBelow(int entry, long a, long b) {
        int order = Long.compareUnsigned(idWordA(entry), a);
        return order != 0 ? order < 0 : Long.compareUnsigned(idWordB(entry), b) < 0;
    }

    public boolean matches(int entry, long a, long b) {
        return entry < layout.entries() && idWordA(entry) == a && idWordB(entry) == b;
    }

    public long idWordA(int entry) {
        return memory.get(SegmentLayout.ID_WORD, idsAt + (long) entry * SegmentLayout.ID_BYTES);
    }

    public long idWordB(int entry) {
        return memory.get(SegmentLayout.ID_WORD, idsAt + (long) entry * SegmentLayout.ID_BYTES + 8);
    }

    /** Number of the frame in this segment. */
    public int frameOf(int entry) {
        return memory.get(SegmentLayout.INT, placesAt + (long) entry * SegmentLayout.PLACE_BYTES);
    }

    /** Position of the chunk in its frame. */
    public int ordinalOf(int entry) {
        return position(entry) & ~SegmentLayout.DELTA_MARK;
    }

    /** Whether the chunk is stored as what differs from others. */
    public boolean isDelta(int entry) {
        return (position(entry) & SegmentLayout.DELTA_MARK) != 0;
    }

    /** The chunks that a delta is built on; empty for a chunk that is stored in full. */
    public List<ChunkId> bases(int entry) {
        return isDelta(entry) ? deltas.basesOfFrame(frameOf(entry)) : List.of();
    }

    private int position(int entry) {
        return memory.get(SegmentLayout.SHORT, placesAt + (long) entry * SegmentLayout.PLACE_BYTES + 4) & 0xFFFF;
    }

    DeltaTable deltas() {
        return deltas;
    }

    public int packOf(int entry) {
        return packs.packOfFrame(frameOf(entry));
    }

    int frameOffset(int frame) {
        return memory.get(SegmentLayout.INT, layout.framesAt() + 4L * frame);
    }

    int firstFrame(int pack) {
        return packs.firstFrame(pack);
    }

    int framesEnd(int pack) {
        return packs.framesEnd(pack);
    }

    /** Where the chunk of this entry lies. */
    public ChunkPlace place(int entry) {
        int frame = frameOf(entry);
        if (frame < 0 || frame >= layout.frames()) {
            throw HoldfastException.damaged(name + ": frame " + frame + " of " + layout.frames());
        }
        int pack = packs.packOfFrame(frame);
        IndexedPack indexed = packs.pack(pack);
        int offset = frameOffset(frame);
        return new ChunkPlace(
                new FramePlace(
                        indexed.id(), indexed.salt(), indexed.epoch(), offset, frameEnd(frame, pack, indexed) - offset),
                ordinalOf(entry),
                indexed.tocOffset(),
                bases(entry));
    }

    private int frameEnd(int frame, int pack, IndexedPack indexed) {
        return frame + 1 < packs.framesEnd(pack) ? frameOffset(frame + 1) : indexed.tocOffset();
    }

    /** What a frame takes in its pack. */
    int storedBytes(int frame) {
        int pack = packs.packOfFrame(frame);
        return frameEnd(frame, pack, packs.pack(pack)) - frameOffset(frame);
    }

    /** The pack table, with the parts that are looked at often in arrays. */
    private static final class PackTable {
        private final String name;
        private final MemorySegment memory;
        private final SegmentLayout layout;

        PackTable(String name, MemorySegment memory, SegmentLayout layout) {
            this.name = name;
            this.memory = memory;
            this.layout = layout;
        }

        int firstFrame(int pack) {
            return memory.get(SegmentLayout.INT, at(pack) + 84);
        }

        int framesEnd(int pack) {
            return pack + 1 < layout.packs() ? firstFrame(pack + 1) : layout.frames();
        }

        int packOfFrame(int frame) {
            int low = 0;
            int high = layout.packs() - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                if (firstFrame(middle) <= frame) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low;
        }

        IndexedPack pack(int pack) {
            long at = at(pack);
            byte[] hash = memory.asSlice(at, 32).toArray(ValueLayout.JAVA_BYTE);
            byte[] salt = memory.asSlice(at + 32, 32).toArray(ValueLayout.JAVA_BYTE);
            int kind = memory.get(SegmentLayout.INT, at + 68);
            if (kind < 0 || kind >= PackKind.values().length) {
                throw HoldfastException.damaged(name + ": pack kind " + kind);
            }
            return new IndexedPack(
                    new PackId(PackKind.values()[kind], Bytes.wrap(hash)),
                    Bytes.wrap(salt),
                    memory.get(SegmentLayout.INT, at + 64),
                    memory.get(SegmentLayout.INT, at + 72),
                    memory.get(SegmentLayout.INT, at + 76),
                    memory.get(SegmentLayout.INT, at + 80),
                    isGivenUp(pack));
        }

        boolean isGivenUp(int pack) {
            return (memory.get(SegmentLayout.INT, at(pack) + 88) & SegmentLayout.GIVEN_UP) != 0;
        }

        private long at(int pack) {
            return layout.packsAt() + (long) pack * SegmentLayout.PACK_BYTES;
        }
    }
}
