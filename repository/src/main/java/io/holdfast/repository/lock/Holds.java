package io.holdfast.repository.lock;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The holds of a repository (steps H1 and H2). Thread-safe. */
public final class Holds {
    private final Repository repository;

    public Holds(Repository repository) {
        this.repository = repository;
    }

    /** All that are in force, those that cannot be read among them: a hold is only over when somebody can read that. */
    public Set<SnapshotId> held() {
        Instant now = repository.settings().clock().instant();
        Set<SnapshotId> held = new HashSet<>();
        repository
                .store()
                .list(Hold.PREFIX, object -> Hold.heldBy(object.name()).ifPresent(held::add));
        held.removeIf(snapshot -> of(snapshot).stream().noneMatch(hold -> hold.isInForce(now)));
        return held;
    }

    /** The holds of a snapshot, oldest first. */
    public List<Hold> of(SnapshotId snapshot) {
        return read(Hold.PREFIX + snapshot.leaf() + ".");
    }

    /** All holds, also of snapshots that are gone. */
    public List<Hold> all() {
        return read(Hold.PREFIX);
    }

    private List<Hold> read(String prefix) {
        List<Hold> holds = new ArrayList<>();
        repository.store().list(prefix, object -> {
            if (Hold.heldBy(object.name()).isPresent()) {
                repository
                        .markers()
                        .get(ObjectKind.HOLD, object.name())
                        .ifPresent(body -> holds.add(Hold.decode(object.name(), body)));
            }
        });
        holds.sort((a, b) -> a.made().compareTo(b.made()));
        return holds;
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
    public void remove(List<Hold> holds) {
        holds.forEach(hold -> repository.store().delete(hold.name()));
    }
}
