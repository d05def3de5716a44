package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The two parts of packs that were fetched last. Frames come nearly in order: several threads ask, and small chunks wait for others before they make a frame.
 * So one that starts in the last part or a little behind it draws the next part after it; one that lies anywhere else is read by itself, and only two in a
 * row there begin anew. What is fetched grows to {@value #MAX_WINDOW_BYTES} bytes, as a store that is far away charges each request. Safe for many threads.
 */
final class PackWindow {
    private static final int MAX_WINDOW_BYTES = 16 << 20;
    private static final int MIN_WINDOW_BYTES = 1 << 20;
    /** Between two frames of one file may lie some of others, and threads are some frames apart. */
    private static final int NEAR_BYTES = 1 << 20;
    /** So close, one follows the other. */
    private static final int NEXT_BYTES = 256 << 10;

    private final ObjectStore store;
    private final AtomicLong bytesRead = new AtomicLong();
    private Part last = new Part();
    private Part beforeLast = new Part();
    private int nextBytes = MIN_WINDOW_BYTES;
    /** Where the frame ended that was read by itself last. */
    private Place alone = Place.NOWHERE;

    PackWindow(ObjectStore store) {
        this.store = store;
    }

    /** Bytes fetched so far. */
    long bytesRead() {
        return bytesRead.get();
    }

    /** Fetches a frame; false where the pack is gone. */
    synchronized boolean read(ChunkPlace place, byte[] target) {
        Place frame = new Place(Optional.of(place.frame().pack()), place.frame().offset());
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
        return readAlone(place, target);
    }

    private boolean readAlone(ChunkPlace place, byte[] target) {
        bytesRead.addAndGet(target.length);
        return store.getRange(place.frame().pack().name(), place.frame().offset(), ByteBuffer.wrap(target));
    }

    private boolean readAhead(ChunkPlace place, int from, byte[] target) {
        Part next = beforeLast;
        try {
            if (!next.fetch(place, from, nextBytes)) {
                return false;
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            // The pack ends too early, or the medium cannot read a part: this frame may be whole.
            return readAlone(place, target);
        }
        beforeLast = last;
        last = next;
        nextBytes = Math.min(2 * nextBytes, MAX_WINDOW_BYTES);
        return last.read(new Place(last.start.pack(), place.frame().offset()), target);
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
