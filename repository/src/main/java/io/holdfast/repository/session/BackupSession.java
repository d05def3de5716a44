package io.holdfast.repository.session;

import io.holdfast.repository.pack.PackPipeline.DeltaCount;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.PageRef;
import java.util.Optional;

/**
 * A backup under way, from its beginning to its snapshot: in a repository that is open here, or through a media server. While it is open, nothing that it
 * may refer to is deleted. Closing it without a commit gives up.
 */
public interface BackupSession extends ChunkTarget, AutoCloseable {
    /**
     * The snapshot that the backup builds on.
     *
     * @param wanted what the caller would build on; empty where it is not there any more. A media server decides that by itself
     */
    Optional<Snapshot> parent(Optional<SnapshotId> wanted);

    /** Whether the tree with this root, which the host keeps on its own disk, tells what is there. */
    boolean mayBuildOn(PageRef keptRoot);

    /** New chunks so far, before compression. */
    long addedBytes();

    /** What they take, so far. */
    long storedBytes();

    /** What was saved so far by storing what differs from older versions. */
    DeltaCount deltas();

    /** What was read from the store so far to build deltas on. */
    long baseBytesRead();

    /** Everything added is durable and indexed when this returns. */
    void flush();

    /**
     * Makes the snapshot. To be called after {@link #flush}.
     *
     * @throws io.holdfast.core.HoldfastException {@code FENCED} where another process ended this session
     */
    void commit(Manifest manifest);

    /** The id of the snapshot, when it is made. */
    SnapshotId id();

    @Override
    void close();
}
