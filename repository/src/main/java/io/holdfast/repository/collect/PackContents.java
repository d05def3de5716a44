package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The half ids of the chunks in some packs, in the order of their tables of contents, gathered from the index in one pass. */
final class PackContents {
    private final Map<PackId, List<HalfId>> contents;

    /**
     * The first half of a chunk id, with its place in the pack.
     *
     * @param bases of a delta, the chunks it is built on; else empty
     */
    record HalfId(long a, long b, int frame, int ordinal, List<ChunkId> bases) implements Comparable<HalfId> {
        /**
         * Whether this copy may be given up for that one (step C7): a full one for a full one, a delta also for a delta on the same chunks, which
         * are kept as long as either is known.
         */
        boolean mayGiveWayTo(ChunkPlace copy) {
            return !copy.isDelta() || copy.bases().equals(bases);
        }

        @Override
        public int compareTo(HalfId other) {
            int order = Integer.compare(frame, other.frame);
            return order != 0 ? order : Integer.compare(ordinal, other.ordinal);
        }
    }

    /** Of one batch: an entry takes about 60 bytes. */
    private static final int MAX_ENTRIES = 1 << 19;

    private PackContents(Map<PackId, List<HalfId>> contents) {
        this.contents = contents;
    }

    /**
     * Splits packs into groups, each of which has few enough chunks for the memory.
     *
     * @return groups in the order of {@code packs}
     */
    static List<List<PackId>> batches(Index index, List<PackId> packs) {
        return batches(index, packs, MAX_ENTRIES);
    }

    static List<List<PackId>> batches(Index index, List<PackId> packs, int maxEntries) {
        Map<PackId, Integer> counts = index.entriesByPack();
        List<List<PackId>> batches = new ArrayList<>();
        List<PackId> batch = new ArrayList<>();
        long entries = 0;
        for (PackId pack : packs) {
            int count = counts.getOrDefault(pack, 0);
            if (!batch.isEmpty() && entries + count > maxEntries) {
                batches.add(batch);
                batch = new ArrayList<>();
                entries = 0;
            }
            batch.add(pack);
            entries += count;
        }
        if (!batch.isEmpty()) {
            batches.add(batch);
        }
        return batches;
    }

    static PackContents of(Index index, Collection<PackId> packs) {
        Map<PackId, List<HalfId>> contents = new HashMap<>();
        for (IndexSegment segment : index.segments()) {
            List<Optional<List<HalfId>>> byPack = new ArrayList<>(segment.packCount());
            for (int pack = 0; pack < segment.packCount(); pack++) {
                PackId id = segment.pack(pack).id();
                if (packs.contains(id) && !contents.containsKey(id)) {
                    List<HalfId> chunks = new ArrayList<>();
                    contents.put(id, chunks);
                    byPack.add(Optional.of(chunks));
                } else {
                    byPack.add(Optional.empty());
                }
            }
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                Optional<List<HalfId>> list = byPack.get(segment.packOf(entry));
                if (list.isPresent()) {
                    list.get()
                            .add(new HalfId(
                                    segment.idWordA(entry),
                                    segment.idWordB(entry),
                                    segment.frameOf(entry),
                                    segment.ordinalOf(entry),
                                    segment.bases(entry)));
                }
            }
        }
        contents.values().forEach(list -> list.sort(null));
        return new PackContents(contents);
    }

    /** The chunks of a pack; empty where the index does not know it. */
    List<HalfId> of(PackId pack) {
        return contents.getOrDefault(pack, List.of());
    }

    /** The chunks of a pack from the index, else from its own table of contents. */
    List<HalfId> of(PackId pack, Repository repository) {
        if (contents.containsKey(pack)) {
            return of(pack);
        }
        List<HalfId> chunks = new ArrayList<>();
        try (PackReader reader = repository.newPackReader()) {
            Optional<PackScan.Outline> outline = PackScan.outline(reader, repository.store(), pack);
            if (outline.isPresent()) {
                for (TocEntry chunk : outline.get().toc().chunks()) {
                    chunks.add(
                            new HalfId(chunk.id().a(), chunk.id().b(), chunk.frame(), chunk.ordinal(), chunk.bases()));
                }
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            // Indexed by nobody and unreadable, or archived: nothing can depend on it, every live chunk is indexed
            // elsewhere.
        }
        return chunks;
    }
}
