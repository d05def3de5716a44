package io.holdfast.sources.backup;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.session.ChunkTarget;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.ChunkSource;

/**
 * The metadata of the parent snapshot. Where it cannot be read, that is told, and none of it is referenced any more: a backup on a damaged
 * snapshot makes a good one again.
 */
final class ParentChunks implements ChunkSource {
    private final ChunkSource chunks;
    private final ChunkTarget target;
    private final SnapshotId parent;
    private final Warnings warnings;

    ParentChunks(ChunkSource chunks, ChunkTarget target, SnapshotId parent, Warnings warnings) {
        this.chunks = chunks;
        this.target = target;
        this.parent = parent;
        this.warnings = warnings;
    }

    @Override
    public byte[] read(ChunkId id) {
        try {
            return chunks.read(id);
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            target.distrustMetadata();
            warnings.tell(
                    "snapshot " + parent.shortText(),
                    "is damaged; what it cannot tell is read and stored again, and 'holdfast verify' says what is hit");
            throw e;
        }
    }

    static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED) {
            throw e;
        }
    }
}
