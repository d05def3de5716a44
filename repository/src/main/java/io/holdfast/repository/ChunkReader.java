package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSource;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.tree.ChunkSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single chunks, keeping the frames used last: neighbours in a tree are neighbours in frames. Every chunk is checked
 * against its id. Where one copy is missing, damaged or archived, the others are tried, then the index is loaded again, at last without its cached copies. One call at a
 * time; others wait.
 */
public final class ChunkReader implements ChunkSource, AutoCloseable {
    private static final int FRAMES_KEPT = 16;
    private static final byte[] NOTHING = new byte[0];

    private final PackReader packs;
    private final ChunkHasher hasher;
    private final IndexSource source;
    private final LinkedHashMap<FrameKey, FrameCodec.Decoded> frames = new LinkedHashMap<>(32, 0.75f, true);
    private Index index;
    private Consumer<ChunkReader> onClose = reader -> {};

    public ChunkReader(Repository repository, Index index, IndexSource source) {
        this.packs = repository.newPackReader();
        this.hasher = new ChunkHasher(repository.keyring());
        this.index = index;
        this.source = source;
    }

    private record FrameKey(PackId pack, int offset) {}

    @Override
    public synchronized byte[] read(ChunkId id) {
        byte[] chunk = tryRead(id);
        if (chunk == null) {
            index = source.reload();
            chunk = tryRead(id);
        }
        if (chunk == null) {
            index = source.refetch();
            chunk = tryRead(id);
        }
        if (chunk == null) {
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    "chunk " + id + " is in no pack, damaged in all, or built on a chunk that is lost",
                    "Run 'holdfast verify --read-data' to see what is hit; 'holdfast repair' and a backup of the same paths may heal it.");
        }
        return chunk;
    }

    /** Tells somebody when it is closed. */
    synchronized void onClose(Consumer<ChunkReader> listener) {
        onClose = listener;
    }

    @Override
    public void close() {
        Consumer<ChunkReader> told;
        synchronized (this) {
            frames.clear();
            packs.close();
            told = onClose;
        }
        told.accept(this);
    }

    private byte @Nullable [] tryRead(ChunkId id) {
        List<ChunkPlace> places = index.findAll(id);
        HoldfastException archived = null;
        for (ChunkPlace place : places) {
            Optional<FrameCodec.Decoded> frame;
            try {
                frame = frame(place);
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
                if (hasher.names(id, decoded.plain(), start, length)) {
                    return Arrays.copyOfRange(decoded.plain(), start, start + length);
                }
            }
        }
        if (archived != null) {
            throw archived;
        }
        return null;
    }

    private Optional<FrameCodec.Decoded> frame(ChunkPlace place) {
        FrameKey key = new FrameKey(place.frame().pack(), place.frame().offset());
        FrameCodec.Decoded known = frames.get(key);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<FrameCodec.Decoded> read = packs.readFrame(place.frame(), NOTHING);
        read.ifPresent(frame -> {
            frames.put(key, frame);
            if (frames.size() > FRAMES_KEPT) {
                Map.Entry<FrameKey, FrameCodec.Decoded> eldest =
                        frames.entrySet().iterator().next();
                frames.remove(eldest.getKey());
            }
        });
        return read;
    }
}
