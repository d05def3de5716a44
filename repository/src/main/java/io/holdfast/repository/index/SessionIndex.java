package io.holdfast.repository.index;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.StoredPack;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a write session knows: the chunks it may reference without sending them. Packs become known to others in segments of about
 * {@value #PUBLISH_ENTRIES} entries, which also keeps the memory of a session flat, however much it writes; and at the latest with
 * the first pack that is stored a minute or a gibibyte after the last segment, so that whoever comes after a backup that was cut off does not send
 * the same again. Thread-safe.
 */
public final class SessionIndex {
    private static final int PUBLISH_ENTRIES = 128 * 1024;

    private static final long CHECKPOINT_BYTES = 1L << 30;
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofMinutes(1);

    private final IndexStore store;
    private final MonotonicClock clock;
    private final UsableIndex base;
    private List<IndexSegment> published = new ArrayList<>();
    private final PendingChunks pending = new PendingChunks();
    private SegmentBuilder builder = new SegmentBuilder();
    private long builderBytes;
    private final Map<PackId, Integer> used = new ConcurrentHashMap<>();
    private volatile boolean remembersUse;
    private long publishedAtNanos;

    /** @param base the chunks that were usable when the session began */
    public SessionIndex(IndexStore store, UsableIndex base, MonotonicClock clock) {
        this.store = store;
        this.base = base;
        this.clock = clock;
        this.publishedAtNanos = clock.nanoTime();
    }

    /** From now on remembers which packs are referred to. */
    public void rememberUse() {
        remembersUse = true;
    }

    /** Packs with a copy of a chunk that was there and was referred to, with their key epochs; empty where that is not remembered. */
    public Map<PackId, Integer> used() {
        return used;
    }

    private boolean isThere(ChunkId id) {
        boolean isThere = base.contains(id);
        if (isThere && remembersUse) {
            base.places(id)
                    .forEach(place ->
                            used.put(place.frame().pack(), place.frame().epoch()));
        }
        return isThere;
    }

    /** Whether the chunk may be referenced: a usable copy is there, or this session has taken it in. */
    public boolean contains(ChunkId id) {
        if (isThere(id)) {
            return true;
        }
        synchronized (this) {
            return isOwn(id);
        }
    }

    /** Where the chunk lay when the session began and may be relied on; a delta only where its bases may, too. */
    public List<ChunkPlace> placesBefore(ChunkId id) {
        return base.places(id);
    }

    /** Claims the chunk for this session; false where it may be referenced already. */
    public boolean claim(ChunkId id) {
        return !isThere(id) && claimAnew(id);
    }

    /** Claims the chunk, whatever was there before this session; false where the session has taken it in. */
    public synchronized boolean claimAnew(ChunkId id) {
        return !isOwn(id) && pending.add(id);
    }

    /** Takes over the table of contents of a pack that is durable. */
    public synchronized void stored(StoredPack pack) {
        builder.add(pack);
        builderBytes += pack.sizeBytes();
        if (builder.entryCount() >= PUBLISH_ENTRIES
                || builderBytes >= CHECKPOINT_BYTES
                || clock.nanoTime() - publishedAtNanos >= CHECKPOINT_INTERVAL.toNanos()) {
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
        builderBytes = 0;
        publishedAtNanos = clock.nanoTime();
        // A backup of days would have thousands, and each look-up of a new chunk asks all of them.
        published = new ArrayList<>(store.mergeWhereNeeded(new Index(published)).segments());
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
