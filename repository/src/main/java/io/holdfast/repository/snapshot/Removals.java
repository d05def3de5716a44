package io.holdfast.repository.snapshot;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Deletes;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Removes snapshots one process after the other, so that two which each leave the other's last good snapshot do not remove both
 * (docs/repository-format.md, section 13, steps F1 to F5). Whoever takes a turn says first what goes, and finishes what the turn
 * before left undone; nobody waits for a process that may be dead. Thread-safe.
 */
public final class Removals {
    public static final String PREFIX = "removals/";
    private static final int ATTEMPTS = 100;

    private final ObjectStore store;
    private final Sealer sealer;
    private final Snapshots snapshots;
    private final Warnings warnings;
    private final Supplier<Set<SnapshotId>> held;

    /** @param held the snapshots that somebody holds */
    public Removals(
            ObjectStore store, Sealer sealer, Snapshots snapshots, Warnings warnings, Supplier<Set<SnapshotId>> held) {
        this.store = store;
        this.sealer = sealer;
        this.snapshots = snapshots;
        this.warnings = warnings;
        this.held = held;
    }

    /** What is to be removed. */
    @FunctionalInterface
    public interface Decision {
        Set<SnapshotId> removed();
    }

    /**
     * Removes what {@code decide} chooses from what is live. It is asked again where another process was first.
     *
     * @return the decision that was carried out
     * @throws HoldfastException what {@code decide} throws: then nothing was removed; or what the store throws: then any part may be
     *     removed, and the next call of anybody removes the rest
     */
    public <D extends Decision> D run(Function<SnapshotListing, D> decide) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            NavigableSet<ObjectName> turns = turns();
            if (!turns.isEmpty()) {
                finish(turns.last());
            }
            D decision = decide.apply(snapshots.list());
            Set<SnapshotId> chosen = Set.copyOf(decision.removed());
            if (chosen.isEmpty() || take(turns.isEmpty() ? name(1) : following(turns.last()), chosen)) {
                return decision;
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED,
                "other processes removed snapshots " + ATTEMPTS + " times while this one chose",
                "Try again.");
    }

    /** Steps F3 to F5; false where another process took this turn or a later one. */
    private boolean take(ObjectName turn, Set<SnapshotId> chosen) {
        byte[] object = sealer.seal(ObjectKind.REMOVAL, turn, encode(chosen));
        // Removing comes before space is free again, so it must work where it is used up.
        if (store.reserved().put(turn, ByteBuffer.wrap(object)) == PutOutcome.ALREADY_THERE
                && !Arrays.equals(object, store.get(turn).map(Markers::bytes).orElse(new byte[0]))) {
            return false;
        }
        NavigableSet<ObjectName> turns = turns();
        if (turns.higher(turn) != null) {
            store.delete(turn);
            // The later turn has finished this one, or this one came too late to be seen.
            return stillThere(chosen).isEmpty();
        }
        if (!Collections.disjoint(held.get(), chosen)) {
            // Somebody began to hold one of them: chosen anew, without it.
            store.delete(turn);
            return false;
        }
        chosen.forEach(snapshots::forget);
        turns.headSet(turn).forEach(each -> Deletes.unlessRefused(store, each));
        return true;
    }

    /** Puts the markers that the last turn may have left out, for its process may have ended meanwhile. */
    private void finish(ObjectName turn) {
        try {
            Set<SnapshotId> there = stillThere(chosenBy(turn));
            if (!there.isEmpty()) {
                there.removeAll(held.get());
                there.forEach(snapshots::forget);
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            warnings.tell(turn.value(), e.getMessage() + "; what it was to remove may stay");
        }
    }

    /** Whether a removal names this snapshot that may still be under way. */
    public boolean isChosen(SnapshotId id) {
        NavigableSet<ObjectName> turns = turns();
        return !turns.isEmpty() && chosenBy(turns.last()).contains(id);
    }

    private Set<SnapshotId> chosenBy(ObjectName turn) {
        return store.get(turn)
                .map(object -> decode(turn, sealer.open(ObjectKind.REMOVAL, turn, Markers.bytes(object))))
                .orElse(Set.of());
    }

    private Set<SnapshotId> stillThere(Set<SnapshotId> chosen) {
        SnapshotListing listing = snapshots.list();
        Set<SnapshotId> there = new HashSet<>();
        listing.live().forEach(snapshot -> there.add(snapshot.id()));
        listing.damaged().forEach(damaged -> there.add(damaged.id()));
        there.retainAll(chosen);
        return there;
    }

    private NavigableSet<ObjectName> turns() {
        NavigableSet<ObjectName> turns = new TreeSet<>(Comparator.comparingLong(Removals::number));
        store.list(PREFIX, object -> {
            if (isTurn(object.name())) {
                turns.add(object.name());
            }
        });
        return turns;
    }

    private static ObjectName name(long number) {
        return ObjectName.of(PREFIX + "%08x".formatted(number));
    }

    private static ObjectName following(ObjectName turn) {
        return name(number(turn) + 1);
    }

    private static boolean isTurn(ObjectName name) {
        try {
            return number(name) > 0;
        } catch (HoldfastException e) {
            return false;
        }
    }

    private static long number(ObjectName turn) {
        try {
            long number = Long.parseUnsignedLong(turn.leaf(), 16);
            if (number > 0 && name(number).equals(turn)) {
                return number;
            }
        } catch (NumberFormatException ignored) {
            // Said below.
        }
        throw HoldfastException.damaged("'" + turn.value() + "' is not the name of a removal");
    }

    private static byte[] encode(Set<SnapshotId> chosen) {
        CborWriter out = new CborWriter();
        Verdict.ids(out.map(1).unsigned(0), chosen.stream().sorted().toList());
        return out.toByteArray();
    }

    /**
     * The snapshots that a turn removes.
     *
     * @throws HoldfastException {@code DAMAGED} where this is not what belongs there
     */
    public static Set<SnapshotId> decode(ObjectName turn, byte[] body) {
        number(turn);
        CborReader in = new CborReader(body, turn.value());
        if (in.map() != 1 || in.unsigned(Integer.MAX_VALUE) != 0) {
            throw in.damaged("another field where 0 belongs");
        }
        List<SnapshotId> ids = Verdict.ids(in);
        in.finish();
        return new HashSet<>(ids);
    }
}
