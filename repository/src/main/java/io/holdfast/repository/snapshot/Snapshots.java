package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The snapshots of a repository: which are live, how one is committed, fenced and forgotten. Thread-safe. */
public final class Snapshots {
    private static final int ATTEMPTS = 20;
    private static final byte[] EMPTY_BODY = {(byte) 0xA0}; // an empty CBOR map

    /** About a kilobyte each. */
    private static final int MAX_KNOWN = 20_000;

    private final ObjectStore store;
    private final Sealer sealer;
    private final Markers markers;
    private final ObjectCache cache;
    /** Snapshots that this process has read already: most commands list them more than once. */
    private final Map<SnapshotId, Occupant.Present> known = new ConcurrentHashMap<>();

    private final Warnings warnings;

    /** @param warnings is told of snapshots that cannot be read */
    public Snapshots(ObjectStore store, Sealer sealer, ObjectCache cache, Warnings warnings) {
        this.store = store;
        this.sealer = sealer;
        // Forgetting and fencing come before space is free again, so they must work where it is used up.
        this.markers = new Markers(store.reserved(), sealer);
        this.cache = cache;
        this.warnings = warnings;
    }

    /** How a commit ended. */
    public enum CommitOutcome {
        COMMITTED,
        /** A tombstone is there: another process ended this session. */
        FENCED
    }

    /** What lies at a snapshot's name. */
    public sealed interface Occupant {
        record Present(Snapshot snapshot) implements Occupant {}

        record Tombstone() implements Occupant {}

        record Nothing() implements Occupant {}
    }

    /** The live snapshots that can be read, oldest first; those that cannot are told as warnings. */
    public List<Snapshot> live() {
        SnapshotListing listing = list();
        listing.damaged()
                .forEach(d ->
                        warnings.tell(d.id().snapshotName().value(), d.problem().getMessage() + "; it is left out"));
        return listing.live();
    }

    /** The live snapshots, those that cannot be read apart. Where the roster cannot be read, nothing is held to be dead. */
    public SnapshotListing list() {
        return list(false, this::rosterOrAll);
    }

    /** The same from the store alone; the cache is not asked, and nothing is told. */
    public SnapshotListing listFromStore() {
        return list(true, this::rosterOrNone);
    }

    /** As {@link #list}; nothing is told. */
    SnapshotListing listSilently() {
        return list(false, this::rosterOrNone);
    }

    private Roster rosterOrNone() {
        try {
            return newestRoster();
        } catch (HoldfastException e) {
            rethrowUnlessUnreadable(e);
            return Roster.NONE;
        }
    }

    /**
     * All live snapshots, for those who delete what no snapshot reaches.
     *
     * @throws HoldfastException {@code DAMAGED} or {@code UNSUPPORTED_VERSION} where one of them, or the roster, cannot be read: what
     *     they reach is not known
     */
    public List<Snapshot> liveOrFail() {
        SnapshotListing listing = list(false, this::newestRoster, this::isMarker);
        if (!listing.damaged().isEmpty()) {
            SnapshotListing.Damaged first = listing.damaged().getFirst();
            throw new HoldfastException(
                    first.problem().code(),
                    first.problem().getMessage() + ": what snapshot "
                            + first.id().shortText() + " reaches is not known, so nothing is deleted",
                    "Put this object back from a copy of the repository, or give the snapshot up: holdfast forget "
                            + first.id().shortText(),
                    first.problem());
        }
        return listing.live();
    }

