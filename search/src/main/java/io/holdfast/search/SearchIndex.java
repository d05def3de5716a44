package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * The names of all snapshots of a repository (docs/search.md). {@link #search} is safe for many threads; one thread at a time brings it up to date. Other processes may work on
 * the same repository: what several of them write is found and tidied up later.
 */
public final class SearchIndex {
    /** An older segment is merged with a younger one of at least a third of its entries. */
    private static final int GROWTH = 3;

    private final Repository repository;
    private final SearchStore store;
    private final OutlineCache outlines;
    private final Warnings warnings;
    private final MonotonicClock clock;
    private volatile State state = new State(new TreeMap<>(SearchPosition.SOURCES), Set.of());

    /** What questions see. Never changed. */
    private record State(NavigableMap<Source, Line> lines, Set<SnapshotId> live) {}

    /**
     * Opens it; it knows nothing before {@link #update}.
     *
     * @param cache a directory for this repository alone; made where missing
     * @param memoryBytes for what is looked at with each question
     * @throws HoldfastException {@code FAILED} where the directory cannot be used
     */
    public SearchIndex(Repository repository, Path cache, long memoryBytes, Warnings warnings, MonotonicClock clock) {
        this.repository = repository;
        this.warnings = warnings;
        this.clock = clock;
        this.outlines = new OutlineCache(memoryBytes);
        try {
            this.store = new SearchStore(repository, cache);
        } catch (IOException e) {
            throw failed(cache, e);
        }
    }

    private static HoldfastException failed(Path cache, IOException e) {
        return new HoldfastException(
                ErrorCode.FAILED, "the cache of names at " + cache + " cannot be used: " + e.getMessage(), null, e);
    }

    /**
     * Takes in what is in the repository: segments that others wrote, and snapshots that are in none. A snapshot whose tree cannot be read is told and left out.
     *
     * @param snapshots all that are live
     * @throws InterruptedException between two sources
     */
    public void update(List<Snapshot> snapshots) throws InterruptedException {
        Map<Source, List<Snapshot>> bySource = new HashMap<>();
        Set<SnapshotId> live = new HashSet<>();
        for (Snapshot snapshot : snapshots) {
            bySource.computeIfAbsent(snapshot.manifest().source(), source -> new ArrayList<>())
                    .add(snapshot);
            live.add(snapshot.id());
        }
        NavigableMap<Source, Line> lines = lines(Set.copyOf(live));
        for (Map.Entry<Source, List<Snapshot>> each : bySource.entrySet()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Line line = lines.getOrDefault(each.getKey(), Line.empty(each.getKey()));
            take(line, each.getValue());
        }
        for (Line line : lines.values()) {
            if (!bySource.containsKey(line.source())) {
                drop(line);
            }
        }
    }

    /** Reads which segments there are. */
    private NavigableMap<Source, Line> lines(Set<SnapshotId> live) {
        Map<String, NameSegment> known = new HashMap<>();
        state.lines().values().forEach(line -> {
            line.chain().forEach(segment -> known.put(segment.name(), segment));
            line.leftOver().forEach(segment -> known.put(segment.name(), segment));
        });
        Map<Source, List<NameSegment>> bySource = new HashMap<>();
        List<String> names = store.names();
        for (String name : names) {
            Optional<NameSegment> segment = Optional.ofNullable(known.get(name)).or(() -> open(name));
            segment.ifPresent(there -> bySource.computeIfAbsent(there.coverage().source(), source -> new ArrayList<>())
                    .add(there));
        }
        try {
            store.keepCopiesOf(Set.copyOf(names));
        } catch (IOException e) {
            warnings.tell("search", "copies that are not needed stay: " + e.getMessage());
        }
        NavigableMap<Source, Line> lines = new TreeMap<>(SearchPosition.SOURCES);
        bySource.forEach((source, segments) -> lines.put(source, Line.of(source, segments, live)));
        state = new State(lines, live);
        return lines;
    }

    private Optional<NameSegment> open(String name) {
        try {
            return store.open(name);
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.WRONG_KEY) {
                // Of somebody who has newer keys than this process: it is theirs.
                warnings.tell(SearchStore.PREFIX + name, String.valueOf(e.getMessage()));
                return Optional.empty();
            }
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            // It is made anew from the trees, and this one goes.
            warnings.tell(SearchStore.PREFIX + name, e.getMessage() + "; it is made anew");
            delete(name);
            return Optional.empty();
        } catch (IOException e) {
            throw failed(Path.of(name), e);
        }
    }

    /** Takes in the snapshots of a source that its line lacks, and merges. */
    private void take(Line before, List<Snapshot> snapshots) {
        Set<SnapshotId> covered = new HashSet<>(before.snapshots());
        List<Snapshot> missing = snapshots.stream()
                .filter(snapshot -> !covered.contains(snapshot.id()))
                .sorted(Comparator.comparingInt(
                                (Snapshot snapshot) -> snapshot.id().generation())
                        .thenComparing(snapshot -> snapshot.manifest().started())
                        .thenComparing(Snapshot::id))
                .toList();
        Line line = tidied(before);
        if (missing.isEmpty()) {
            return;
        }
        try (ChunkReader chunks = repository.newChunkReader()) {
            for (Snapshot snapshot : missing) {
                line = merged(with(line, snapshot, chunks));
                show(line);
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            warnings.tell(
                    "search",
                    "names of " + line.source().host() + " are not up to date: " + String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "names cannot be written down: " + String.valueOf(e.getMessage()), null, e);
        }
    }

    private Line with(Line line, Snapshot snapshot, ChunkReader chunks) throws IOException {
        if (line.chain().isEmpty()) {
            return full(line, snapshot, chunks);
        }
        Coverage last = line.chain().getLast().coverage();
        try {
            NameSegment made = store.make(writer -> {
                TreeNames.differences(
                        chunks, last.lastRoot(), snapshot.manifest().root(), writer::add);
                return finish(writer, snapshot, Optional.of(last.last()));
            });
            List<NameSegment> chain = new ArrayList<>(line.chain());
            chain.add(made);
            return new Line(line.source(), chain, List.of());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            // The snapshot before was forgotten, and its pages are gone.
            return full(line, snapshot, chunks);
        }
    }

    private Line full(Line line, Snapshot snapshot, ChunkReader chunks) throws IOException {
        NameSegment made = store.make(writer -> {
            TreeNames.differences(chunks, Optional.empty(), snapshot.manifest().root(), writer::add);
            return finish(writer, snapshot, Optional.empty());
        });
        line.chain().forEach(old -> delete(old.name()));
        return new Line(line.source(), List.of(made), List.of());
    }

    private static String finish(SegmentWriter writer, Snapshot snapshot, Optional<SnapshotId> base)
            throws IOException {
        return writer.finish(
                snapshot.manifest().source(),
                base,
                List.of(snapshot.id()),
                snapshot.manifest().root());
    }

    private Line merged(Line line) throws IOException {
        List<NameSegment> chain = new ArrayList<>(line.chain());
        while (chain.size() > 1) {
            NameSegment younger = chain.getLast();
            NameSegment older = chain.get(chain.size() - 2);
            if (older.coverage().entries() > GROWTH * younger.coverage().entries()) {
                break;
            }
            NameSegment made = store.make(new Merge(older, younger, state.live())::write);
            chain.removeLast();
            chain.removeLast();
            chain.add(made);
            show(new Line(line.source(), chain, List.of()));
            delete(older.name());
            delete(younger.name());
        }
        return new Line(line.source(), chain, List.of());
    }

    private Line tidied(Line line) {
        if (line.leftOver().isEmpty()) {
            return line;
        }
        Line tidy = new Line(line.source(), line.chain(), List.of());
        show(tidy);
        line.leftOver().forEach(segment -> delete(segment.name()));
        return tidy;
    }

    /** Nothing of this source is live. */
    private void drop(Line line) {
        State now = state;
        NavigableMap<Source, Line> lines = new TreeMap<>(now.lines());
        lines.remove(line.source());
        state = new State(lines, now.live());
        line.chain().forEach(segment -> delete(segment.name()));
        line.leftOver().forEach(segment -> delete(segment.name()));
    }

    private void show(Line line) {
        State now = state;
        NavigableMap<Source, Line> lines = new TreeMap<>(now.lines());
        lines.put(line.source(), line);
        state = new State(lines, now.live());
    }

    private void delete(String name) {
        outlines.forget(name);
        try {
            store.delete(name);
        } catch (IOException e) {
            warnings.tell("search", "a copy that is not needed stays: " + e.getMessage());
        }
    }

    /** How many snapshots are taken in and live. */
    public long snapshots() {
        State now = state;
        return now.lines().values().stream()
                .flatMap(line -> line.snapshots().stream())
                .filter(now.live()::contains)
                .count();
    }

    /**
     * Looks for names.
     *
     * @param visible which sources may be looked at
     * @param from where an earlier answer ended
     * @param limit of found paths, at least 1
     * @param time after which it ends with what it has
     */
    public SearchPage search(
            NameQuery query, Predicate<Source> visible, Optional<SearchPosition> from, int limit, Duration time) {
        State now = state;
        long end = clock.nanoTime() + time.toNanos();
        // The first block is read in any case, so that each page gets on.
        boolean[] isBegun = {false};
        BooleanSupplier isTimeUp = () -> {
            boolean isUp = isBegun[0] && clock.nanoTime() - end >= 0;
            isBegun[0] = true;
            return isUp;
        };
        List<Found> found = new ArrayList<>();
        NavigableMap<Source, Line> rest = from.map(position -> now.lines().tailMap(position.source(), true))
                .orElse(now.lines());
        for (Line line : rest.values()) {
            if (!visible.test(line.source())) {
                continue;
            }
            if (isBegun[0] && clock.nanoTime() - end >= 0) {
                return new SearchPage(found, Optional.of(SearchPosition.start(line.source())), true);
            }
            Bytes path = from.filter(position -> position.source().equals(line.source()))
                    .map(SearchPosition::path)
                    .orElse(SearchPosition.start(line.source()).path());
            LineSearch search = new LineSearch(line, now.live(), outlines, query, path);
            var ignored = search.begin(isTimeUp);
            Optional<Found> next = search.next(isTimeUp);
            while (next.isPresent()) {
                if (found.size() == limit) {
                    SearchPosition position =
                            new SearchPosition(line.source(), next.get().path());
                    return new SearchPage(found, Optional.of(position), false);
                }
                found.add(next.get());
                next = search.next(isTimeUp);
            }
            if (search.isOutOfTime()) {
                return new SearchPage(found, search.position().map(at -> new SearchPosition(line.source(), at)), true);
            }
        }
        return new SearchPage(found, Optional.empty(), false);
    }
}
