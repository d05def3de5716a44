package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

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
    /** What is reached itself, and not only as the base of a delta: it has to be there. */
    private final BitSet[] needed;
    /** Pages below which all is marked; a file may have the same bytes as a page, and then a marked chunk says nothing of what is below it. */
    private final BitSet[] walked;
    /** For each segment, its packs that count. */
    private final BitSet[] usable;

    private final DirectoryReader directories;
    private final ContentReader contents;
    private final Set<ChunkId> missingPages = new LinkedHashSet<>();
    private final Missing missingChunks = new Missing();
    private final Path scratch;
    private final Set<SnapshotId> snapshots = new HashSet<>();
    private final SortedIds ofFiles;
    /** What marked deltas are built on, to be marked in the next pass. */
    private SortedIds bases;

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
        this.needed = new BitSet[marked.length];
        this.walked = new BitSet[marked.length];
        this.usable = new BitSet[marked.length];
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = index.segments().get(i);
            marked[i] = new BitSet(segment.entryCount());
            needed[i] = new BitSet(segment.entryCount());
            walked[i] = new BitSet(segment.entryCount());
            usable[i] = new BitSet(segment.packCount());
            for (int pack = 0; pack < segment.packCount(); pack++) {
                PackId id = segment.pack(pack).id();
                usable[i].set(pack, exists.test(id) && !index.isGivenUp(id));
            }
        }
        this.directories = new DirectoryReader(source);
        this.contents = new ContentReader(source);
        this.scratch = scratch;
        this.ofFiles = new SortedIds(scratch);
        this.bases = new SortedIds(scratch);
    }

    /**
     * Marks from these snapshots.
     *
     * @param exists packs that are in the store
     * @param scratch directory for ids that do not fit into memory
     * @param earlier what some of these snapshots reach, perhaps by another index: only the others are read. One that misses something counts for nothing
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where a page cannot be read
     */
    public static ReachableChunks from(
            List<Snapshot> snapshots,
            Index index,
            ChunkSource source,
            Predicate<PackId> exists,
            Path scratch,
            Optional<ReachableChunks> earlier) {
        ReachableChunks reachable = new ReachableChunks(index, source, exists, scratch);
        try {
            // One that misses something has not marked it, and what another index knows of it would stay unmarked.
            earlier.filter(known -> known.missing() == 0).ifPresent(reachable::takeOver);
            for (Snapshot snapshot : snapshots) {
                if (reachable.snapshots.add(snapshot.id())) {
                    snapshot.manifest().root().ifPresent(reachable::markTree);
                }
            }
            reachable.markChunks();
        } finally {
            reachable.ofFiles.close();
            reachable.bases.close();
        }
        return reachable;
    }

    /** Whether all snapshots that it was marked from are among these. */
    boolean isOfNoneBut(List<Snapshot> others) {
        return others.stream().map(Snapshot::id).collect(Collectors.toSet()).containsAll(snapshots);
    }

    private void takeOver(ReachableChunks earlier) {
        snapshots.addAll(earlier.snapshots);
        for (int i = 0; i < earlier.needed.length; i++) {
            IndexSegment segment = earlier.index.segments().get(i);
            BitSet pages = earlier.walked[i];
            int[] from = new int[marked.length];
            earlier.needed[i].stream()
                    .forEach(entry ->
                            markNeeded(from, segment.idWordA(entry), segment.idWordB(entry), pages.get(entry)));
        }
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
            ofFiles.add(id.a(), id.b());
            return true;
        });
    }

    /** Marks a page; false where what is below it is marked already, or will be. */
    private boolean mark(ChunkId id) {
        boolean fresh = false;
        boolean inFull = false;
        for (int i = 0; i < marked.length; i++) {
            IndexSegment segment = index.segments().get(i);
            int entry = segment.find(id.a(), id.b());
            for (; entry >= 0 && segment.matches(entry, id.a(), id.b()); entry++) {
                inFull |= isThereInFull(i, entry);
                mark(i, entry);
                needed[i].set(entry);
                fresh |= !walked[i].get(entry);
                walked[i].set(entry);
            }
        }
        return inFull || hasCopy(id.a(), id.b()) ? fresh : missingPages.add(id) || fresh;
    }

    /** Marks the chunks of all files, then what deltas among all that is marked are built on, and so forth. */
    private void markChunks() {
        int[] first = new int[marked.length];
        ofFiles.forEach((a, b) -> markNeeded(first, a, b, false));
        while (!bases.isEmpty()) {
            try (SortedIds ids = bases) {
                bases = new SortedIds(scratch);
                int[] from = new int[marked.length];
                ids.forEach((a, b) -> visit(from, a, b, this::mark));
            }
        }
    }

    /**
     * Marks all entries of a chunk that has to be there.
     *
     * @param from for each segment, an entry before which there is none of this chunk; moved on
     * @param isWalked whether it is a page, and what is below it is marked as well
     */
    private void markNeeded(int[] from, long a, long b, boolean isWalked) {
        boolean[] inFull = new boolean[1];
        visit(from, a, b, (segment, entry) -> {
            inFull[0] |= isThereInFull(segment, entry);
            mark(segment, entry);
            needed[segment].set(entry);
            walked[segment].set(entry, isWalked || walked[segment].get(entry));
        });
        if (!inFull[0] && !hasCopy(a, b)) {
            missingChunks.add(a, b);
        }
    }

    @FunctionalInterface
    private interface EntryVisitor {
        void visit(int segment, int entry);
    }

    /** Visits all entries of a chunk, from {@code from} on. */
    private void visit(int[] from, long a, long b, EntryVisitor visitor) {
        for (int i = 0; i < from.length; i++) {
            IndexSegment segment = index.segments().get(i);
            from[i] = segment.seek(from[i], a, b);
            for (int entry = from[i]; segment.matches(entry, a, b); entry++) {
                visitor.visit(i, entry);
            }
        }
    }

    private boolean isThereInFull(int segment, int entry) {
        IndexSegment in = index.segments().get(segment);
        return !in.isDelta(entry) && usable[segment].get(in.packOf(entry));
    }

    private void mark(int segment, int entry) {
        if (!marked[segment].get(entry)) {
            marked[segment].set(entry);
            for (ChunkId base : index.segments().get(segment).bases(entry)) {
                bases.add(base.a(), base.b());
            }
        }
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
