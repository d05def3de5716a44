package io.holdfast.repository;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSource;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.storage.ObjectStore;
import java.util.Arrays;
import java.util.function.Supplier;

/** Reads the chunks on which deltas are built, from copies in full. Safe for many threads. */
public final class BaseChunks implements BaseSource, AutoCloseable {
    private static final int FRAME_BYTES = 24 << 20;

    private final ChunkCache chunks;

    BaseChunks(ObjectStore store, Keyring keyring, Supplier<Index> index, IndexSource source) {
        this.chunks =
                new ChunkCache(store, keyring, BaseSource.NONE, index, source, place -> !place.isDelta(), FRAME_BYTES);
    }

    @Override
    public byte[] read(ChunkId id) {
        ChunkCache.Part part = chunks.find(id)
                .orElseThrow(() -> HoldfastException.damaged(
                        "base chunk " + id + ", on which deltas are built, is in no pack, or damaged in all"));
        return part.length() == part.bytes().length
                ? part.bytes()
                : Arrays.copyOfRange(part.bytes(), part.start(), part.start() + part.length());
    }

    /** Bytes fetched from the store so far. */
    public long bytesRead() {
        return chunks.bytesRead();
    }

    /** To be called when nobody reads. */
    @Override
    public void close() {
        chunks.close();
    }
}
