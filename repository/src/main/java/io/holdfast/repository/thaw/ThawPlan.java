package io.holdfast.repository.thaw;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.ThawTier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Packs that are needed, and how they are. Immutable.
 *
 * @param packs in name order
 */
public record ThawPlan(List<ObjectStat> packs) {
    public ThawPlan {
        packs = packs.stream().sorted(Comparator.comparing(ObjectStat::name)).toList();
    }

    /** Packs and their bytes. */
    public record Sum(long packs, long bytes) {
        static Sum of(List<ObjectStat> packs) {
            return new Sum(
                    packs.size(),
                    packs.stream().mapToLong(ObjectStat::sizeBytes).sum());
        }
    }

    /** The packs that no index segment knows: left by a backup that was cut off, or the segment is lost. */
    public static ThawPlan ofUnindexed(Repository repository) {
        Set<PackId> known = repository.indexes().load().packs().keySet();
        List<ObjectStat> unknown = new ArrayList<>();
        PackId.listAll(repository.store(), (id, stat) -> {
            if (!known.contains(id)) {
                unknown.add(stat);
            }
        });
        return look(repository.store(), unknown);
    }

    /**
     * Looks at packs as a listing told them: one request for each that may be archived, as only that tells what has been thawed. What is gone meanwhile is
     * left out.
     */
    static ThawPlan look(ObjectStore store, List<ObjectStat> listed) {
        List<ObjectStat> archived =
                listed.stream().filter(pack -> mayBeArchived(store, pack)).toList();
        List<ObjectStat> now = new ArrayList<>(Parallel.map(archived, pack -> store.stat(pack.name())).stream()
                .flatMap(Optional::stream)
                .toList());
        Optional<ObjectStat> first = now.stream()
                .filter(pack -> pack.availability() == Availability.ARCHIVED)
                .findFirst();
        if (first.isPresent() && givesBytes(store, first.get())) {
            now.replaceAll(pack -> pack.availability() == Availability.ARCHIVED
                    ? pack.in(pack.storageClass(), Availability.READABLE)
                    : pack);
        }
        listed.stream().filter(pack -> !mayBeArchived(store, pack)).forEach(now::add);
        return new ThawPlan(now);
    }

    /** Servers of other makers know the names of the archive classes, and keep what is in them readable. */
    private static boolean givesBytes(ObjectStore store, ObjectStat pack) {
        try {
            return store.getRange(pack.name(), 0, ByteBuffer.allocate(1));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            return false;
        }
    }

    /** As a listing tells: of some classes it does not know which objects are archived. */
    static boolean mayBeArchived(ObjectStore store, ObjectStat listed) {
        return !isReadable(listed) || store.archiveClass(listed.storageClass()).isPresent();
    }

    static boolean isReadable(ObjectStat pack) {
        return pack.availability() == Availability.READABLE;
    }

    /** Whether all can be read now. */
    public boolean isReadable() {
        return packs.stream().allMatch(ThawPlan::isReadable);
    }

    public Sum all() {
        return Sum.of(packs);
    }

    public Sum sum(Availability availability) {
        return Sum.of(packs.stream()
                .filter(pack -> pack.availability() == availability)
                .toList());
    }

    /**
     * What has to be asked for.
     *
     * @param faster also what is being thawed, in case that is with a slower tier
     */
    public Sum askedFor(boolean faster) {
        return Sum.of(packs.stream().filter(pack -> isAskedFor(pack, faster)).toList());
    }

    static boolean isAskedFor(ObjectStat pack, boolean faster) {
        return pack.availability() == Availability.ARCHIVED || faster && pack.availability() == Availability.THAWING;
    }

    /** Names of the storage classes of these packs, ascending; the ordinary one is empty. */
    public List<String> classes() {
        return List.copyOf(
                new TreeSet<>(packs.stream().map(ObjectStat::storageClass).toList()));
    }

    /** The packs of a class. */
    public ThawPlan in(String storageClass) {
        return new ThawPlan(packs.stream()
                .filter(pack -> pack.storageClass().equals(storageClass))
                .toList());
    }

    /** The longest that it usually takes until all that is archived can be read; empty where a class has no such tier, or nothing is archived. */
    public Optional<Duration> thawTime(ObjectStore store, ThawTier tier) {
        Duration longest = Duration.ZERO;
        for (ObjectStat pack : packs) {
            if (isReadable(pack)) {
                continue;
            }
            var archive = store.archiveClass(pack.storageClass());
            if (archive.isPresent()) {
                Optional<Duration> time = archive.get().thawTime(tier);
                if (time.isEmpty()) {
                    return time;
                }
                longest = time.get().compareTo(longest) > 0 ? time.get() : longest;
            }
        }
        return longest.isZero() ? Optional.empty() : Optional.of(longest);
    }
}
