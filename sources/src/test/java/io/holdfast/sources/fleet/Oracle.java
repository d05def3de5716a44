package io.holdfast.sources.fleet;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.Roster;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots.Occupant;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sees the whole store at once, and looks after each change whether what must hold in every state holds: each chunk of each live snapshot has a copy in
 * a pack that exists and is indexed, a delta only on chunks that have one in full; and a snapshot whose writer was told that it is safe stays live until
 * somebody wants it forgotten. A snapshot with a lock has all that it needs locked when it can be seen.
 */
final class Oracle implements AutoCloseable {
    private final MemoryStore store;
    private final Repository eyes;
    private final Turns turns;
    private final Map<PackId, List<TocEntry>> contents = new HashMap<>();
    private final Set<PackId> packs = new HashSet<>();
    private final Map<String, Set<PackId>> segments = new HashMap<>();
    private final Map<SnapshotId, Seen> manifests = new HashMap<>();
    private final Set<SnapshotId> acknowledged = new HashSet<>();
    private final Set<SnapshotId> forgetWanted = new HashSet<>();
    private final Set<String> sources = new HashSet<>();
    private final Map<SnapshotId, SortedMap<String, String>> expected = new HashMap<>();

    /** A manifest. Its tree cannot be read where it comes too late to count. */
    private record Seen(Snapshot snapshot, Optional<Set<ChunkId>> reached) {}

    /** @param eyes on the store itself, not through a gate */
    Oracle(MemoryStore store, Repository eyes, Turns turns) {
        this.store = store;
        this.eyes = eyes;
        this.turns = turns;
    }

    /** A writer is about to commit this. */
    synchronized void expect(SnapshotId id, SortedMap<String, String> files) {
        expected.put(id, new TreeMap<>(files));
    }

    /** A writer was told that this snapshot is safe. */
    synchronized void acknowledge(SnapshotId id) {
        acknowledged.add(id);
        Seen seen = manifests.get(id);
        if (seen != null) {
            sources.add(seen.snapshot().manifest().host());
        }
        check("snapshots/" + id.leaf() + " was acknowledged");
    }

    /** From now on these may go. */
    synchronized void wantForgotten(Collection<SnapshotId> ids) {
        forgetWanted.addAll(ids);
    }

    synchronized Optional<SortedMap<String, String>> expected(SnapshotId id) {
        return Optional.ofNullable(expected.get(id));
    }

    /** Sources of which a snapshot was acknowledged: one of each stays, whoever forgets. */
    synchronized Set<String> sourcesOfAcknowledged() {
        return Set.copyOf(sources);
    }

    synchronized int acknowledgedCount() {
        return acknowledged.size();
    }

    synchronized boolean isLive(SnapshotId id) {
        return live().stream().anyMatch(seen -> seen.snapshot().id().equals(id));
    }

    /** Packs of which nothing is needed, not even for a delta, and those that nobody has indexed whose copies may give way to others (C7). */
    synchronized Set<PackId> garbage() {
        Set<ChunkId> needed = new HashSet<>();
        for (Seen seen : live()) {
            needed.addAll(seen.reached().orElseThrow());
        }
        Set<ChunkId> bases = new HashSet<>();
        for (PackId pack : packs) {
            chunks(pack).stream()
                    .filter(chunk -> needed.contains(chunk.id()))
                    .forEach(chunk -> bases.addAll(chunk.bases()));
        }
        needed.addAll(bases);
        Set<PackId> indexed = new HashSet<>();
        segments.values().forEach(indexed::addAll);
        indexed.retainAll(packs);
        Set<PackId> garbage = new HashSet<>();
        for (PackId pack : packs) {
            List<TocEntry> wanted = chunks(pack).stream()
                    .filter(chunk -> needed.contains(chunk.id()))
                    .toList();
            boolean mayGo = !indexed.contains(pack)
                    && wanted.stream()
                            .allMatch(chunk -> indexed.stream()
                                    .flatMap(other -> chunks(other).stream())
                                    .anyMatch(copy -> copy.id().equals(chunk.id())
                                            && (!copy.isDelta() || copy.bases().equals(chunk.bases()))));
            if (wanted.isEmpty() || mayGo) {
                garbage.add(pack);
            }
        }
        return garbage;
    }

    /** Whether it is there, and no garbage. */
    synchronized boolean isNeeded(PackId pack) {
        return packs.contains(pack) && !garbage().contains(pack);
    }

    synchronized int packCount() {
        return packs.size();
    }

    /** After a change of this object, or none. */
    synchronized void lookAt(ObjectName name) {
        String value = name.value();
        if (value.startsWith("packs/")) {
            lookAtPack(name);
        } else if (value.startsWith(IndexStore.PREFIX)) {
            lookAtSegment(name);
        } else if (value.startsWith(SnapshotId.SNAPSHOTS)) {
            lookAtSnapshot(name);
        } else if (!value.startsWith(SnapshotId.FORGOTTEN) && !value.startsWith(Verdict.PREFIX)) {
            return;
        }
        check("a change of " + value);
    }

    private List<TocEntry> chunks(PackId pack) {
        return contents.getOrDefault(pack, List.of());
    }

