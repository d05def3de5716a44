package io.holdfast.repository.tree;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.ChunkKind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Chunks in memory; counts what is new. */
final class PageStore implements ChunkSink, ChunkSource {
    private final ChunkHasher hasher = new ChunkHasher(new byte[32]);
    private final Map<ChunkId, byte[]> chunks = new HashMap<>();
    private int added;
    private int reads;

    @Override
    public ChunkId store(ChunkKind kind, byte[] content, int offset, int length) {
        if (length < 1 || length > 4 << 20) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes");
        }
        ChunkId id = hasher.id(content, offset, length);
        if (chunks.putIfAbsent(id, Arrays.copyOfRange(content, offset, offset + length)) == null) {
            added++;
        }
        return id;
    }

    @Override
    public byte[] read(ChunkId id) {
        reads++;
        byte[] chunk = chunks.get(id);
        if (chunk == null) {
            throw HoldfastException.damaged("chunk " + id + " is not there");
        }
        return chunk;
    }

    /** Replaces the content of a chunk, as if it had been written so. */
    ChunkId put(byte[] content) {
        return store(ChunkKind.TREE_PAGE, content, 0, content.length);
    }

    byte[] content(ChunkId id) {
        return chunks.getOrDefault(id, new byte[0]);
    }

    /** Chunks added since this was asked last. */
    int takeAdded() {
        int count = added;
        added = 0;
        return count;
    }

    /** Chunks read since this was asked last. */
    int takeReads() {
        int count = reads;
        reads = 0;
        return count;
    }
}
