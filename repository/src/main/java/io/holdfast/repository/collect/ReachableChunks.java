package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What live snapshots reach: a bit for every index entry, all copies of a chunk alike; and with each chunk that has a copy which is a delta, the chunks
 * that this is built on. Pages that were seen before are not read
 * again, so that snapshots which share most of their trees cost little. Memory: one bit an entry. Not thread-safe.
 */
public final class ReachableChunks {
    private final Index index;
    private final BitSet[] marked;
    /** For each segment, its packs that count. */
    private final BitSet[] usable;

    private final DirectoryReader directories;
    private final ContentReader contents;
    private final Set<ChunkId> missing = new LinkedHashSet<>();
    /** To be marked with the chunk that is being marked: a chain of deltas is as long as it is. */
    private final Deque<ChunkId> bases = new ArrayDeque<>();

    private ReachableChunks(Index index, ChunkSource source, Predicate<PackId> exists) {
        this.index = index;
        this.marked = new BitSet[index.segments().size()];
        this.usable = new BitSet[marked.length];
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = index.segments().get(i);
            marked[i] = new BitSet(segment.entryCount());
            usable[i] = new BitSet(segment.packCount());
            for (int pack = 0; pack < segment.packCount(); pack++) {
                PackId id = segment.pack(pack).id();
                usable[i].set(pack, exists.test(id) && !index.isGivenUp(id));
            }
        }
        this.directories = new DirectoryReader(source);
        this.contents = new ContentReader(source);
    }

    /**
     * Marks from these snapshots.
     *
     * @param exists packs that are in the store
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where a page cannot be read
     */
    public static ReachableChunks from(
            List<Snapshot> snapshots, Index index, ChunkSource source, Predicate<PackId> exists) {
        ReachableChunks reachable = new ReachableChunks(index, source, exists);
        for (Snapshot snapshot : snapshots) {
            snapshot.manifest().root().ifPresent(reachable::markTree);
        }
        return reachable;
    }

    /**
     * Chunks that are reached and of which no copy is known: in no segment, or only in packs that are gone or were given up, or only as deltas on
     * such chunks.
     */
    public Set<ChunkId> missing() {
        return missing;
    }

    public boolean isMarked(int segment, int entry) {
        return marked[segment].get(entry);
    }

    /** Whether a chunk with this half id is reached. */
    public boolean isMarked(long a, long b) {
        List<IndexSegment> segments = index.segments();
        for (int i = 0; i < marked.length; i++) {
            int entry = segments.get(i).find(a, b);
            if (entry >= 0) {
                return marked[i].get(entry);
            }
        }
        return false;
    }

    private void markTree(PageRef root) {
        if (!mark(root.id())) {
            return;
        }
        Deque<PageRef> pages = new ArrayDeque<>();
        directories.root(root).directory().ifPresent(pages::push);
        while (!pages.isEmpty()) {
            PageRef page = pages.pop();
            if (mark(page.id())) {
                directories.page(page, entry -> markEntry(entry, pages), pages::push);
            }
        }
    }

    private void markEntry(TreeEntry entry, Deque<PageRef> pages) {
        entry.directory().ifPresent(pages::push);
        Content content = entry.content();
        contents.walk(content, page -> mark(page.id()), (id, length) -> {
            mark(id);
            return true;
        });
    }

    /** False where it was marked before. */
    private boolean mark(ChunkId id) {
        boolean[] inFull = new boolean[1];
        boolean fresh = markEntries(id, inFull);
        while (!bases.isEmpty()) {
            markEntries(bases.pop(), new boolean[1]);
        }
        return inFull[0] || hasCopy(id) ? fresh : missing.add(id) || fresh;
    }

    /**
     * Marks a chunk, and remembers what is to be marked with it. False where it was marked before.
     *
     * @param inFull set where a usable copy is no delta
     */
    private boolean markEntries(ChunkId id, boolean[] inFull) {
        List<IndexSegment> segments = index.segments();
        boolean fresh = false;
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(id.a(), id.b());
            if (entry < 0) {
                continue;
            }
            for (; segment.matches(entry, id.a(), id.b()); entry++) {
                boolean isDelta = segment.isDelta(entry);
                inFull[0] |= !isDelta && usable[i].get(segment.packOf(entry));
                if (!marked[i].get(entry)) {
                    marked[i].set(entry);
                    fresh = true;
                    if (isDelta) {
                        segment.bases(entry).forEach(bases::push);
                    }
                }
            }
        }
        return fresh;
    }

    /** In full, or as a delta on chunks that are there in full. */
    private boolean hasCopy(ChunkId id) {
        return hasUsable(id, (segment, entry) -> segment.bases(entry).stream().allMatch(this::hasFullCopy));
    }

    private boolean hasFullCopy(ChunkId id) {
        return hasUsable(id, (segment, entry) -> !segment.isDelta(entry));
    }

    @FunctionalInterface
    private interface EntryTest {
        boolean test(IndexSegment segment, int entry);
    }

    private boolean hasUsable(ChunkId id, EntryTest test) {
        List<IndexSegment> segments = index.segments();
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(id.a(), id.b());
            for (; entry >= 0 && segment.matches(entry, id.a(), id.b()); entry++) {
                if (usable[i].get(segment.packOf(entry)) && test.test(segment, entry)) {
                    return true;
                }
            }
        }
        return false;
    }
}
