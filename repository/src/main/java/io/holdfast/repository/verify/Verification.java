package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.BaseChunks;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkProbe;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexedPack;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.storage.ObjectName;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Checks a repository: all small objects, the index against the packs' tables of contents, all trees, and where asked every byte of
 * all packs or of a random part. Archived packs are left out: nothing is known of them, neither that they are whole nor that they are damaged. Then follows what is lost to the files it hits. For one use; the work on packs runs on all cores.
 */
public final class Verification {
    static final String STRAY_HELP = ": is no object of a repository; nothing reads it, and it can be moved away";
    static final String THAW_HELP = "; 'holdfast repair --thaw bulk' thaws and indexes them";
    static final String INDEX_HELP = "; 'holdfast repair' or 'holdfast prune' makes the index anew";

    private final Repository repository;
    private final VerificationListener listener;
    /** Its own: what was in memory before says nothing about the store. */
    private final BaseChunks bases;

    private final AtomicLong damages = new AtomicLong();
    private final AtomicLong objects = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong packsRead = new AtomicLong();
    private final AtomicLong archivedPacks = new AtomicLong();
    private final AtomicLong archivedBytes = new AtomicLong();
    private final Set<ChunkId> lost = new HashSet<>();
    private final AtomicLong damagesOfIndex = new AtomicLong();
    private long damagesBeforePacks;
    /** Packs in which something was damaged when every byte was read. */
    private final Set<PackId> hurt = ConcurrentHashMap.newKeySet();
    /** Packs of another length than they should have, or with a damaged table of contents: what they hold is only known by trying. */
    private final Set<PackId> suspects = ConcurrentHashMap.newKeySet();

    public Verification(Repository repository, VerificationListener listener) {
        this.repository = repository;
        this.bases = repository.newBaseChunks();
        this.listener = listener;
    }

    /** @param readPercent the part of the packs to read whole: 0 for none, 100 for all */
    public VerificationResult run(double readPercent) {
        try (bases) {
            return check(readPercent);
        }
    }