    private void lookAtPack(ObjectName name) {
        PackId id = PackId.of(name);
        if (store.stat(name).isEmpty()) {
            packs.remove(id);
            return;
        }
        packs.add(id);
        if (!contents.containsKey(id)) {
            try (PackReader reader = eyes.newPackReader()) {
                contents.put(
                        id,
                        PackScan.outline(reader, store, id).orElseThrow().toc().chunks());
            }
        }
    }

    private void lookAtSegment(ObjectName name) {
        if (store.stat(name).isEmpty()) {
            segments.remove(name.leaf());
            return;
        }
        IndexSegment segment = eyes.indexes().readFromStore(name.leaf()).orElseThrow();
        Set<PackId> known = new HashSet<>();
        for (int pack = 0; pack < segment.packCount(); pack++) {
            known.add(segment.pack(pack).id());
        }
        segments.put(name.leaf(), known);
    }

    private void lookAtSnapshot(ObjectName name) {
        SnapshotId id = SnapshotId.parse(name.leaf());
        Optional<Occupant> there =
                store.get(name).map(object -> eyes.snapshots().decode(id, Markers.bytes(object)));
        if (there.isPresent() && there.get() instanceof Occupant.Present present) {
            if (!manifests.containsKey(id)) {
                Seen seen = new Seen(present.snapshot(), reached(present.snapshot()));
                manifests.put(id, seen);
                if (isLive(id)) {
                    checkLock(seen);
                }
            }
        } else {
            manifests.remove(id);
        }
    }

    private Optional<Set<ChunkId>> reached(Snapshot snapshot) {
        Set<ChunkId> ids = new HashSet<>();
        try (ChunkReader chunks = eyes.newChunkReader(eyes.reloadIndex())) {
            DirectoryReader directories = new DirectoryReader(id -> {
                ids.add(id);
                return chunks.read(id);
            });
            ContentReader files = new ContentReader(chunks);
            PageRef root = snapshot.manifest().root().orElseThrow();
            Iterator<TreeEntry> entries =
                    directories.entries(directories.root(root).directory());
            while (entries.hasNext()) {
                files.chunks(entries.next().content(), (id, length) -> {
                    ids.add(id);
                    return true;
                });
            }
            return Optional.of(ids);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private List<Seen> live() {
        Roster roster = eyes.snapshots().newestRoster();
        return manifests.values().stream()
                .filter(seen -> roster.admits(seen.snapshot().id())
                        && store.stat(seen.snapshot().id().forgottenName()).isEmpty())
                .toList();
    }

    private void check(String why) {
        List<Seen> live = live();
        Set<SnapshotId> lost = new HashSet<>(acknowledged);
        lost.removeAll(forgetWanted);
        live.forEach(seen -> lost.remove(seen.snapshot().id()));
        for (SnapshotId id : lost) {
            turns.fail("snapshots/" + id.leaf()
                    + " was acknowledged, nobody has forgotten it, and it is not live; after " + why);
        }
        if (live.isEmpty()) {
            return;
        }
        Set<PackId> readable = new HashSet<>();
        segments.values().forEach(readable::addAll);
        readable.retainAll(packs);
        Set<ChunkId> there = chunksOf(readable);
        for (Seen seen : live) {
            if (seen.reached().isEmpty() || !there.containsAll(seen.reached().get())) {
                turns.fail("live snapshots/" + seen.snapshot().id().leaf() + " misses a chunk; after " + why);
            }
        }
    }

    /** Whoever may delete what is not locked, however maliciously, leaves what it takes to restore it; the index can be made anew. */
    private void checkLock(Seen seen) {
        Instant until = seen.snapshot().manifest().lockedUntil();
        if (until.equals(Instant.EPOCH)) {
            return;
        }
        String what = "snapshots/" + seen.snapshot().id().leaf() + ", locked until " + until;
        Set<PackId> locked = new HashSet<>();
        for (PackId pack : packs) {
            if (isLocked(pack.name(), until)) {
                locked.add(pack);
            }
        }
        if (!chunksOf(locked).containsAll(seen.reached().orElse(Set.of()))) {
            turns.fail(what + ", needs a chunk that is not locked");
        }
        if (!isLocked(seen.snapshot().id().snapshotName(), until)) {
            turns.fail(what + ", is not locked itself");
        }
    }

    private boolean isLocked(ObjectName name, Instant until) {
        return store.stat(name)
                .filter(object -> !object.lockedUntil().isBefore(until))
                .isPresent();
    }

    /** Those that these packs are enough to read. */
    private Set<ChunkId> chunksOf(Set<PackId> some) {
        Set<ChunkId> inFull = new HashSet<>();
        for (PackId pack : some) {
            chunks(pack).stream().filter(chunk -> !chunk.isDelta()).forEach(chunk -> inFull.add(chunk.id()));
        }
        Set<ChunkId> there = new HashSet<>(inFull);
        for (PackId pack : some) {
            chunks(pack).stream()
                    .filter(chunk -> chunk.isDelta() && inFull.containsAll(chunk.bases()))
                    .forEach(chunk -> there.add(chunk.id()));
        }
        return there;
    }

    /** For whom hosts seal that can only write. */
    Recipient recipient() {
        return eyes.keyring().recipient();
    }

    @Override
    public void close() {
        eyes.close();
    }
}
