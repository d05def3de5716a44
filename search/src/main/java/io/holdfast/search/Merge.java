package io.holdfast.search;

import io.holdfast.repository.snapshot.SnapshotId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes one segment of two that follow each other. Not thread-safe, for one use. */
final class Merge {
    private final NameSegment older;
    private final NameSegment younger;
    private final List<SnapshotId> snapshots = new ArrayList<>();
    /** For each snapshot of both the number that it, or the next one that stays, has in the new segment. */
    private final int[] numbers;

    /** @param live those that a full segment still needs; the last one stays in any case, as it is what the next one continues */
    Merge(NameSegment older, NameSegment younger, Set<SnapshotId> live) {
        this.older = older;
        this.younger = younger;
        List<SnapshotId> all = new ArrayList<>(older.coverage().snapshots());
        all.addAll(younger.coverage().snapshots());
        this.numbers = new int[all.size()];
        for (int i = 0; i < all.size(); i++) {
            numbers[i] = snapshots.size();
            if (i == all.size() - 1 || !older.coverage().isFull() || live.contains(all.get(i))) {
                snapshots.add(all.get(i));
            }
        }
    }

    /** Writes it; returns its name. */
    String write(SegmentWriter writer) throws IOException {
        NameSegment.Entries olds = older.entries();
        NameSegment.Entries youngs = younger.entries();
        Optional<NameEntry> old = olds.next();
        Optional<NameEntry> young = youngs.next();
        while (old.isPresent() || young.isPresent()) {
            int order = old.isEmpty()
                    ? 1
                    : young.isEmpty()
                            ? -1
                            : PathOrder.compare(old.get().path(), young.get().path());
            List<NameEvent> events = new ArrayList<>();
            if (order <= 0) {
                add(events, old.orElseThrow(), 0);
            }
            if (order >= 0) {
                add(events, young.orElseThrow(), older.coverage().snapshots().size());
            }
            List<NameEvent> needed = needed(events);
            if (!needed.isEmpty()) {
                writer.add(
                        new NameEntry((order <= 0 ? old : young).orElseThrow().path(), needed));
            }
            old = order <= 0 ? olds.next() : old;
            young = order >= 0 ? youngs.next() : young;
        }
        return writer.finish(
                older.coverage().source(),
                older.coverage().base(),
                snapshots,
                younger.coverage().lastRoot());
    }

    private void add(List<NameEvent> events, NameEntry entry, int offset) {
        entry.events().forEach(event -> events.add(event.at(numbers[offset + event.ordinal()])));
    }

    /** What several snapshots made of it that are one now is what the last of them did; a full segment says of nothing that it is gone before it was there. */
    private List<NameEvent> needed(List<NameEvent> events) {
        List<NameEvent> needed = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            NameEvent event = events.get(i);
            boolean isReplaced = i + 1 < events.size() && events.get(i + 1).ordinal() == event.ordinal();
            boolean isNews = needed.isEmpty()
                    ? !(older.coverage().isFull() && event.isGone())
                    : !needed.getLast().isSameState(event);
            if (!isReplaced && isNews) {
                needed.add(event);
            }
        }
        return needed;
    }
}
