package io.holdfast.cli;

import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.sources.restore.RestoreSource;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where a command looks at snapshots: in a repository that it opens itself, or through a server. */
sealed interface SnapshotAccess extends AutoCloseable permits RepositorySnapshots, ServerSnapshots {

    /** Opens what the command line and the environment name. */
    static SnapshotAccess open(RootCommand root) {
        return root.isAboutServer()
                ? new ServerSnapshots(root)
                : new RepositorySnapshots(new RepositoryAccess(root).open());
    }

    /** All, oldest first. */
    SnapshotListing list();

    /** Those that can be read, oldest first; of others there are warnings. */
    List<Snapshot> live();

    /** Reads the tree of a snapshot. Belongs to this; may end when that of some others were asked for. */
    ChunkSource chunks(Snapshot snapshot);

    /** Warns of what this machine has seen before and cannot be gone. */
    void warnOfRollback(RootCommand root);

    /** Until when a snapshot is locked at least; {@link Instant#EPOCH} where nothing is known of a lock. */
    Instant lockedUntil(Snapshot snapshot);

    boolean isHeld(Snapshot snapshot);

    /** Who encrypted it with a key that is not at hand; absent where it can be read. */
    default Optional<String> encryptedBy(Snapshot snapshot) {
        return Optional.empty();
    }

    /** Why it cannot be removed now; empty where nothing keeps it. */
    List<String> reasons(Snapshot snapshot);

    /** Reads all that is in a snapshot; the caller closes it. */
    RestoreSource source(Snapshot snapshot);

    /** The repository, where it is at hand. */
    Optional<RepositoryAccess.Opened> repository();

    @Override
    void close();
}
