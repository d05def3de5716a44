package io.holdfast.repository.session;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All condemned lists at one moment (step W2).
 *
 * @param newestGeneration of the lists; 0 where there is none
 * @param packs that may be gone tomorrow
 */
public record CondemnedPacks(int newestGeneration, Set<PackId> packs, List<CondemnedList> lists) {
    private static final int ATTEMPTS = 100;

    /** Lists and reads all; starts over where one vanishes in between, for another may have appeared meanwhile. */
    public static CondemnedPacks readAll(ObjectStore store, Markers markers) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<CondemnedPacks> all = tryReadAll(store, markers);
            if (all.isPresent()) {
                return all.get();
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED,
                "the condemned lists changed " + ATTEMPTS + " times while they were read",
                "Try again.");
    }

    private static Optional<CondemnedPacks> tryReadAll(ObjectStore store, Markers markers) {
        List<ObjectName> names = new ArrayList<>();
        store.list(CondemnedList.PREFIX, object -> {
            if (SnapshotId.find(object.name().leaf()).isPresent()) {
                names.add(object.name());
            }
        });
        Set<PackId> packs = new HashSet<>();
        List<CondemnedList> lists = new ArrayList<>();
        int newest = 0;
        for (ObjectName name : names) {
            Optional<byte[]> body;
            try {
                body = markers.get(ObjectKind.CONDEMNED_LIST, name);
            } catch (HoldfastException e) {
                throw e.code() == ErrorCode.DAMAGED ? withHint(e) : e;
            }
            if (body.isEmpty()) {
                return Optional.empty();
            }
            CondemnedList list = CondemnedList.decode(SnapshotId.parse(name.leaf()), body.get());
            lists.add(list);
            packs.addAll(list.packs());
            newest = Math.max(newest, list.generation());
        }
        return Optional.of(new CondemnedPacks(newest, packs, lists));
    }

    /**
     * What may still be deleted by these lists, for collectors: of a list that has a verdict only what that names, however long the list stands. A verdict
     * that cannot be read spares nothing.
     */
    public Set<PackId> doomed(Markers markers) {
        Set<PackId> doomed = new HashSet<>();
        for (CondemnedList list : lists) {
            doomed.addAll(verdictOf(list, markers).orElseGet(list::packs));
        }
        return doomed;
    }

    private static Optional<List<PackId>> verdictOf(CondemnedList list, Markers markers) {
        try {
            return markers.get(ObjectKind.VERDICT, list.verdictName())
                    .map(body -> Verdict.decode(list.verdictName(), body).packs());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static HoldfastException withHint(HoldfastException damage) {
        return new HoldfastException(
                ErrorCode.DAMAGED,
                damage.getMessage() + ": which packs may be deleted tomorrow is not known",
                "Run 'holdfast prune', which gives that collection up, then try again.",
                damage);
    }

    /** Lists that are there and cannot be read. */
    public static List<SnapshotId> damaged(ObjectStore store, Markers markers) {
        List<SnapshotId> damaged = new ArrayList<>();
        store.list(
                CondemnedList.PREFIX,
                object -> SnapshotId.find(object.name().leaf()).ifPresent(damaged::add));
        damaged.removeIf(id -> {
            ObjectName name = ObjectName.of(CondemnedList.PREFIX + id.leaf());
            try {
                Optional<CondemnedList> ignored =
                        markers.get(ObjectKind.CONDEMNED_LIST, name).map(body -> CondemnedList.decode(id, body));
                return true;
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                return false;
            }
        });
        return damaged;
    }
}
