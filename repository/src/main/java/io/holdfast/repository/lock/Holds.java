package io.holdfast.repository.lock;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The holds of a repository (steps H1 and H2). Thread-safe. */
public final class Holds {
    private static final long MAX_BYTES = 1 << 20;

    private final Repository repository;

    public Holds(Repository repository) {
        this.repository = repository;
    }

    /** All that are in force, those that cannot be read among them: a hold is only over when somebody can read that. */
    public Set<SnapshotId> held() {
        Instant now = repository.settings().clock().instant();
        Set<SnapshotId> held = new HashSet<>();
        for (ObjectName name : names()) {
            if (read(name).map(hold -> hold.isInForce(now)).orElse(true)) {
                Hold.heldBy(name).ifPresent(held::add);
            }
        }
        return held;
    }

    /** Those that can be read, oldest first, also of snapshots that are gone; the others are told. */
    public List<Hold> all() {
        List<Hold> holds = new ArrayList<>();
        names().forEach(name -> read(name).ifPresent(holds::add));
        holds.sort(Comparator.comparing(Hold::made));
        return holds;
    }

    /**
     * Snapshots that are held, and are gone though nobody has forgotten them: nobody may as long as they are held. Whoever has never seen them before finds that out by this
     * alone.
     */
    public Set<SnapshotId> lost() {
        Set<SnapshotId> lost = missing(held());
        // One that was forgotten while somebody put a hold on it has a hold for a moment.
        return lost.isEmpty()
                ? lost
                : missing(held().stream().filter(lost::contains).collect(Collectors.toSet()));
    }

    private Set<SnapshotId> missing(Set<SnapshotId> held) {
        Set<SnapshotId> missing = new HashSet<>();
        for (SnapshotId id : held) {
            if (repository.store().stat(id.snapshotName()).isEmpty()
                    && repository.store().stat(id.forgottenName()).isEmpty()
                    && !repository.removals().isChosen(id)) {
                missing.add(id);
            }
        }
        return missing;
    }

    /** Names of the objects of all holds, whether they can be read or not. */
    public List<ObjectName> names() {
        List<ObjectName> names = new ArrayList<>();
        repository.store().list(Hold.PREFIX, object -> {
            if (Hold.heldBy(object.name()).isPresent()) {
                names.add(object.name());
            }
        });
        return names;
    }

    /** Empty where it cannot be read. */
    private Optional<Hold> read(ObjectName name) {
        try {
            if (repository.store().stat(name).map(ObjectStat::sizeBytes).orElse(0L) > MAX_BYTES) {
                throw HoldfastException.damaged(name + ": is too large for a hold");
            }
            return repository.markers().get(ObjectKind.HOLD, name).map(body -> Hold.decode(name, body));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            repository
                    .settings()
                    .warnings()
                    .tell(name.value(), e.getMessage() + "; the snapshot counts as held until 'holdfast hold remove'");
            return Optional.empty();
        }
    }

    /**
     * Holds a snapshot, and locks what it reaches where the hold is for a time.
     *
     * @param until {@link Instant#EPOCH}: until it is removed
     * @throws HoldfastException {@code REFUSED} where it is being removed, {@code NOT_FOUND} where it is gone
     */
    public Hold add(Snapshot snapshot, Instant until, String reason, String owner) {
        SnapshotId id = snapshot.id();
        Hold hold = new Hold(
                id,
                repository.settings().random().nextInt(),
                Instant.ofEpochSecond(repository.settings().clock().instant().getEpochSecond()),
                until,
                reason,
                owner);
        repository.markers().put(ObjectKind.HOLD, hold.name(), hold.encode());
        if (repository.removals().isChosen(id) || !repository.snapshots().isLive(id)) {
            repository.store().delete(hold.name());
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "snapshot " + id.shortText() + " is being removed by somebody else, or was",
                    "Look with 'holdfast snapshots'.");
        }
        if (!until.equals(Instant.EPOCH)) {
            new SnapshotLocks(repository).lockLive(snapshot, until);
        }
        return hold;
    }

    /** Removes holds; what they locked stays locked until its date. */
    public void remove(List<ObjectName> holds) {
        holds.forEach(repository.store()::delete);
    }
}