    private VerificationResult check(double readPercent) {
        MarkerCheck small = new MarkerCheck(repository, this::damaged, this::damagedIndex);
        small.run();
        objects.addAndGet(small.objects());
        checkPackNames();
        damagesBeforePacks = damages.get() - damagesOfIndex.get();
        StoreView view = StoreView.take(repository);
        Index index = view.index();
        checkPresence(index, view.packs());
        Set<PackId> whole = Set.copyOf(sample(view.packs().keySet(), readPercent));
        Map<PackId, Integer> indexed = index.entriesByPack();
        listener.total(whole.stream().mapToLong(view.packs()::get).sum());
        inParallel(new ArrayList<>(view.packs().keySet()), (packs, id) -> {
            objects.incrementAndGet();
            long size = view.packs().getOrDefault(id, 0L);
            // A listing does not tell what has been thawed: where all is to be read, that is tried.
            if (view.archived().contains(id) && !whole.contains(id)) {
                skip(size);
                return;
            }
            try {
                if (whole.contains(id)) {
                    scan(packs, id, size);
                }
                outline(packs, id, size, index, indexed.getOrDefault(id, 0));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.REFUSED) {
                    throw e;
                }
                listener.read(whole.contains(id) ? size : 0);
                skip(size);
            }
        });
        TreeCheck trees = checkTrees();
        long unreadable = repository.snapshots().listFromStore().damaged().size();
        return new VerificationResult(
                trees.snapshots(),
                objects.get(),
                view.packs().size(),
                packsRead.get(),
                bytesRead.get(),
                archivedPacks.get(),
                archivedBytes.get(),
                damages.get(),
                trees.hitSnapshots() + unreadable,
                trees.hitFiles(),
                trees.mayBeArchived());
    }

    /** After {@link #run}: damaged configuration, keys, markers and snapshots, of which there is no second copy here. */
    public long damagesBesidesPacksAndIndex() {
        return damagesBeforePacks;
    }

    /** After {@link #run}: whether index segments are damaged, or so many gone that something in the packs is not found any more. */
    public boolean needsNewIndex() {
        return damagesOfIndex.get() > 0;
    }

    /** The id keys of hosts that cannot be read now: what such a host has sent is known again by nobody. */
    List<ObjectName> unreadableDomains() {
        return repository.keyring().unreadableDomains();
    }

    /** After {@link #run}: packs of which something was found damaged. */
    public Set<PackId> damagedPacks() {
        Set<PackId> all = new HashSet<>(suspects);
        all.addAll(hurt);
        return all;
    }

    /**
     * Follows all references. Looks again where a collection was at work meanwhile: what it took is needed by nobody, or lies elsewhere. Whatever is taken for
     * missing at last was so in two looks.
     */
    private TreeCheck checkTrees() {
        while (true) {
            StoreView view = StoreView.take(repository);
            TreeCheck trees = checkTrees(view);
            if (!trees.isClean()) {
                if (view.hasLostPacks(repository)) {
                    continue;
                }
                StoreView now = StoreView.take(repository);
                if (!now.shows(view.snapshots())) {
                    continue; // Forgotten, and collected, before the packs were listed.
                }
                // Segments may have been merged while the index was listed: of the old and the new one it had neither.
                if (trees.missing().stream().anyMatch(chunk -> now.hasCopy(chunk) && !view.hasCopy(chunk))) {
                    continue;
                }
                StoreView complete = view.withUnindexed(repository);
                if (trees.missing().stream().anyMatch(chunk -> complete.hasCopy(chunk) && !view.hasCopy(chunk))) {
                    damagedIndex("index: snapshots need packs that no index segment knows" + INDEX_HELP);
                    trees = checkTrees(complete);
                }
            }
            trees.damages().forEach(this::damaged);
            trees.tellHits(listener);
            return trees;
        }
    }

    private TreeCheck checkTrees(StoreView view) {
        try (ChunkProbe probe = new ChunkProbe(newPackReader(), new ChunkHasher(repository.keyring()))) {
            Predicate<ChunkId> isIntact = chunk -> hasIntactCopy(chunk, view.index(), probe);
            Set<ChunkId> gone = new HashSet<>(lost);
            gone.removeIf(isIntact);
            TreeCheck trees = new TreeCheck(repository, view, gone, suspects, isIntact);
            trees.run();
            return trees;
        }
    }

    private PackReader newPackReader() {
        return new PackReader(repository.store(), repository.keyring(), bases);
    }

    private void checkPackNames() {
        for (PackKind kind : PackKind.values()) {
            repository.store().list(kind.prefix(), object -> {
                if (PackId.find(object.name()).isEmpty()) {
                    damaged(object.name() + STRAY_HELP);
                }
            });
        }
    }

    private void damaged(String what) {
        damages.incrementAndGet();
        listener.damaged(what);
    }

    private void damagedIndex(String what) {
        damagesOfIndex.incrementAndGet();
        damaged(what);
    }

    private void checkPresence(Index index, Map<PackId, Long> listed) {
        Map<PackId, IndexedPack> indexed = index.packs();
        for (IndexedPack pack : indexed.values()) {
            Long size = listed.get(pack.id());
            if (size != null && size != Integer.toUnsignedLong(pack.sizeBytes())) {
                suspects.add(pack.id());
                damaged(pack.id() + ": is " + size + " bytes long, the index says "
                        + Integer.toUnsignedLong(pack.sizeBytes()));
            }
        }
        for (PackId pack : listed.keySet()) {
            if (!indexed.containsKey(pack)) {
                listener.note(pack
                        + " is in no index segment: its backup is under way or was cut off, 'prune' clears it away");
            }
        }
    }

    private static List<PackId> sample(Set<PackId> packs, double percent) {
        List<PackId> chosen = new ArrayList<>(packs);
        int count = (int) Math.ceil(chosen.size() * percent / 100);
        if (count < chosen.size()) {
            Collections.shuffle(chosen, new SecureRandom());
        }
        return chosen.subList(0, Math.min(count, chosen.size()));
    }

    private void skip(long size) {
        archivedPacks.incrementAndGet();
        archivedBytes.addAndGet(size);
    }

    private void scan(PackScan packs, PackId id, long size) {
        PackScan.Findings found = packs.scan(id, size);
        if (!found.damages().isEmpty() && repository.store().stat(id.name()).isEmpty()) {
            return; // A collection deleted it while it was read.
        }
        found.damages().forEach(this::damaged);
        if (!found.damages().isEmpty()) {
            hurt.add(id);
        }
        // Whether a snapshot needs them, the trees tell: bases of what is garbage may be gone.
        for (TocEntry orphan : found.orphans()) {
            listener.note(id + ": chunk " + orphan.id() + " is built on chunk "
                    + orphan.bases().stream().map(ChunkId::toString).collect(Collectors.joining(" and chunk "))
                    + ", which is lost or was garbage");
        }
        packsRead.incrementAndGet();
        bytesRead.addAndGet(found.bytesRead());
        listener.read(found.bytesRead());
        synchronized (lost) {
            lost.addAll(found.lost());
        }
    }

    /**
     * The table of contents can be read, and the index says the same: all of it, for another pack that lies under this name is as whole as
     * this one should be.
     */
    private void outline(PackScan packs, PackId id, long size, Index index, int indexed) {
        try {
            Optional<PackScan.Outline> outline = packs.reader().readOutline(id, size);
            if (outline.isEmpty()) {
                return; // Deleted meanwhile.
            }
            long same = outline.get().toc().chunks().stream()
                    .filter(chunk -> isWhereTheIndexSays(outline.get(), chunk, index))
                    .count();
            if (indexed > 0
                    && (same != indexed || same != outline.get().toc().chunks().size())) {
                suspects.add(id);
                damaged(id + ": holds other chunks than the index says");
            }
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                throw e;
            }
            if (repository.store().stat(id.name()).isPresent()) {
                suspects.add(id);
                damaged(String.valueOf(e.getMessage()));
            }
        }
    }

    private static boolean isWhereTheIndexSays(PackScan.Outline outline, TocEntry chunk, Index index) {
        return index.findAll(chunk.id()).stream()
                .anyMatch(place -> place.ordinal() == chunk.ordinal()
                        && place.bases().equals(chunk.bases())
                        && place.frame().equals(outline.place(chunk.frame())));
    }

    private boolean hasIntactCopy(ChunkId chunk, Index index, ChunkProbe probe) {
        return index.findAll(chunk).stream().anyMatch(place -> {
            try {
                return probe.isIntact(place, chunk.a(), chunk.b());
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.REFUSED) {
                    throw e;
                }
                // Archived: it counts, unless something is known against its pack.
                PackId pack = place.frame().pack();
                return !index.isGivenUp(pack) && !suspects.contains(pack);
            }
        });
    }

    /** One thread with what it reads packs with. */
    private record Scanner(PackScan scan, BiConsumer<PackScan, PackId> task) implements Workers.Worker<PackId> {
        @Override
        public void work(PackId pack) {
            task.accept(scan, pack);
        }

        @Override
        public void close() {
            scan.close();
        }
    }

    private void inParallel(List<PackId> packs, BiConsumer<PackScan, PackId> task) {
        Workers.deal(
                repository.settings().threads(),
                packs,
                () -> new Scanner(
                        new PackScan(repository.store(), newPackReader(), new ChunkHasher(repository.keyring())),
                        task));
    }
}
