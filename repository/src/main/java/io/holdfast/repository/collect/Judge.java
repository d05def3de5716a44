package io.holdfast.repository.collect;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.collect.Marking.Marked;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.session.CondemnedPacks;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.Roster;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Decides which candidates of a condemned list may be deleted (steps C6 and C7). For one run and one thread. */
final class Judge {
    private final Repository repository;
    private final Markers markers;
    private final Marking marking;
    private final Set<PackId> written;
    private final Set<PackId> damaged = new HashSet<>();

    /** @param written packs that this collection wrote itself; it goes on adding to them */
    Judge(Repository repository, Markers markers, Marking marking, Set<PackId> written) {
        this.repository = repository;
        this.markers = markers;
        this.marking = marking;
        this.written = written;
    }

    /** Packs that were found damaged. */
    Set<PackId> damaged() {
        return damaged;
    }

    /**
     * Those of these packs, named by an earlier verdict, without which all that is live now can be read. The verdict itself made sure that nobody relies on them;
     * but what it rests on may have gone bad since.
     */
    Set<PackId> dispensable(Set<PackId> packs) {
        ReachableChunks reachable = marking.mark().reachable();
        Set<PackId> condemned =
                CondemnedPacks.readAll(repository.store(), markers).doomed(markers);
        PackListing listed = PackListing.of(repository.store());
        Index index = marking.wholeIndex();
        Copies known = new Copies(index, listed::has, pack -> listed.has(pack) && !condemned.contains(pack));
        Set<PackId> dispensable = new HashSet<>();
        try (CopyCheck copies = new CopyCheck(repository, written)) {
            for (List<PackId> batch :
                    PackContents.batches(index, packs.stream().sorted().toList())) {
                PackContents contents = PackContents.of(index, Set.copyOf(batch));
                Set<ChunkId> bases = basesAmong(batch, contents, index, reachable);
                for (PackId pack : batch) {
                    List<HalfId> live = contents.of(pack, repository).stream()
                            .filter(chunk -> reachable.isMarked(chunk.a(), chunk.b()))
                            .toList();
                    if (copies.canAllBeRead(live, known, chunk -> bases.contains(halfOf(chunk.a(), chunk.b())))) {
                        dispensable.add(pack);
                    }
                }
            }
            damaged.addAll(copies.damaged());
        }
        return dispensable;
    }

    /** Of the chunks in these packs, those that deltas are built on of what is live: a delta of such a chunk is no use to them. */
    private static Set<ChunkId> basesAmong(
            List<PackId> packs, PackContents contents, Index index, ReachableChunks reachable) {
        Set<ChunkId> among = new HashSet<>();
        packs.forEach(pack -> contents.of(pack).forEach(chunk -> among.add(halfOf(chunk.a(), chunk.b()))));
        Set<ChunkId> bases = new HashSet<>();
        for (IndexSegment segment : index.segments()) {
            for (int entry = 0; entry < segment.entryCount(); entry++) {
                // What is marked was looked up in an earlier index.
                if (segment.isDelta(entry) && reachable.isMarked(segment.idWordA(entry), segment.idWordB(entry))) {
                    segment.bases(entry).stream()
                            .map(base -> halfOf(base.a(), base.b()))
                            .filter(among::contains)
                            .forEach(bases::add);
                }
            }
        }
        return bases;
    }

    private static ChunkId halfOf(long a, long b) {
        return new ChunkId(a, b, 0, 0);
    }

    Verdict judge(CondemnedList list) {
        Marked now = marking.mark();
        List<Snapshot> live = now.live();
        ReachableChunks reachable = now.reachable();
        Roster previous = repository.snapshots().newestRoster();
        Set<PackId> condemned = list.candidates().isEmpty()
                ? Set.of()
                : CondemnedPacks.readAll(repository.store(), markers).doomed(markers);
        PackListing listed = PackListing.of(repository.store());
        Index index = marking.wholeIndex();

        Map<PackId, BitSet> reached = new HashMap<>();
        for (Candidate candidate : list.candidates()) {
            reached.computeIfAbsent(candidate.pack(), pack -> new BitSet()).or(candidate.marked());
        }
        // The candidates themselves stand on a condemned list.
        Predicate<PackId> isCopy = pack -> listed.has(pack) && !condemned.contains(pack);
        Copies known = new Copies(index, listed::has, isCopy);
        List<PackId> packs = new ArrayList<>();
        try (CopyCheck copies = new CopyCheck(repository, written)) {
            for (List<PackId> batch : PackContents.batches(index, list.packs())) {
                PackContents contents = PackContents.of(index, Set.copyOf(batch));
                for (PackId pack : batch) {
                    BitSet first = reached.getOrDefault(pack, new BitSet());
                    List<HalfId> wanted = new ArrayList<>();
                    int position = 0;
                    for (HalfId chunk : contents.of(pack, repository)) {
                        if (first.get(position++) || reachable.isMarked(chunk.a(), chunk.b())) {
                            wanted.add(chunk);
                        }
                    }
                    if (copies.allHaveCopies(wanted, known)) {
                        packs.add(pack);
                    }
                }
            }
            damaged.addAll(copies.damaged());
        }
        List<SnapshotId> roster = live.stream()
                .map(Snapshot::id)
                .filter(id -> id.generation() < list.generation())
                .sorted()
                .toList();
        return new Verdict(list.generation(), packs.stream().sorted().toList(), roster, previous.hash());
    }
}
