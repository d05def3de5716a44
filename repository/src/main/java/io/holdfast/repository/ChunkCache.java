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
import io.holdfast.repository.pack.PackReader;
import io.holdfast.storage.ObjectStore;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Reads chunks for many threads at once, and keeps the frames used last: what is asked for next lies mostly in the same frame or in the one behind it. Every
 * chunk is checked against its id. A frame that several threads want is read and decoded by one of them. Where one copy is missing, damaged or archived, the others are tried,
 * then the index is loaded again, at last without its cached copies. Memory: the frames, and 32 MiB of what was fetched ahead.
 */
public final class ChunkCache implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final ObjectStore store;
    private final Keyring keyring;
    private final BaseSource bases;
    private final Supplier<Index> index;
    private final IndexSource source;
    private final Predicate<ChunkPlace> wanted;
    private final RecentFrames frames;
    private final PackWindow window;
    private final Queue<Equipment> free = new ConcurrentLinkedQueue<>();
    private final ConcurrentMap<RecentFrames.Key, CompletableFuture<Optional<FrameCodec.Decoded>>> underWay =
            new ConcurrentHashMap<>();

    /**
     * @param bases asked for what deltas are built on
     * @param wanted which copies are taken
     * @param frameBytes so much of decoded frames is kept
     */
    ChunkCache(
            ObjectStore store,
            Keyring keyring,
            BaseSource bases,
            Supplier<Index> index,
            IndexSource source,
            Predicate<ChunkPlace> wanted,
            long frameBytes) {
        this.store = store;
        this.keyring = keyring;
        this.bases = bases;
        this.index = index;
        this.source = source;
        this.wanted = wanted;
        this.frames = new RecentFrames(frameBytes);
        this.window = new PackWindow(store);
    }

    /** A chunk in an array that holds others, too, and must not be changed. */
    public record Part(byte[] bytes, int start, int length) {}

    private record Equipment(PackReader packs, ChunkHasher hasher) {}

    /**
     * The chunk, or empty where no whole copy is found.
     *
     * @throws HoldfastException {@code REFUSED} where the only copies left are archived
     */
    public Optional<Part> find(ChunkId id) {
        Equipment polled = free.poll();
        Equipment equipment = polled != null
                ? polled
                : new Equipment(new PackReader(store, keyring, bases), new ChunkHasher(keyring));
        try {
            return find(id, index.get(), equipment)
                    .or(() -> find(id, source.reload(), equipment))
                    .or(() -> find(id, source.refetch(), equipment));
        } finally {
            free.add(equipment);
        }
    }

    /** Bytes fetched from the store so far. */
    public long bytesRead() {
        return window.bytesRead();
    }

    /** To be called when nobody reads. */
    @Override
    public void close() {
        for (Equipment equipment = free.poll(); equipment != null; equipment = free.poll()) {
            equipment.packs().close();
        }
    }

    private Optional<Part> find(ChunkId id, Index known, Equipment equipment) {
        HoldfastException archived = null;
        for (ChunkPlace place : known.findAll(id)) {
            if (!wanted.test(place)) {
                continue;
            }
            Optional<FrameCodec.Decoded> frame;
            try {
                frame = frame(place, equipment.packs());
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.REFUSED) {
                    archived = e; // It is neither damaged nor lost; another copy may be readable.
                } else if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                continue;
            }
            if (frame.isPresent() && place.ordinal() < frame.get().chunkCount()) {
                FrameCodec.Decoded decoded = frame.get();
                int start = decoded.starts()[place.ordinal()];
                int length = decoded.length(place.ordinal());
                if (frames.isKnownToHold(place, id)) {
                    return Optional.of(new Part(decoded.plain(), start, length));
                }
                if (equipment.hasher().names(id, decoded.plain(), start, length)) {
                    frames.holds(place, id);
                    return Optional.of(new Part(decoded.plain(), start, length));
                }
            }
        }
        if (archived != null) {
            throw archived;
        }
        return Optional.empty();
    }

    /** Empty where the pack is gone. */
    private Optional<FrameCodec.Decoded> frame(ChunkPlace place, PackReader packs) {
        RecentFrames.Key key = RecentFrames.Key.of(place);
        Optional<FrameCodec.Decoded> known = frames.find(key);
        if (known.isPresent()) {
            return known;
        }
        CompletableFuture<Optional<FrameCodec.Decoded>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<FrameCodec.Decoded>> other = underWay.putIfAbsent(key, mine);
        if (other != null) {
            return await(other);
        }
        try {
            Optional<FrameCodec.Decoded> read = load(place, packs);
            read.ifPresent(frame -> frames.keep(key, frame));
            mine.complete(read);
            return read;
        } catch (Throwable e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            underWay.remove(key, mine);
        }
    }

    private static Optional<FrameCodec.Decoded> await(CompletableFuture<Optional<FrameCodec.Decoded>> other) {
        try {
            return other.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(ErrorCode.FAILED, "reading a frame failed: " + e.getCause(), null, e);
        }
    }

    private Optional<FrameCodec.Decoded> load(ChunkPlace place, PackReader packs) {
        byte[] stored = new byte[place.frame().storedBytes()];
        return window.read(place, stored)
                ? Optional.of(packs.decode(place.frame(), stored, 0, NOTHING))
                : Optional.empty();
    }
}