    /**
     * Anybody who may put could hide a snapshot behind a marker that is none, and a marker may be torn: who collects keeps what such a snapshot reaches. A marker
     * under a key that is not known here counts.
     */
    private boolean isMarker(SnapshotId id) {
        try {
            return markers.get(ObjectKind.FORGET_MARKER, id.forgottenName()).isPresent();
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.WRONG_KEY) {
                return true;
            }
            rethrowUnlessUnreadable(e);
            warnings.tell(
                    id.forgottenName().value(),
                    e.getMessage() + "; what snapshot " + id.shortText()
                            + " needs is kept. Remove this object, and forget the snapshot again if it is to go");
            return false;
        }
    }

    private SnapshotListing list(boolean fromStore, Supplier<Roster> rosters) {
        return list(fromStore, rosters, id -> true);
    }

    /** @param isMarker whether what lies at the name of a forget marker is one */
    private SnapshotListing list(boolean fromStore, Supplier<Roster> rosters, Predicate<SnapshotId> isMarker) {
        List<SnapshotId> occupied = ids(SnapshotId.SNAPSHOTS);
        Set<SnapshotId> forgotten = new HashSet<>(ids(SnapshotId.FORGOTTEN));
        forgotten.retainAll(Set.copyOf(occupied));
        forgotten.removeIf(isMarker.negate());
        // Last, or a snapshot that was forgotten and retired meanwhile is taken for live.
        Roster roster = rosters.get();
        List<Snapshot> live = new ArrayList<>();
        List<SnapshotListing.Damaged> damaged = new ArrayList<>();
        for (SnapshotId id : occupied) {
            if (!forgotten.contains(id) && roster.admits(id)) {
                try {
                    if (occupant(id, fromStore) instanceof Occupant.Present present) {
                        live.add(present.snapshot());
                    }
                } catch (HoldfastException e) {
                    rethrowUnlessUnreadable(e);
                    damaged.add(new SnapshotListing.Damaged(id, e));
                }
            }
        }
        live.sort(Comparator.comparing((Snapshot s) -> s.manifest().started()).thenComparing(Snapshot::id));
        damaged.sort(Comparator.comparing(SnapshotListing.Damaged::id));
        return new SnapshotListing(live, damaged);
    }

    /** For readers alone: a snapshot too many can be looked at, one too few looks like a loss. */
    private Roster rosterOrAll() {
        try {
            return newestRoster();
        } catch (HoldfastException e) {
            rethrowUnlessUnreadable(e);
            warnings.tell(
                    Verdict.PREFIX,
                    e.getMessage() + "; snapshots that were given up may be listed, and prune will refuse to work");
            return Roster.NONE;
        }
    }

    private static void rethrowUnlessUnreadable(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
    }

    /** Whether this snapshot is live at this moment for certain: false where an object that says so cannot be read. */
    public boolean isLive(SnapshotId id) {
        try {
            return store.stat(id.forgottenName()).isEmpty()
                    && isAdmitted(id)
                    && occupant(id, true) instanceof Occupant.Present;
        } catch (HoldfastException e) {
            rethrowUnlessUnreadable(e);
            return false;
        }
    }

    /** Whether the newest roster lets this id be live. Its generation stands in its name, so it is opened only for older ids. */
    private boolean isAdmitted(SnapshotId id) {
        Optional<ObjectName> newest = newestVerdict();
        return newest.isEmpty()
                || id.generation() >= SnapshotId.parse(newest.get().leaf()).generation()
                || newestRoster().admits(id);
    }

    /** SHA-256 of the newest verdict as it lies in the store, whether it can be read or not. */
    public Optional<Bytes> newestVerdictHash() {
        return newestVerdict().flatMap(store::get).map(object -> Bytes.wrap(Sha256.of(Markers.bytes(object))));
    }

    /** What lies at the name of this snapshot. */
    public Occupant occupant(SnapshotId id) {
        return occupant(id, false);
    }

    private Occupant occupant(SnapshotId id, boolean fromStore) {
        ObjectName name = id.snapshotName();
        if (fromStore) {
            return decoded(id, store.get(name).map(Markers::bytes));
        }
        Occupant.Present before = known.get(id);
        if (before != null) {
            return before;
        }
        Occupant occupant = fromCacheOrStore(id, name);
        if (occupant instanceof Occupant.Present present) {
            if (known.size() >= MAX_KNOWN) {
                known.clear();
            }
            known.put(id, present);
        }
        return occupant;
    }

    private Occupant fromCacheOrStore(SnapshotId id, ObjectName name) {
        try {
            return decoded(id, cached(name));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                throw e;
            }
            // Perhaps it is only the copy: a loss of power leaves torn files in the cache.
            cache.drop(name);
            return decoded(id, cached(name));
        }
    }

    private Optional<byte[]> cached(ObjectName name) {
        return cache.get(name, () -> store.get(name).map(Markers::bytes));
    }

    private Occupant decoded(SnapshotId id, Optional<byte[]> object) {
        return object.isPresent() ? decode(id, object.get()) : new Occupant.Nothing();
    }

    /**
     * What an object at a snapshot's name is.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not intact
     */
    public Occupant decode(SnapshotId id, byte[] bytes) {
        ObjectName name = id.snapshotName();
        return switch (Sealer.kindOf(bytes, name, ObjectKind.MANIFEST, ObjectKind.TOMBSTONE)) {
            case MANIFEST -> {
                Manifest manifest = Manifest.decode(sealer.open(ObjectKind.MANIFEST, name, bytes), name.value());
                yield new Occupant.Present(new Snapshot(id, manifest, Bytes.wrap(Sha256.of(bytes))));
            }
            default -> {
                sealer.open(ObjectKind.TOMBSTONE, name, bytes);
                yield new Occupant.Tombstone();
            }
        };
    }

    /**
     * Step W6: makes the snapshot visible, and locks it where its manifest says so, unless a tombstone was first. Call only when all that it reaches is durable.
     *
     * @throws HoldfastException {@code FENCED} where it was committed, but after a collection that no longer knew of it
     */
    public CommitOutcome commit(SnapshotId id, Manifest manifest) {
        ObjectName name = id.snapshotName();
        byte[] object = sealer.seal(ObjectKind.MANIFEST, name, manifest.encode());
        if (store.put(name, List.of(ByteBuffer.wrap(object)), manifest.lockedUntil()) == PutOutcome.ALREADY_THERE) {
            byte[] there = store.get(name).map(Markers::bytes).orElse(new byte[0]);
            if (!Arrays.equals(there, object)) {
                return CommitOutcome.FENCED;
            }
        }
        if (!isAdmitted(id)) {
            throw new HoldfastException(
                    ErrorCode.FENCED,
                    "a collection ended while this backup was thought dead; snapshot " + id.shortText()
                            + " does not count",
                    "Run the backup again; what was sent is not sent twice.");
        }
        return CommitOutcome.COMMITTED;
    }

    /** Ends a session for good, unless it has committed: whoever puts first at the snapshot's name wins. */
    public Occupant fence(SnapshotId id) {
        markers.put(ObjectKind.TOMBSTONE, id.snapshotName(), EMPTY_BODY);
        return occupant(id, true);
    }

    /** Whether the session with this id has ended: its snapshot name is occupied. */
    public boolean hasEnded(SnapshotId id) {
        return store.stat(id.snapshotName()).isPresent();
    }

    /** Whether a session that has not committed cannot any more. */
    public boolean isFenced(SnapshotId id) {
        return hasEnded(id) || !isAdmitted(id);
    }

    /** Step X: the snapshot is gone for everyone; its name stays occupied. */
    public void forget(SnapshotId id) {
        markers.put(ObjectKind.FORGET_MARKER, id.forgottenName(), EMPTY_BODY);
    }

    /** The roster of the newest verdict. */
    public Roster newestRoster() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<ObjectName> newest = newestVerdict();
            if (newest.isEmpty()) {
                return Roster.NONE;
            }
            Optional<byte[]> object = store.get(newest.get()).map(Markers::bytes);
            if (object.isPresent()) {
                Verdict verdict = decodeVerdict(newest.get(), object.get());
                return new Roster(
                        verdict.generation(),
                        Set.copyOf(verdict.roster()),
                        Optional.of(Bytes.wrap(Sha256.of(object.get()))));
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED, "the verdicts changed " + ATTEMPTS + " times while they were read", "Try again.");
    }

    private Verdict decodeVerdict(ObjectName name, byte[] object) {
        try {
            return Verdict.decode(name, sealer.open(ObjectKind.VERDICT, name, object));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    String.valueOf(e.getMessage()),
                    "Put this object back from a copy of the repository. Where there is none: when nobody else works on the"
                            + " repository, remove it, and the next 'holdfast prune' decides anew.",
                    e);
        }
    }

    /** The list that the newest verdict is about. */
    Optional<SnapshotId> newestVerdictId() {
        return newestVerdict().map(name -> SnapshotId.parse(name.leaf()));
    }

    boolean isNewestVerdictDamaged() {
        try {
            Roster ignored = newestRoster();
            return false;
        } catch (HoldfastException e) {
            rethrowUnlessUnreadable(e);
            return e.code() == ErrorCode.DAMAGED;
        }
    }

    private Optional<ObjectName> newestVerdict() {
        ObjectName[] newest = new ObjectName[1];
        store.list(Verdict.PREFIX, object -> {
            if (SnapshotId.find(object.name().leaf()).isPresent()) {
                newest[0] = object.name();
            }
        });
        return Optional.ofNullable(newest[0]);
    }

    /** The ids of all objects below a prefix. */
    public List<SnapshotId> ids(String prefix) {
        List<SnapshotId> ids = new ArrayList<>();
        store.list(prefix, object -> SnapshotId.find(object.name().leaf()).ifPresent(ids::add));
        return ids;
    }
}
