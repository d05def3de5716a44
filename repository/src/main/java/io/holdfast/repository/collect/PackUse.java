package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * How much of each indexed pack is needed. Of several copies of a chunk one is needed: one that is stored in full before deltas, and of its kind that in the
 * pack with the lowest name, so that two collectors choose alike. A copy in an archived pack makes no other one dispensable: it cannot be read before the other
 * one is given up. Deltas on other chunks are no copies of each other (step C7), and one that is broken is needed only where no copy counts. Not thread-safe.
 */
final class PackUse {
    private final Map<PackId, Use> uses;

    /** Counts for one pack. */
    static final class Use {
        int chunks;
        int needed;
        int sizeBytes;
        /** Something in it that is there elsewhere is built on what is lost: the entry keeps what is left of that. */
        boolean hasBrokenDeltas;

        boolean isDead() {
            return needed == 0;
        }

        /** Part of the pack that nobody needs, 0 to 1. */
        double waste() {
            return 1 - (double) needed / chunks;
        }
    }

    private PackUse(Map<PackId, Use> uses) {
        this.uses = uses;
    }

    /**
     * @param usable packs that exist and stand on no condemned list: only these are counted, and only these can be copies
     * @param exists packs that exist
     * @param archived packs that cannot be read
     */
    static PackUse of(
            Index index,
            ReachableChunks reachable,
            Predicate<PackId> usable,
            Predicate<PackId> exists,
            Predicate<PackId> archived) {
        Predicate<PackId> readable = usable.and(archived.negate());
        Copies copies = new Copies(index, exists, readable);
        Map<PackId, Use> uses = new HashMap<>();
        List<IndexSegment> segments = index.segments();
        Set<PackId> counted = new HashSet<>();
        for (int s = 0; s < segments.size(); s++) {
            IndexSegment segment = segments.get(s);
            Use[] byPack = new Use[segment.packCount()];
            PackId[] ids = new PackId[segment.packCount()];
            for (int pack = 0; pack < byPack.length; pack++) {
                ids[pack] = segment.pack(pack).id();
                // A pack that stands in two segments is counted in the first.
                if (usable.test(ids[pack]) && counted.add(ids[pack])) {
                    byPack[pack] = new Use();
                    byPack[pack].sizeBytes = segment.pack(pack).sizeBytes();
                    uses.put(ids[pack], byPack[pack]);
                }
            }
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                int pack = segment.packOf(entry);
                Use use = byPack[pack];
                if (use != null) {
                    use.chunks++;
                    if (!reachable.isMarked(s, entry)) {
                        continue;
                    }
                    if (segment.isDelta(entry)
                            && copies.isBroken(segment.bases(entry))
                            && copies.hasOneThatCounts(segment.idWordA(entry), segment.idWordB(entry))) {
                        use.hasBrokenDeltas = true;
                    } else if (isKeeper(index, segment, entry, ids[pack], readable)) {
                        use.needed++;
                    }
                }
            }
        }
        return new PackUse(uses);
    }

    Map<PackId, Use> all() {
        return uses;
    }

    /** Packs with their counts, most wasteful first. */
    List<Map.Entry<PackId, Use>> byWaste() {
        List<Map.Entry<PackId, Use>> sorted = new ArrayList<>(uses.entrySet());
        sorted.sort(Comparator.comparingDouble(
                        (Map.Entry<PackId, Use> e) -> -e.getValue().waste())
                .thenComparing(Map.Entry::getKey));
        return sorted;
    }

    private static boolean isKeeper(
            Index index, IndexSegment own, int ownEntry, PackId mine, Predicate<PackId> readable) {
        if (index.isGivenUp(mine)) {
            return false; // What is needed of it has been found elsewhere.
        }
        boolean isDelta = own.isDelta(ownEntry);
        List<ChunkId> bases = own.bases(ownEntry);
        long a = own.idWordA(ownEntry);
        long b = own.idWordB(ownEntry);
        for (IndexSegment segment : index.segments()) {
            int entry = segment.find(a, b);
            if (entry < 0) {
                continue;
            }
            for (; segment.matches(entry, a, b); entry++) {
                if (segment == own && entry == ownEntry) {
                    continue; // Mostly the only one, so nothing is made for it.
                }
                boolean otherIsDelta = segment.isDelta(entry);
                if (otherIsDelta && (!isDelta || !segment.bases(entry).equals(bases))) {
                    continue;
                }
                PackId other = segment.pack(segment.packOf(entry)).id();
                boolean goesFirst = isDelta && !otherIsDelta || other.compareTo(mine) < 0;
                if (goesFirst && readable.test(other) && !index.isGivenUp(other)) {
                    return false;
                }
            }
        }
        return true;
    }
}
