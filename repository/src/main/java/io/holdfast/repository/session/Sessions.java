package io.holdfast.repository.session;

import io.holdfast.repository.Deletes;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The sessions of a repository, as others see them. Thread-safe. */
public final class Sessions {
    private final ObjectStore store;
    private final Markers markers;
    private final Snapshots snapshots;

    public Sessions(ObjectStore store, Sealer sealer, Snapshots snapshots) {
        this.store = store;
        this.markers = new Markers(store, sealer);
        this.snapshots = snapshots;
    }

    /** Ids of all session objects, ended or not. */
    public List<SnapshotId> ids() {
        return snapshots.ids(SnapshotId.SESSIONS);
    }

    /** What a session says of itself, or empty where it is gone. */
    public Optional<SessionRecord> find(SnapshotId id) {
        return markers.get(ObjectKind.SESSION, id.sessionName()).map(body -> SessionRecord.decode(id, body));
    }

    /** All sessions that have not ended. */
    public List<SessionRecord> open() {
        List<SessionRecord> open = new ArrayList<>();
        for (SnapshotId id : ids()) {
            if (!snapshots.hasEnded(id)) {
                find(id).ifPresent(open::add);
            }
        }
        return open;
    }

    /** The last beat of a session; changes while it lives. Empty before the first. */
    public Optional<String> lastBeat(SnapshotId id) {
        return Heartbeat.beats(store, id).stream().map(ObjectName::leaf).max(String::compareTo);
    }

    void register(SessionRecord session) {
        markers.put(ObjectKind.SESSION, session.id().sessionName(), session.encode());
    }

    /** Deletes the session's own objects. Only after it has ended: its snapshot name is occupied. */
    public void remove(SnapshotId id) {
        for (ObjectName beat : Heartbeat.beats(store, id)) {
            Deletes.unlessRefused(store, beat);
        }
        Deletes.unlessRefused(store, id.sessionName());
    }
}
