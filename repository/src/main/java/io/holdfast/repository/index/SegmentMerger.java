package io.holdfast.repository.index;

import io.holdfast.repository.pack.PackId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Merges segments into one by reading each once from start to end: no look-ups, and memory only for the tables of packs and frames. A pack that
 * stands in several segments (two mergers at once, or an index built anew) is kept once.
 */
final class SegmentMerger {
    private final List<IndexSegment> inputs;
    /** For each input: its frame → frame in the output, or −1 where the pack is left out. */
    private final int[][] frameMap;

    private final Predicate<PackId> givenUp;
    private final Map<PackId, Integer> firstFrames = new HashMap<>();
    private int frames;
    private int entries;
    private int deltas;
    private int bases;

    /**
     * @param keep packs to keep; entries of others are dropped
     * @param givenUp packs that bear the mark in the result
     */
    SegmentMerger(List<IndexSegment> inputs, Predicate<PackId> keep, Predicate<PackId> givenUp) {
        this.inputs = inputs;
        this.givenUp = givenUp;
        this.frameMap = new int[inputs.size()][];
        Set<PackId> taken = new HashSet<>();
        for (int i = 0; i < inputs.size(); i++) {
            IndexSegment input = inputs.get(i);
            int[] map = new int[input.packCount() == 0 ? 0 : input.framesEnd(input.packCount() - 1)];
            for (int pack = 0; pack < input.packCount(); pack++) {
                PackId id = input.pack(pack).id();
                boolean kept = keep.test(id) && taken.add(id);
                if (kept) {
                    firstFrames.put(id, frames);
                }
                for (int frame = input.firstFrame(pack); frame < input.framesEnd(pack); frame++) {
                    map[frame] = kept ? frames++ : -1;
                }
            }
            frameMap[i] = map;
            for (int entry = 0; entry < input.entryCount(); entry++) {
                if (map[input.frameOf(entry)] >= 0) {
                    entries = Math.addExact(entries, 1);
                }
            }
            for (int delta = 0; delta < input.deltas().count(); delta++) {
                if (map[input.deltas().frame(delta)] >= 0) {
                    deltas++;
                    bases = Math.addExact(bases, input.deltas().bases(delta).size());
                }
            }
        }
    }

    int entryCount() {
        return entries;
    }

    /** Writes the merged segment to {@code file} through a memory map. */
    void writeTo(Path file) throws IOException {
        SegmentLayout layout = SegmentLayout.of(entries, frames, firstFrames.size(), deltas, bases);
        try (FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment target = channel.map(FileChannel.MapMode.READ_WRITE, 0, layout.sizeBytes(), arena);
            layout.writeHeader(target);
            writePacks(target, layout);
            writeEntries(target, layout);
            writeDeltas(target, layout);
            target.force();
        }
    }

    private void writePacks(MemorySegment target, SegmentLayout layout) {
        int number = 0;
        for (int i = 0; i < inputs.size(); i++) {
            IndexSegment input = inputs.get(i);
            for (int pack = 0; pack < input.packCount(); pack++) {
                int first = input.firstFrame(pack);
                if (frameMap[i][first] < 0) {
                    continue;
                }
                IndexedPack indexed = input.pack(pack);
                SegmentBuilder.writePack(
                        target, layout, number++, indexed.marked(givenUp.test(indexed.id())), frameMap[i][first]);
                for (int frame = first; frame < input.framesEnd(pack); frame++) {
                    target.set(
                            SegmentLayout.INT, layout.framesAt() + 4L * frameMap[i][frame], input.frameOffset(frame));
                }
            }
        }
    }

    private void writeEntries(MemorySegment target, SegmentLayout layout) {
        EntryWriter writer = new EntryWriter(target, layout);
        int[] cursor = new int[inputs.size()];
        while (true) {
            int least = -1;
            for (int i = 0; i < cursor.length; i++) {
                if (cursor[i] < inputs.get(i).entryCount()
                        && (least < 0 || isBefore(i, cursor[i], least, cursor[least]))) {
                    least = i;
                }
            }
            if (least < 0) {
                break;
            }
            IndexSegment input = inputs.get(least);
            int entry = cursor[least]++;
            int frame = frameMap[least][input.frameOf(entry)];
            if (frame >= 0) {
                int mark = input.isDelta(entry) ? SegmentLayout.DELTA_MARK : 0;
                writer.write(input.idWordA(entry), input.idWordB(entry), frame, input.ordinalOf(entry) | mark);
            }
        }
        writer.finish();
    }

    /** Frames keep their order, so that these come in order, too. */
    private void writeDeltas(MemorySegment target, SegmentLayout layout) {
        DeltaWriter writer = new DeltaWriter(target, layout);
        for (int i = 0; i < inputs.size(); i++) {
            DeltaTable table = inputs.get(i).deltas();
            for (int delta = 0; delta < table.count(); delta++) {
                int frame = frameMap[i][table.frame(delta)];
                if (frame >= 0) {
                    writer.write(frame, table.bases(delta));
                }
            }
        }
        writer.finish();
    }

    private boolean isBefore(int left, int leftEntry, int right, int rightEntry) {
        IndexSegment a = inputs.get(left);
        IndexSegment b = inputs.get(right);
        int order = Long.compareUnsigned(a.idWordA(leftEntry), b.idWordA(rightEntry));
        return order != 0 ? order < 0 : Long.compareUnsigned(a.idWordB(leftEntry), b.idWordB(rightEntry)) < 0;
    }
}
