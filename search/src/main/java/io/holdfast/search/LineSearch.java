package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.SnapshotId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A question put to one line: merges what its segments say of each path. Not thread-safe, for one use. */
final class LineSearch {
    private final Line line;
    private final List<SegmentMatches> segments = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();
    private final List<SnapshotId> snapshots;
    /** How many of the snapshots before each number are live. */
    private final int[] liveBefore;

    private final int newestLive;
    private boolean isOutOfTime;

    LineSearch(Line line, Set<SnapshotId> live, OutlineCache outlines, NameQuery query, Bytes from) {
        this.line = line;
        this.snapshots = line.snapshots();
        int offset = 0;
        for (NameSegment segment : line.chain()) {
            segments.add(new SegmentMatches(segment, outlines.of(segment), query, from));
            offsets.add(offset);
            offset += segment.coverage().snapshots().size();
        }
        this.liveBefore = new int[snapshots.size() + 1];
        int newest = -1;
        for (int i = 0; i < snapshots.size(); i++) {
            boolean isLive = live.contains(snapshots.get(i));
            liveBefore[i + 1] = liveBefore[i] + (isLive ? 1 : 0);
            newest = isLive ? i : newest;
        }
        this.newestLive = newest;
    }

    /** Goes to the first match; false where time was up before. */
    boolean begin(BooleanSupplier isTimeUp) {
        for (SegmentMatches matches : segments) {
            isOutOfTime |= !matches.advance(isTimeUp);
        }
        return !isOutOfTime;
    }

    /** The next path that live snapshots have; empty at the end, and where time is up. */
    Optional<Found> next(BooleanSupplier isTimeUp) {
        while (!isOutOfTime) {
            Optional<Bytes> path = position();
            if (path.isEmpty()) {
                return Optional.empty();
            }
            List<NameEvent> events = new ArrayList<>();
            for (int i = 0; i < segments.size(); i++) {
                SegmentMatches matches = segments.get(i);
                int offset = offsets.get(i);
                Optional<NameEntry> head =
                        matches.head().filter(entry -> entry.path().equals(path.get()));
                if (head.isPresent()) {
                    head.get().events().forEach(event -> events.add(event.at(offset + event.ordinal())));
                    isOutOfTime |= !matches.advance(isTimeUp);
                }
            }
            Optional<Found> found = found(path.get(), events);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    boolean isOutOfTime() {
        return isOutOfTime;
    }

    /** All paths before this one were answered; empty at the end. */
    Optional<Bytes> position() {
        return segments.stream()
                .flatMap(matches -> matches.position().stream())
                .min(Comparator.comparing(path -> path, PathOrder::compare));
    }

    private Optional<Found> found(Bytes path, List<NameEvent> events) {
        Optional<Found> newest = Optional.empty();
        int versions = 0;
        Optional<NameEvent> before = Optional.empty();
        for (int i = 0; i < events.size(); i++) {
            NameEvent event = events.get(i);
            int end = i + 1 < events.size() ? events.get(i + 1).ordinal() : snapshots.size();
            if (liveBefore[end] == liveBefore[event.ordinal()]) {
                continue; // Nobody sees that any more.
            }
            if (event.type().isPresent()) {
                versions += before.filter(event::isSameState).isPresent() ? 0 : 1;
                int last = newestLiveBefore(end);
                newest = Optional.of(new Found(
                        line.source(),
                        path,
                        event.type().get(),
                        event.sizeBytes(),
                        event.modifiedSeconds(),
                        snapshots.get(last),
                        versions,
                        last != newestLive));
            }
            before = Optional.of(event);
        }
        return newest;
    }

    private int newestLiveBefore(int end) {
        int at = end - 1;
        while (liveBefore[at + 1] == liveBefore[at]) {
            at--;
        }
        return at;
    }
}
