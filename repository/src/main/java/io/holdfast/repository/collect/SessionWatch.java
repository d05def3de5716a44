package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.Repository;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.repository.session.SessionRecord;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Waits for sessions to end, and ends those that are dead: of this machine where the process is gone, of others where the heartbeat has
 * stood still for long by our own monotonic clock. Fencing is always safe; being too eager only costs somebody a backup.
 */
final class SessionWatch {
    private static final Duration POLL = Duration.ofMillis(200);

    private final Repository repository;
    private final Duration fenceAfter;
    private final MonotonicClock clock;
    private final HostIdentity self = HostIdentity.ofThisProcess();
    private final Map<SnapshotId, Beat> beats = new HashMap<>();

    private record Beat(String value, long sinceNanos) {}

    SessionWatch(Repository repository, Duration fenceAfter, MonotonicClock clock) {
        this.repository = repository;
        this.fenceAfter = fenceAfter;
        this.clock = clock;
    }

    /** Clears away what sessions that have ended left behind, and ends the dead of this machine. */
    void removeEnded() {
        for (SnapshotId id : repository.sessions().ids()) {
            if (hasEnded(id) || fenceIfDead(id)) {
                repository.sessions().remove(id);
            }
        }
    }

    /** Waits at most {@code patience}; returns those that have not ended. */
    List<SnapshotId> await(List<SnapshotId> sessions, Duration patience) {
        long start = clock.nanoTime();
        List<SnapshotId> open = new ArrayList<>(sessions);
        while (true) {
            open.removeIf(id -> hasEnded(id) || fenceIfDead(id));
            if (open.isEmpty() || clock.nanoTime() - start >= patience.toNanos()) {
                return open;
            }
            try {
                clock.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
            }
        }
    }

    /** Its name is occupied, or its session object is gone, which comes after that. */
    private boolean hasEnded(SnapshotId id) {
        return repository.snapshots().hasEnded(id)
                || repository.store().stat(id.sessionName()).isEmpty();
    }

    private boolean fenceIfDead(SnapshotId id) {
        Optional<SessionRecord> session;
        try {
            session = repository.sessions().find(id);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return false; // Who it is cannot be read; 'session fence' ends it by hand.
        }
        if (session.isPresent() && (self.isGone(session.get()) || hasStoodStill(id))) {
            repository.snapshots().fence(id);
            return true;
        }
        return false;
    }

    private boolean hasStoodStill(SnapshotId id) {
        String beat = repository.sessions().lastBeat(id).orElse("");
        long now = clock.nanoTime();
        Beat known = beats.get(id);
        if (known == null || !known.value().equals(beat)) {
            beats.put(id, new Beat(beat, now));
            return false;
        }
        return now - known.sinceNanos() >= fenceAfter.toNanos();
    }
}
