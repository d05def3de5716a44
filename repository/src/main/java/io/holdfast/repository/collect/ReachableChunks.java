package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What live snapshots reach: a bit for every index entry, all copies of a chunk alike; and with each chunk that has a copy which is a delta, the chunks
 * that this is built on. Pages that were seen before are not read again, so that snapshots which share most of their trees cost little.
 *
 * <p>Pages are looked up as they come. The chunks of files, which are many more, are sorted first and then found by one pass through each segment: so
 * an index that is larger than the memory is read from front to back, and not here and there. Memory: one bit an entry, and what {@link SortedIds} takes.
 * Not thread-safe.
 */
public final class ReachableChunks {
    private final Index index;
    private final BitSet[] marked;
    /** For each segment, its packs that count. */
    private final BitSet[] usable;

    private final DirectoryReader directories;
    private final ContentReader contents;
    private final Set<ChunkId> missingPages = new LinkedHashSet<>();
    private final Missing missingChunks = new Missing();
    private final Path scratch;
    /** To be marked in the next pass: chunks of files, then what marked ones are built on. */
    private SortedIds next;

    /** Counts, as there may be millions. */
    private static final class Missing {
        long count;
        String first = "";

        void add(long a, long b) {
            if (count++ == 0) {
                first = "%016x%016x".formatted(a, b);
            }
        }
    }

    private ReachableChunks(Index index, ChunkSource source, Predicate<PackId> exists, Path scratch) {
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
        this.scratch = scratch;
        this.next = new SortedIds(scratch);
    }

    /**
     * Marks from these snapshots.
     *
     * @param exists packs that are in the store
     * @param scratch directory for ids that do not fit into memory
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where a page cannot be read
     */
    public static ReachableChunks from(
            List<Snapshot> snapshots, Index index, ChunkSource source, Predicate<PackId> exists, Path scratch) {
        ReachableChunks reachable = new ReachableChunks(index, source, exists, scratch);
        try {
            for (Snapshot snapshot : snapshots) {
                snapshot.manifest().root().ifPresent(reachable::markTree);
            }
            reachable.markChunks();
        } finally {
            reachable.next.close();
        }
        return reachable;
    }

    /**
     * How many chunks are reached of which no copy is known: in no segment, or only in packs that are gone or were given up, or only as deltas on
     * such chunks.
     */
    public long missing() {
        return missingPages.size() + missingChunks.count;
    }

    /** The id of one of them, of a chunk of a file its first half. */
    public String oneMissing() {
        return missingPages.isEmpty()
                ? missingChunks.first
                : missingPages.iterator().next().toString();
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
        contents.walk(entry.content(), page -> mark(page.id()), (id, length) -> {
            next.add(id.a(), id.b());
            return true;
        });
    }

    /** Marks a page; false where it was marked before. */
    private boolean mark(ChunkId id) {
        boolean fresh = false;
        boolean inFull = false;
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = index.segments().get(i);
            int entry = segment.find(id.a(), id.b());
            for (; entry >= 0 && segment.matches(entry, id.a(), id.b()); entry++) {
                inFull |= isThereInFull(i, entry);
                fresh |= mark(i, entry);
            }
        }
        return inFull || hasCopy(id.a(), id.b()) ? fresh : missingPages.add(id) || fresh;
    }

    /** Marks the chunks of all files, then what deltas among all that is marked are built on, and so forth. */
    private void markChunks() {
        boolean isNeeded = true;
        while (!next.isEmpty()) {
            boolean isReached = isNeeded; // The bases of one delta may be lost where the chunk has another copy.
            try (SortedIds ids = next) {
                next = new SortedIds(scratch);
                int[] from = new int[marked.length];
                ids.forEach((a, b) -> {
                    if (!markFrom(from, a, b) && isReached && !hasCopy(a, b)) {
                        missingChunks.add(a, b);
                    }
                });
            }
            isNeeded = false;
        }
    }

    /**
     * Marks all entries of a chunk.
     *
     * @param from for each segment, an entry before which there is none of this chunk; moved on
     * @return whether a usable copy is no delta
     */
    private boolean markFrom(int[] from, long a, long b) {
        boolean inFull = false;
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = index.segments().get(i);
            from[i] = segment.seek(from[i], a, b);
            for (int entry = from[i]; segment.matches(entry, a, b); entry++) {
                inFull |= isThereInFull(i, entry);
                mark(i, entry);
            }
        }
        return inFull;
    }

    private boolean isThereInFull(int segment, int entry) {
        IndexSegment in = index.segments().get(segment);
        return !in.isDelta(entry) && usable[segment].get(in.packOf(entry));
    }

    /** False where it was marked before. */
    private boolean mark(int segment, int entry) {
        if (marked[segment].get(entry)) {
            return false;
        }
        marked[segment].set(entry);
        for (ChunkId base : index.segments().get(segment).bases(entry)) {
            next.add(base.a(), base.b());
        }
        return true;
    }

    /** In full, or as a delta on chunks that are there in full. */
    private boolean hasCopy(long a, long b) {
        return hasUsable(a, b, (segment, entry) -> segment.bases(entry).stream().allMatch(this::hasFullCopy));
    }

    private boolean hasFullCopy(ChunkId id) {
        return hasUsable(id.a(), id.b(), (segment, entry) -> !segment.isDelta(entry));
    }

    @FunctionalInterface
    private interface EntryTest {
        boolean test(IndexSegment segment, int entry);
    }

    private boolean hasUsable(long a, long b, EntryTest test) {
        List<IndexSegment> segments = index.segments();
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = segments.get(i);
            int entry = segment.find(a, b);
            for (; entry >= 0 && segment.matches(entry, a, b); entry++) {
                if (usable[i].get(segment.packOf(entry)) && test.test(segment, entry)) {
                    return true;
                }
            }
        }
        return false;
    }
}
