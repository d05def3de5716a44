package io.holdfast.repository.tree;

import io.holdfast.repository.ChunkId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the chunk at a place in the content of a file. Chunk lists say how many chunks are below a page and not how long they are; so pages are read once, from the start to where
 * something is wanted, and where each of them starts is remembered. Memory: some 100 bytes for each 512 chunks, and the pages used last. Thread-safe.
 */
public final class SeekableContent {
    private static final int PAGES_KEPT = 8;

    private final ContentReader reader;
    private final Iterator<ContentReader.Leaf> rest;
    private final List<Start> starts = new ArrayList<>();
    private final Map<Integer, ContentReader.Leaf> kept = new LinkedHashMap<>(16, 0.75f, true);
    /** Where the next page of the list starts. */
    private long known;

    private record Start(ContentReader.LeafRef ref, long at) {}

    /**
     * A chunk in its place.
     *
     * @param start of the content without holes
     */
    public record Located(ChunkId id, long start, int lengthBytes) {
        public long end() {
            return start + lengthBytes;
        }
    }

    public SeekableContent(ContentReader reader, Content content) {
        this.reader = reader;
        this.rest = reader.leaves(content);
    }

    /**
     * The chunk that holds this byte; empty behind the end.
     *
     * @param at counts content without holes
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where a page of the list cannot be read
     */
    public synchronized Optional<Located> find(long at) {
        while (known <= at && rest.hasNext()) {
            ContentReader.Leaf leaf = rest.next();
            keep(starts.size(), leaf);
            starts.add(new Start(leaf.ref(), known));
            known += leaf.lengthBytes();
        }
        if (at < 0 || at >= known) {
            return Optional.empty();
        }
        int number = leafAt(at);
        ContentReader.Leaf leaf = kept.get(number);
        if (leaf == null) {
            leaf = reader.leaf(starts.get(number).ref());
            keep(number, leaf);
        }
        long start = starts.get(number).at();
        for (ContentReader.Chunk chunk : leaf.chunks()) {
            if (at < start + chunk.lengthBytes()) {
                return Optional.of(new Located(chunk.id(), start, chunk.lengthBytes()));
            }
            start += chunk.lengthBytes();
        }
        throw new IllegalStateException("a page of a chunk list has become shorter");
    }

    private void keep(int number, ContentReader.Leaf leaf) {
        kept.put(number, leaf);
        if (kept.size() > PAGES_KEPT) {
            Iterator<Integer> eldest = kept.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    private int leafAt(long at) {
        int low = 0;
        int high = starts.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts.get(middle).at() <= at) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
