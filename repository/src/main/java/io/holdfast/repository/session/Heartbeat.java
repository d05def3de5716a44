package io.holdfast.repository.session;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Deletes;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Shows others that a session lives: a counter in an object's name that goes up. Nobody compares clocks; a watcher waits by its own
 * clock for the counter to change. Missing a beat harms nothing, being fenced for it is safe.
 */
final class Heartbeat implements AutoCloseable {
    /** A watcher waits six times as long before it calls a session dead. */
    static final Duration INTERVAL = Duration.ofMinutes(5);

    private final ObjectStore store;
    private final SnapshotId id;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private int count;

    Heartbeat(ObjectStore store, SnapshotId id) {
        this.store = store;
        this.id = id;
        this.thread = Thread.ofVirtual().name("holdfast-heartbeat").start(this::run);
    }

    /** The name of a beat. */
    static ObjectName name(SnapshotId id, int count) {
        return ObjectName.of("%s%s.%08x".formatted(SnapshotId.HEARTBEATS, id.leaf(), count));
    }

    /** Names of all beats of a session that are in the store. */
    static List<ObjectName> beats(ObjectStore store, SnapshotId id) {
        return store.names(SnapshotId.HEARTBEATS + id.leaf() + ".");
    }

    private void run() {
        try {
            while (!stop.await(INTERVAL.toSeconds(), TimeUnit.SECONDS)) {
                beat();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beat() {
        try {
            store.put(name(id, count + 1), ByteBuffer.allocate(0));
            if (count > 0) {
                Deletes.unlessRefused(store, name(id, count));
            }
            count++;
        } catch (HoldfastException e) {
            // The next beat comes; a store that stays away ends the backup elsewhere.
        }
    }

    /** Stops beating; the beats in the store are deleted with the session. */
    @Override
    public void close() {
        stop.countDown();
        boolean interrupted = Thread.interrupted();
        try {
            thread.join();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
