package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSource;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the chunks on which deltas are built. A version of a file is built on the one before, chunk after chunk, and that lies together: so the frames used last
 * are kept, and where frames are asked for one behind the other, more is fetched at once, twice as much each time, as a store that is far away charges
 * each request. Every chunk is checked against its id. Memory: {@value #MAX_CACHED_BYTES} bytes of frames, and {@value #MAX_WINDOW_BYTES} bytes of
 * what was fetched ahead. Safe for many threads; what is fetched is fetched by one of them.
 */
public final class BaseChunks implements BaseSource, AutoCloseable {
    private static final int MAX_CACHED_BYTES = 24 << 20;
    private static final int MAX_WINDOW_BYTES = 16 << 20;
    private static final int MIN_WINDOW_BYTES = 1 << 20;
    /** Between two frames of one file may lie some of others, and threads are some frames apart. */
    private static final int NEAR_BYTES = 1 << 20;
    /** So close, one follows the other. */
    private static final int NEXT_BYTES = 256 << 10;

    private static final byte[] NOTHING = new byte[0];

    private final ObjectStore store;
    private final Keyring keyring;
    private final Supplier<Index> index;
    private final IndexSource source;
    private final Queue<Equipment> free = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytesRead = new AtomicLong();
    private final Frames frames = new Frames();
    private final Window window = new Window();

    BaseChunks(ObjectStore store, Keyring keyring, Supplier<Index> index, IndexSource source) {
        this.store = store;
        this.keyring = keyring;
        this.index = index;
        this.source = source;
    }

    private record FrameKey(PackId pack, int offset) {}

    private record Equipment(PackReader packs, ChunkHasher hasher) {}

    @Override
    public byte[] read(ChunkId id) {
        Equipment equipment = free.poll();
        if (equipment == null) {
            equipment =
                    new Equipment(new PackReader(store, keyring, BaseSource.NONE), new ChunkHasher(keyring.idKey()));
        }
        try {
            byte[] chunk = tryRead(id, index.get(), equipment);
            if (chunk == null) {
                chunk = tryRead(id, source.reload(), equipment);
            }
            if (chunk == null) {
                chunk = tryRead(id, source.refetch(), equipment);
            }
            if (chunk == null) {
                throw HoldfastException.damaged(
                        "base chunk " + id + ", on which deltas are built, is in no pack, or damaged in all");
            }
            return chunk;
        } finally {
            free.add(equipment);
        }
    }

    /** Bytes fetched from the store so far. */
    public long bytesRead() {
        return bytesRead.get();
    }

    /** To be called when nobody reads. */
    @Override
    public void close() {
        for (Equipment equipment = free.poll(); equipment != null; equipment = free.poll()) {
            equipment.packs().close();
        }
    }

    private byte @Nullable [] tryRead(ChunkId id, Index known, Equipment equipment) {
        for (ChunkPlace place : known.findAll(id)) {
            if (place.isDelta()) {
                continue;
            }
            Optional<FrameCodec.Decoded> frame;
            try {
                frame = frame(place, equipment.packs());
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                continue;
            }
            if (frame.isPresent() && place.ordinal() < frame.get().chunkCount()) {
                FrameCodec.Decoded decoded = frame.get();
                int start = decoded.starts()[place.ordinal()];
                int length = decoded.length(place.ordinal());
                if (equipment.hasher().id(decoded.plain(), start, length).equals(id)) {
                    return Arrays.copyOfRange(decoded.plain(), start, start + length);
                }
            }
        }
        return null;
    }

    /** Empty where the pack is gone. */
    private Optional<FrameCodec.Decoded> frame(ChunkPlace place, PackReader packs) {
        FrameKey key = new FrameKey(place.frame().pack(), place.frame().offset());
        Optional<FrameCodec.Decoded> known = frames.find(key);
        if (known.isPresent()) {
            return known;
        }
        byte[] stored = new byte[place.frame().storedBytes()];
        if (!window.read(place, stored)) {
            return Optional.empty();
        }
        FrameCodec.Decoded decoded = packs.decode(place.frame(), stored, 0, NOTHING);
        frames.keep(key, decoded);
        return Optional.of(decoded);
    }

    /** The frames used last. */
    private static final class Frames {
        private final LinkedHashMap<FrameKey, FrameCodec.Decoded> kept = new LinkedHashMap<>(32, 0.75f, true);
        private long bytes;

        synchronized Optional<FrameCodec.Decoded> find(FrameKey key) {
            return Optional.ofNullable(kept.get(key));
        }

        synchronized void keep(FrameKey key, FrameCodec.Decoded frame) {
            FrameCodec.Decoded before = kept.put(key, frame);
            bytes += frame.plain().length - (before == null ? 0 : before.plain().length);
            for (Iterator<Map.Entry<FrameKey, FrameCodec.Decoded>> eldest =
                            kept.entrySet().iterator();
                    bytes > MAX_CACHED_BYTES && kept.size() > 1; ) {
                bytes -= eldest.next().getValue().plain().length;
                eldest.remove();
            }
        }
    }

    /**
     * The two parts of packs that were fetched last. Frames come nearly in order: several threads ask, and small chunks wait for others before they make a frame.
     * So one that starts in the last part or a little behind it draws the next part after it; one that lies anywhere else is read by itself, and only two in a
     * row there begin anew.
     */
    private final class Window {
        private Part last = new Part();
        private Part beforeLast = new Part();
        private int nextBytes = MIN_WINDOW_BYTES;
        /** Where the frame ended that was read by itself last. */
        private Place alone = Place.NOWHERE;

        /** False where the pack is gone. */
        synchronized boolean read(ChunkPlace place, byte[] target) {
            Place frame =
                    new Place(Optional.of(place.frame().pack()), place.frame().offset());
            if (last.read(frame, target) || beforeLast.read(frame, target)) {
                return true;
            }
            int wantedEnd = frame.offset() + target.length;
            int from = Math.min(last.end, frame.offset());
            boolean goesOn = last.start.isInPackOf(frame)
                    && frame.offset() >= last.start.offset()
                    && frame.offset() - last.end <= NEAR_BYTES;
            if (goesOn && wantedEnd - from <= nextBytes) {
                return readAhead(place, from, target);
            }
            boolean nextPack = last.isToTheEnd && !last.start.isInPackOf(frame) && frame.offset() <= NEXT_BYTES;
            if (nextPack && target.length <= nextBytes) {
                return readAhead(place, frame.offset(), target);
            }
            boolean twoInARow = alone.isInPackOf(frame)
                    && frame.offset() >= alone.offset()
                    && frame.offset() - alone.offset() <= NEXT_BYTES;
            if (twoInARow && target.length <= MIN_WINDOW_BYTES) {
                nextBytes = MIN_WINDOW_BYTES;
                return readAhead(place, frame.offset(), target);
            }
            alone = new Place(frame.pack(), wantedEnd);
            bytesRead.addAndGet(target.length);
            return store.getRange(place.frame().pack().name(), frame.offset(), ByteBuffer.wrap(target));
        }

        private boolean readAhead(ChunkPlace place, int from, byte[] target) {
            Part next = beforeLast;
            if (!next.fetch(place, from, nextBytes)) {
                return false;
            }
            beforeLast = last;
            last = next;
            nextBytes = Math.min(2 * nextBytes, MAX_WINDOW_BYTES);
            return last.read(new Place(last.start.pack(), place.frame().offset()), target);
        }
    }

    private final class Part {
        private ByteBuffer content = ByteBuffer.allocate(0);
        private Place start = Place.NOWHERE;
        private int end;
        /** To the last frame of its pack, so that the first of another pack may be the next. */
        private boolean isToTheEnd;

        boolean read(Place frame, byte[] target) {
            boolean isThere = start.isInPackOf(frame)
                    && frame.offset() >= start.offset()
                    && frame.offset() + target.length <= end;
            if (isThere) {
                content.get(frame.offset() - start.offset(), target);
            }
            return isThere;
        }

        /** False where the pack is gone. */
        boolean fetch(ChunkPlace place, int from, int mostBytes) {
            int length = Math.min(mostBytes, place.framesEnd() - from);
            start = Place.NOWHERE; // Until it is there.
            if (content.capacity() < length) {
                content = ByteBuffer.allocateDirect(length);
            }
            PackId pack = place.frame().pack();
            if (!store.getRange(pack.name(), from, content.clear().limit(length))) {
                return false;
            }
            bytesRead.addAndGet(length);
            start = new Place(Optional.of(pack), from);
            end = from + length;
            isToTheEnd = end == place.framesEnd();
            return true;
        }
    }

    /** A place in a pack, or none. */
    private record Place(Optional<PackId> pack, int offset) {
        static final Place NOWHERE = new Place(Optional.empty(), 0);

        boolean isInPackOf(Place other) {
            return pack.isPresent() && pack.equals(other.pack);
        }
    }
}
