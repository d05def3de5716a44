package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Marks in the index what damaged packs do not give back any more. Without the mark backups take such chunks for saved; with it the
 * next backup of a source that still has the content saves it anew, and every older snapshot that needs it is whole again. Nothing
 * else changes: packs stay, and a collection refuses to delete anything while a snapshot misses a chunk. For one use.
 */
public final class IndexRepair {
    private static final byte[] NOTHING = new byte[0];

    private final Repository repository;
    private final ChunkHasher hasher;

    public IndexRepair(Repository repository) {
        this.repository = repository;
        this.hasher = new ChunkHasher(repository.keyring().idKey());
    }

    /**
     * Reads these packs once more, frame by frame.
     *
     * @return how many chunks were marked
     */
    public long run(Set<PackId> damaged) {
        if (damaged.isEmpty()) {
            return 0;
        }
        Index index = repository.indexes().load();
        Map<IndexSegment, BitSet> marked = new HashMap<>();
        try (PackReader reader = new PackReader(repository.store(), repository.keyring())) {
            for (IndexSegment segment : index.segments()) {
                BitSet lost = lostIn(segment, damaged, reader);
                if (!lost.isEmpty()) {
                    marked.put(segment, lost);
                }
            }
        }
        repository.indexes().markLost(index, marked);
        return marked.values().stream().mapToLong(BitSet::cardinality).sum();
    }

    private BitSet lostIn(IndexSegment segment, Set<PackId> damaged, PackReader reader) {
        Set<Integer> packs = new HashSet<>();
        for (int pack = 0; pack < segment.packCount(); pack++) {
            if (damaged.contains(segment.pack(pack).id())) {
                packs.add(pack);
            }
        }
        BitSet lost = new BitSet();
        entriesByFrame(segment, packs).values().forEach(entries -> {
            Optional<FrameCodec.Decoded> frame =
                    read(reader, segment.place(entries.nextSetBit(0)).frame());
            entries.stream()
                    .filter(entry -> frame.isEmpty() || !isIntact(frame.get(), segment, entry))
                    .forEach(lost::set);
        });
        return lost;
    }

    private static Map<Integer, BitSet> entriesByFrame(IndexSegment segment, Set<Integer> packs) {
        Map<Integer, BitSet> entries = new TreeMap<>();
        if (!packs.isEmpty()) {
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                if (packs.contains(segment.packOf(entry))) {
                    entries.computeIfAbsent(segment.frameOf(entry), frame -> new BitSet())
                            .set(entry);
                }
            }
        }
        return entries;
    }

    private static Optional<FrameCodec.Decoded> read(PackReader reader, FramePlace place) {
        try {
            return reader.readFrame(place, NOTHING);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private boolean isIntact(FrameCodec.Decoded frame, IndexSegment segment, int entry) {
        int ordinal = segment.ordinalOf(entry);
        if (ordinal >= frame.chunkCount()) {
            return false;
        }
        ChunkId id = hasher.id(frame.plain(), frame.starts()[ordinal], frame.length(ordinal));
        return segment.matches(entry, id.a(), id.b());
    }
}
