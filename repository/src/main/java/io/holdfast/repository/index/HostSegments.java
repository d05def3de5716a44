package io.holdfast.repository.index;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;

/**
 * Segments of hosts that can only write. Such a host might say anything of packs that are not its own, and what is said of a pack first counts when it is collected: so its segments
 * speak of packs of its own session alone, which a pack's envelope proves.
 */
final class HostSegments {
    private HostSegments() {}

    /** @throws HoldfastException {@code DAMAGED} where the segment is of such a host, and has packs of others */
    static void requireOwnPacks(ObjectStore store, ObjectName name, IndexSegment segment) {
        byte[] header = new byte[Envelope.BYTES];
        if (!store.getRange(name, 0, ByteBuffer.wrap(header))) {
            return; // Deleted meanwhile: whoever lists again does not find it.
        }
        Envelope own = Envelope.decode(header, header.length, ObjectKind.INDEX_SEGMENT, name.value());
        for (int i = 0; own.isOfHost() && i < segment.packCount(); i++) {
            IndexedPack pack = segment.pack(i);
            byte[] packHeader = new byte[Envelope.BYTES];
            boolean isThere = store.getRange(pack.id().name(), 0, ByteBuffer.wrap(packHeader));
            if (pack.epoch() != own.epoch()
                    || isThere
                            && Envelope.decode(
                                                    packHeader,
                                                    packHeader.length,
                                                    pack.id().kind().objectKind(),
                                                    pack.id().toString())
                                            .epoch()
                                    != own.epoch()) {
                throw HoldfastException.damaged(
                        name + ": was made by a host that can only add, and speaks of packs of others");
            }
        }
    }
}
