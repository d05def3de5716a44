package io.holdfast.repository.collect;

import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.collect.Marking.Marked;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.index.Index;
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
