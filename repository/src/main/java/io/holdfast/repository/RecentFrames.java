package io.holdfast.repository;

import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The decoded frames used last, and which chunks in them have been checked. Safe for many threads. */
final class RecentFrames {
    private final long maxBytes;
    private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>(32, 0.75f, true);
    private long bytes;

    RecentFrames(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    record Key(PackId pack, int offset) {
        static Key of(ChunkPlace place) {
            return new Key(place.frame().pack(), place.frame().offset());
        }
    }

    /** @param checked the id that the chunk at a position was found to have */
    private record Kept(FrameCodec.Decoded frame, Map<Integer, ChunkId> checked) {}

    synchronized Optional<FrameCodec.Decoded> find(Key key) {
        return Optional.ofNullable(kept.get(key)).map(Kept::frame);
    }

    synchronized void keep(Key key, FrameCodec.Decoded frame) {
        Kept before = kept.put(key, new Kept(frame, new HashMap<>()));
        bytes += frame.plain().length - (before == null ? 0 : before.frame().plain().length);
        for (Iterator<Kept> eldest = kept.values().iterator(); bytes > maxBytes && kept.size() > 1; ) {
            bytes -= eldest.next().frame().plain().length;
            eldest.remove();
        }
    }

    synchronized boolean isKnownToHold(ChunkPlace place, ChunkId id) {
        Kept there = kept.get(Key.of(place));
        return there != null && id.equals(there.checked().get(place.ordinal()));
    }

    synchronized void holds(ChunkPlace place, ChunkId id) {
        Kept there = kept.get(Key.of(place));
        if (there != null) {
            there.checked().put(place.ordinal(), id);
        }
    }
}
