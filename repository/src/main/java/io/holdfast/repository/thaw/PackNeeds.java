package io.holdfast.repository.thaw;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The data packs that have to be read for some chunks, and for what these are built on: from the index and one listing, without looking into any pack. Of
 * several copies one in a readable pack is taken, else one in a pack that is needed anyway. Not thread-safe.
 */
public final class PackNeeds {
    private final ObjectStore store;
    private final Index index;
    private final Map<PackId, ObjectStat> listed;
    private final Map<PackId, ObjectStat> needed = new TreeMap<>();

    private long unknownChunks;

    private PackNeeds(ObjectStore store, Index index, Map<PackId, ObjectStat> listed) {
        this.store = store;
        this.index = index;
        this.listed = listed;
    }

    /** Nothing so far; lists the data packs. */
    public static PackNeeds of(Repository repository) {
        Map<PackId, ObjectStat> listed = new HashMap<>();
        PackId.list(repository.store(), PackKind.DATA, listed::put);
        return new PackNeeds(repository.store(), repository.index(), listed);
    }

    /** Whether any data pack may be archived, needed or not. */
    public boolean mayAnyBeArchived() {
        return listed.values().stream().anyMatch(pack -> ThawPlan.mayBeArchived(store, pack));
    }

    /** This chunk is going to be read. */
    public void add(ChunkId chunk) {
        choose(chunk, place -> true).ifPresentOrElse(this::need, () -> unknownChunks++);
    }

    /** How many of the chunks are in no pack that the index knows and the store has. */
    public long unknownChunks() {
        return unknownChunks;
    }

    /** How the packs are that were found to be needed: asks the store about those that may be archived. */
    public ThawPlan look() {
        return ThawPlan.look(store, List.copyOf(needed.values()));
    }

    private void need(ChunkPlace place) {
        PackId pack = place.frame().pack();
        ObjectStat stat = listed.get(pack);
        if (stat != null) {
            needed.put(pack, stat);
        }
        for (ChunkId base : place.bases()) {
            choose(base, full -> !full.isDelta()).ifPresent(this::need);
        }
    }

    private Optional<ChunkPlace> choose(ChunkId chunk, Predicate<ChunkPlace> counts) {
        List<ChunkPlace> places = index.findAll(chunk).stream()
                .filter(counts)
                .filter(this::isThere)
                .toList();
        return first(places, this::isReadable)
                .or(() ->
                        first(places, place -> needed.containsKey(place.frame().pack())))
                .or(() -> index.find(chunk).filter(places::contains))
                .or(() -> first(places, place -> true));
    }

    private static Optional<ChunkPlace> first(List<ChunkPlace> places, Predicate<ChunkPlace> wanted) {
        return places.stream().filter(wanted).findFirst();
    }

    private boolean isThere(ChunkPlace place) {
        PackId pack = place.frame().pack();
        return (pack.kind() != PackKind.DATA || listed.containsKey(pack)) && !index.isGivenUp(pack);
    }

    /** With all that it is built on. */
    private boolean isReadable(ChunkPlace place) {
        ObjectStat stat = listed.get(place.frame().pack());
        return (stat == null || !ThawPlan.mayBeArchived(store, stat))
                && place.bases().stream()
                        .allMatch(base -> index.findAll(base).stream()
                                .anyMatch(full -> !full.isDelta() && isThere(full) && isReadable(full)));
    }
}
