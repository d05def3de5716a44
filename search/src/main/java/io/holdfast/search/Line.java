package io.holdfast.search;

import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The segments of one source. Immutable.
 *
 * @param chain a full one and those that continue it; empty where there is none
 * @param leftOver those that are of no use any more
 */
record Line(Source source, List<NameSegment> chain, List<NameSegment> leftOver) {
    Line {
        chain = List.copyOf(chain);
        leftOver = List.copyOf(leftOver);
    }

    static Line empty(Source source) {
        return new Line(source, List.of(), List.of());
    }

    /** Finds the chain that counts among segments that several may have written. */
    static Line of(Source source, List<NameSegment> segments, Set<SnapshotId> live) {
        Map<SnapshotId, List<NameSegment>> byBase = new HashMap<>();
        for (NameSegment segment : segments) {
            segment.coverage()
                    .base()
                    .ifPresent(base ->
                            byBase.computeIfAbsent(base, b -> new ArrayList<>()).add(segment));
        }
        List<NameSegment> best = List.of();
        Comparator<List<NameSegment>> order = order(live);
        for (NameSegment segment : segments) {
            if (segment.coverage().isFull()) {
                List<NameSegment> chain = longest(segment, byBase, order);
                if (best.isEmpty() || order.compare(chain, best) > 0) {
                    best = chain;
                }
            }
        }
        Set<String> used = new HashSet<>();
        best.forEach(segment -> used.add(segment.name()));
        return new Line(
                source,
                best,
                segments.stream()
                        .filter(segment -> !used.contains(segment.name()))
                        .toList());
    }

    /** The better chain is the larger: of more live snapshots, then of fewer segments; names decide where nothing else does, so that all choose alike. */
    private static Comparator<List<NameSegment>> order(Set<SnapshotId> live) {
        Comparator<List<NameSegment>> byLive = Comparator.comparingLong(
                chain -> snapshots(chain).stream().filter(live::contains).count());
        return byLive.thenComparingInt(chain -> -chain.size())
                .thenComparing(chain -> chain.getLast().name());
    }

    /** Each segment has another base than those before it, so this ends. */
    private static List<NameSegment> longest(
            NameSegment start, Map<SnapshotId, List<NameSegment>> byBase, Comparator<List<NameSegment>> order) {
        List<NameSegment> chain = new ArrayList<>(List.of(start));
        Set<SnapshotId> seen = new HashSet<>(start.coverage().snapshots());
        while (true) {
            Optional<NameSegment> next = byBase
                    .getOrDefault(chain.getLast().coverage().last(), List.of())
                    .stream()
                    .filter(segment -> segment.coverage().snapshots().stream().noneMatch(seen::contains))
                    .max((a, b) -> order.compare(List.of(a), List.of(b)));
            if (next.isEmpty()) {
                return chain;
            }
            chain.add(next.get());
            seen.addAll(next.get().coverage().snapshots());
        }
    }

    private static List<SnapshotId> snapshots(List<NameSegment> chain) {
        return chain.stream()
                .flatMap(segment -> segment.coverage().snapshots().stream())
                .toList();
    }

    /** All that were taken in, in their order. */
    List<SnapshotId> snapshots() {
        return snapshots(chain);
    }
}
