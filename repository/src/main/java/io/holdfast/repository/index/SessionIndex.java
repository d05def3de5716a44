package io.holdfast.repository.index;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.StoredPack;
import java.util.ArrayList;
import java.util.List;

/**
 * What a write session knows: the chunks it may reference without sending them. Packs become known to others in segments of about
 * {@value #PUBLISH_ENTRIES} entries, which also keeps the memory of a session flat, however much it writes. Thread-safe.
 */
public final class SessionIndex {
    private static final int PUBLISH_ENTRIES = 128 * 1024;

    private final IndexStore store;
    private final UsableIndex base;
    private final List<IndexSegment> published = new ArrayList<>();
    private final PendingChunks pending = new PendingChunks();
    private SegmentBuilder builder = new SegmentBuilder();

    /** @param base the chunks that were usable when the session began */
    public SessionIndex(IndexStore store, UsableIndex base) {
        this.store = store;
        this.base = base;
    }

    /** Whether the chunk may be referenced: a usable copy is there, or this session has taken it in. */
    public boolean contains(ChunkId id) {
        if (base.contains(id)) {
            return true;
        }
        synchronized (this) {
            return isOwn(id);
        }
    }

    /** Claims the chunk for this session; false where it may be referenced already. */
    public boolean claim(ChunkId id) {
        return !base.contains(id) && claimAnew(id);
    }

    /** Claims the chunk, whatever was there before this session; false where the session has taken it in. */
    public synchronized boolean claimAnew(ChunkId id) {
        return !isOwn(id) && pending.add(id);
    }

    /** Takes over the table of contents of a pack that is durable. */
    public synchronized void stored(StoredPack pack) {
        builder.add(pack);
        if (builder.entryCount() >= PUBLISH_ENTRIES) {
            publish();
        }
    }

    /** Publishes what is left; after it every chunk of every stored pack is indexed. */
    public synchronized void publish() {
        if (builder.isEmpty()) {
            return;
        }
        published.add(store.publish(builder));
        builder.ids().forEach(pending::remove);
        builder = new SegmentBuilder();
    }

    private boolean isOwn(ChunkId id) {
        if (pending.contains(id)) {
            return true;
        }
        for (IndexSegment segment : published) {
            if (segment.find(id.a(), id.b()) >= 0) {
                return true;
            }
        }
        return false;
    }
}
