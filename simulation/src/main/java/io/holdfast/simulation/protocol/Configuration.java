package io.holdfast.simulation.protocol;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Bounds of one exhaustive search, and the repository that it starts from. Chunk sets are bit sets.
 *
 * @param name what the search is called in reports
 * @param writers how many writers work at one time
 * @param collectors how many collectors work at one time
 * @param sessions how many session ids are drawn at most, those of the first snapshots included
 * @param packs how many packs are named at most, the first ones included
 * @param lists how many condemned lists are named at most
 * @param wantedTrees the trees that a writer may want to back up
 * @param firstPacks the chunks of each pack that is there, and indexed, at the start
 * @param firstSnapshots the trees of the snapshots that are committed at the start
 * @param firstLock how long the packs and snapshots that are there at the start are locked
 * @param features what may happen
 */
record Configuration(
        String name,
        int writers,
        int collectors,
        int sessions,
        int packs,
        int lists,
        List<Integer> wantedTrees,
        List<Integer> firstPacks,
        List<Integer> firstSnapshots,
        int firstLock,
        Set<Feature> features) {

    static final int MAX_WRITERS = 2;
    static final int MAX_COLLECTORS = 2;

    Configuration {
        if (writers > MAX_WRITERS || collectors > MAX_COLLECTORS) {
            throw new IllegalArgumentException("too many actors in " + name);
        }
        if (sessions > Store.IDS || packs > Store.PACKS || lists > Store.LISTS) {
            throw new IllegalArgumentException("more objects than a state has room for in " + name);
        }
        wantedTrees = List.copyOf(wantedTrees);
        firstPacks = List.copyOf(firstPacks);
        firstSnapshots = List.copyOf(firstSnapshots);
        features = features.isEmpty() ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(features);
    }

    /** A configuration of one chunk, in which nothing is there and nothing unforeseen happens. */
    static Configuration named(String name) {
        return new Configuration(name, 0, 0, 0, 0, 0, List.of(1), List.of(), List.of(), 0, Set.of());
    }

    Configuration withWriters(int count) {
        return new Configuration(
                name,
                count,
                collectors,
                sessions,
                packs,
                lists,
                wantedTrees,
                firstPacks,
                firstSnapshots,
                firstLock,
                features);
    }

    Configuration withCollectors(int count, int listNames) {
        return new Configuration(
                name,
                writers,
                count,
                sessions,
                packs,
                listNames,
                wantedTrees,
                firstPacks,
                firstSnapshots,
                firstLock,
                features);
    }

    /** Starts with these packs, and leaves names for some more. */
    Configuration withPacks(List<Integer> first, int more) {
        return new Configuration(
                name,
                writers,
                collectors,
                sessions,
                first.size() + more,
                lists,
                wantedTrees,
                first,
                firstSnapshots,
                firstLock,
                features);
    }

    /** Starts with these snapshots, and leaves ids for some more. */
    Configuration withSnapshots(List<Integer> first, int more) {
        return new Configuration(
                name,
                writers,
                collectors,
                first.size() + more,
                packs,
                lists,
                wantedTrees,
                firstPacks,
                first,
                firstLock,
                features);
    }

    /** Starts with locks on all that is there. */
    Configuration withLocks(int duration) {
        return new Configuration(
                name,
                writers,
                collectors,
                sessions,
                packs,
                lists,
                wantedTrees,
                firstPacks,
                firstSnapshots,
                duration,
                features);
    }

    Configuration wanting(Integer... trees) {
        return new Configuration(
                name,
                writers,
                collectors,
                sessions,
                packs,
                lists,
                List.of(trees),
                firstPacks,
                firstSnapshots,
                firstLock,
                features);
    }

    Configuration with(Feature... more) {
        Set<Feature> all = EnumSet.noneOf(Feature.class);
        all.addAll(features);
        all.addAll(new ArrayList<>(List.of(more)));
        return new Configuration(
                name,
                writers,
                collectors,
                sessions,
                packs,
                lists,
                wantedTrees,
                firstPacks,
                firstSnapshots,
                firstLock,
                all);
    }
}
