package io.holdfast.repository.pack;

import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectStore;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The packs that a store had when it was asked. Immutable.
 *
 * @param sizes in bytes
 * @param archived those that cannot be read before they are thawed, as far as a listing tells
 */
public record PackListing(SortedMap<PackId, Long> sizes, Set<PackId> archived) {
    public PackListing {
        sizes = Collections.unmodifiableSortedMap(sizes);
        archived = Set.copyOf(archived);
    }

    /** Asks now. */
    public static PackListing of(ObjectStore store) {
        SortedMap<PackId, Long> sizes = new TreeMap<>();
        Set<PackId> archived = new HashSet<>();
        PackId.listAll(store, (id, stat) -> {
            sizes.put(id, stat.sizeBytes());
            if (stat.availability() != Availability.READABLE) {
                archived.add(id);
            }
        });
        return new PackListing(sizes, archived);
    }

    public boolean has(PackId pack) {
        return sizes.containsKey(pack);
    }

    /** Zero where it was not there. */
    public long sizeOf(PackId pack) {
        return sizes.getOrDefault(pack, 0L);
    }

    public boolean isArchived(PackId pack) {
        return archived.contains(pack);
    }

    public Set<PackId> packs() {
        return sizes.keySet();
    }

    /** How many archived packs are not among these: what is in them cannot be found out before they are thawed. */
    public long archivedBesides(Map<PackId, ?> known) {
        return archived.stream().filter(pack -> !known.containsKey(pack)).count();
    }
}
