package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/** What can be seen of a vault without its key: which snapshots it has. */
public final class VaultListing {
    /** An envelope, which says of what kind an object is (docs/repository-format.md, section 3). */
    private static final int ENVELOPE_BYTES = 48;

    private VaultListing() {}

    /**
     * The snapshots that are there and not forgotten. One that a collection knew no more counts here and for nobody with the key.
     *
     * @param known those that are no tombstones for certain
     */
    public static Set<SnapshotId> snapshots(ObjectStore vault, Set<SnapshotId> known) {
        Set<SnapshotId> found = new HashSet<>();
        vault.list(
                SnapshotId.SNAPSHOTS,
                object -> SnapshotId.find(object.name().leaf()).ifPresent(found::add));
        vault.list(
                SnapshotId.FORGOTTEN,
                object -> SnapshotId.find(object.name().leaf()).ifPresent(found::remove));
        found.removeIf(id -> !known.contains(id) && !isManifest(vault, id));
        return found;
    }

    private static boolean isManifest(ObjectStore vault, SnapshotId id) {
        byte[] start = new byte[ENVELOPE_BYTES];
        try {
            return vault.getRange(id.snapshotName(), 0, ByteBuffer.wrap(start))
                    && Sealer.kindOf(start, id.snapshotName(), ObjectKind.MANIFEST, ObjectKind.TOMBSTONE)
                            == ObjectKind.MANIFEST;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return false;
        }
    }
}
