package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the tables of contents of packs and lays them out as an index segment. Memory: about 40 bytes an entry. Not
 * thread-safe.
 */
final class SegmentBuilder {
    private final List<StoredPack> packs = new ArrayList<>();
    private int frames;
    private int entries;
    private int deltas;
    private int bases;

    void add(StoredPack pack) {
        for (TocEntry chunk : pack.toc().chunks()) {
            deltas += chunk.isDelta() ? 1 : 0;
            bases = Math.addExact(bases, chunk.bases().size());
        }
        packs.add(pack);
        frames = Math.addExact(frames, pack.toc().frameCount());
        entries = Math.addExact(entries, pack.toc().chunks().size());
    }

    int entryCount() {
        return entries;
    }

    boolean isEmpty() {
        return packs.isEmpty();
    }

    List<ChunkId> ids() {
        List<ChunkId> ids = new ArrayList<>(entries);
        packs.forEach(pack -> pack.toc().chunks().forEach(chunk -> ids.add(chunk.id())));
        return ids;
    }

    /** The plaintext of the segment. */
    MemorySegment build() {
        SegmentLayout layout = SegmentLayout.of(entries, frames, packs.size(), deltas, bases);
        MemorySegment target = MemorySegment.ofArray(new byte[Math.toIntExact(layout.sizeBytes())]);
        layout.writeHeader(target);
        Entry[] all = new Entry[entries];
        DeltaWriter deltaWriter = new DeltaWriter(target, layout);
        int frame = 0;
        int next = 0;
        for (int i = 0; i < packs.size(); i++) {
            StoredPack pack = packs.get(i);
            writePack(target, layout, i, indexed(pack), frame);
            for (int offset : pack.toc().frameOffsets()) {
                target.set(SegmentLayout.INT, layout.framesAt() + 4L * frame++, offset);
            }
            int base = frame - pack.toc().frameCount();
            for (TocEntry chunk : pack.toc().chunks()) {
                int mark = chunk.isDelta() ? SegmentLayout.DELTA_MARK : 0;
                all[next++] = new Entry(
                        chunk.id().a(), chunk.id().b(), base + chunk.frame(), (short) (chunk.ordinal() | mark));
                if (chunk.isDelta()) {
                    deltaWriter.write(base + chunk.frame(), chunk.bases());
                }
            }
        }
        EntryWriter writer = new EntryWriter(target, layout);
        for (Entry entry : sorted(all)) {
            writer.write(entry.a, entry.b, entry.frame, entry.ordinal);
        }
        writer.finish();
        deltaWriter.finish();
        return target;
    }

    /**
     * Ids are uniform, so that their first bits bring each entry near its place, and small steps the rest of the way. A backup ends with
     * this, and nothing else to do meanwhile.
     */
    private static Entry[] sorted(Entry[] all) {
        int shift = Math.min(Long.SIZE - 1, Long.numberOfLeadingZeros(all.length | 1));
        int[] starts = new int[Math.toIntExact((-1L >>> shift) + 1) + 1];
        for (Entry entry : all) {
            starts[(int) (entry.a >>> shift) + 1]++;
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        Entry[] sorted = new Entry[all.length];
        for (Entry entry : all) {
            sorted[starts[(int) (entry.a >>> shift)]++] = entry;
        }
        for (int i = 1; i < sorted.length; i++) {
            Entry entry = sorted[i];
            int at = i;
            while (at > 0 && sorted[at - 1].compareTo(entry) > 0) {
                sorted[at] = sorted[--at];
            }
            sorted[at] = entry;
        }
        return sorted;
    }

    private record Entry(long a, long b, int frame, short ordinal) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int order = Long.compareUnsigned(a, other.a);
            if (order == 0) {
                order = Long.compareUnsigned(b, other.b);
            }
            return order != 0 ? order : Integer.compare(frame, other.frame);
        }
    }

    static IndexedPack indexed(StoredPack pack) {
        return new IndexedPack(
                pack.id(),
                pack.salt(),
                pack.epoch(),
                pack.toc().tocOffset(),
                pack.toc().tocStoredBytes(),
                pack.sizeBytes(),
                false);
    }

    static void writePack(MemorySegment target, SegmentLayout layout, int number, IndexedPack pack, int firstFrame) {
        long at = layout.packsAt() + (long) number * SegmentLayout.PACK_BYTES;
        MemorySegment.copy(pack.id().hash().unsafeArray(), 0, target, ValueLayout.JAVA_BYTE, at, 32);
        MemorySegment.copy(pack.salt().unsafeArray(), 0, target, ValueLayout.JAVA_BYTE, at + 32, 32);
        target.set(SegmentLayout.INT, at + 64, pack.epoch());
        target.set(SegmentLayout.INT, at + 68, pack.id().kind().ordinal());
        target.set(SegmentLayout.INT, at + 72, pack.tocOffset());
        target.set(SegmentLayout.INT, at + 76, pack.tocStoredBytes());
        target.set(SegmentLayout.INT, at + 80, pack.sizeBytes());
        target.set(SegmentLayout.INT, at + 84, firstFrame);
        target.set(SegmentLayout.INT, at + 88, pack.givenUp() ? SegmentLayout.GIVEN_UP : 0);
    }
}
