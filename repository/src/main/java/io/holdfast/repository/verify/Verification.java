package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexedPack;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackScan;
import io.holdfast.repository.pack.TocEntry;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Checks a repository: all small objects, the index against the packs' tables of contents, all trees, and where asked every byte of
 * all packs or of a random part. Then follows what is lost to the files it hits. For one use; the work on packs runs on all cores.
 */
public final class Verification {
    static final String INDEX_HELP = "; 'holdfast repair' or 'holdfast prune' makes the index anew";

    private final Repository repository;
    private final VerificationListener listener;
    private final AtomicLong damages = new AtomicLong();
    private final AtomicLong objects = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong packsRead = new AtomicLong();
    private final Set<ChunkId> lost = new HashSet<>();
    private final AtomicLong damagesOfIndex = new AtomicLong();
    private long damagesBeforePacks;
    /** Packs in which something was damaged when every byte was read. */
    private final Set<PackId> hurt = ConcurrentHashMap.newKeySet();
    /** Packs of another length than they should have, or with a damaged table of contents: what they hold is only known by trying. */
    private final Set<PackId> suspects = ConcurrentHashMap.newKeySet();

    public Verification(Repository repository, VerificationListener listener) {
        this.repository = repository;
        this.listener = listener;
    }

    /** @param readPercent the part of the packs to read whole: 0 for none, 100 for all */
    public VerificationResult run(double readPercent) {
        MarkerCheck small = new MarkerCheck(repository, this::damaged, this::damagedIndex);
        small.run();
        objects.addAndGet(small.objects());
        checkPackNames();
        damagesBeforePacks = damages.get() - damagesOfIndex.get();
        StoreView view = StoreView.take(repository);
        Index index = view.index();
        checkPresence(index, view.packs());
        Set<PackId> whole = Set.copyOf(sample(view.packs().keySet(), readPercent));
        listener.total(whole.stream().mapToLong(view.packs()::get).sum());
        inParallel(new ArrayList<>(view.packs().keySet()), (packs, id) -> {
            objects.incrementAndGet();
            long size = view.packs().getOrDefault(id, 0L);
            if (whole.contains(id)) {
                scan(packs, id, size);
            }
            outline(packs, id, size, index);
        });
        TreeCheck trees = checkTrees();
        long unreadable = repository.snapshots().listFromStore().damaged().size();
        return new VerificationResult(
                trees.snapshots(),
                objects.get(),
                view.packs().size(),
                packsRead.get(),
                bytesRead.get(),
                damages.get(),
                trees.hitSnapshots() + unreadable,
                trees.hitFiles());
    }

    /** After {@link #run}: damaged configuration, keys, markers and snapshots, of which there is no second copy here. */
    public long damagesBesidesPacksAndIndex() {
        return damagesBeforePacks;
    }

    /** After {@link #run}: whether index segments are damaged, or so many gone that something in the packs is not found any more. */
    public boolean needsNewIndex() {
        return damagesOfIndex.get() > 0;
    }

    /** After {@link #run}: packs of which something was found damaged. */
    public Set<PackId> damagedPacks() {
        Set<PackId> all = new HashSet<>(suspects);
        all.addAll(hurt);
        return all;
    }

    /** Follows all references. Looks again where a collection deleted packs meanwhile: what it took is needed by nobody. */
    private TreeCheck checkTrees() {
        while (true) {
            StoreView view = StoreView.take(repository);
            TreeCheck trees = checkTrees(view);
            if (!trees.isClean()) {
                if (view.hasLostPacks(repository)) {
                    continue;
                }
                TreeCheck complete = checkTrees(view.withUnindexed(repository));
                if (complete.misses() < trees.misses()) {
                    damagedIndex("index: snapshots need packs that no index segment knows" + INDEX_HELP);
                    trees = complete;
                }
            }
            trees.damages().forEach(this::damaged);
            trees.tellHits(listener);
            return trees;
        }
    }

    private TreeCheck checkTrees(StoreView view) {
        Set<ChunkId> gone = new HashSet<>(lost);
        gone.removeIf(chunk -> hasIntactCopy(chunk, view.index()));
        TreeCheck trees = new TreeCheck(repository, view, gone, suspects, chunk -> hasIntactCopy(chunk, view.index()));
        trees.run();
        return trees;
    }

    private void checkPackNames() {
        for (PackKind kind : PackKind.values()) {
            repository.store().list(kind.prefix(), object -> {
                if (PackId.find(object.name()).isEmpty()) {
                    damaged(object.name() + ": is not the name of a pack");
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
            if (size == null) {
                listener.note(pack.id() + " is in the index but not in the store");
            } else if (size != Integer.toUnsignedLong(pack.sizeBytes())) {
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

    private void scan(PackScan packs, PackId id, long size) {
        PackScan.Findings found = packs.scan(id, size);
        if (!found.damages().isEmpty() && repository.store().stat(id.name()).isEmpty()) {
            return; // A collection deleted it while it was read.
        }
        found.damages().forEach(this::damaged);
        if (!found.damages().isEmpty()) {
            hurt.add(id);
        }
        packsRead.incrementAndGet();
        bytesRead.addAndGet(found.bytesRead());
        listener.read(found.bytesRead());
        synchronized (lost) {
            lost.addAll(found.lost());
        }
    }

    /** The table of contents can be read, and the index says the same. */
    private void outline(PackScan packs, PackId id, long size, Index index) {
        try {
            Optional<PackScan.Outline> outline = packs.reader().readOutline(id, size);
            if (outline.isEmpty()) {
                return; // Deleted meanwhile.
            }
            for (TocEntry chunk : outline.get().toc().chunks()) {
                checkEntry(outline.get(), chunk, index);
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

    private void checkEntry(PackScan.Outline outline, TocEntry chunk, Index index) {
        List<ChunkPlace> places = index.findAll(chunk.id());
        for (ChunkPlace place : places) {
            if (place.frame().pack().equals(outline.id())) {
                boolean same =
                        place.ordinal() == chunk.ordinal() && place.frame().equals(outline.place(chunk.frame()));
                if (!same) {
                    damaged("index: chunk " + chunk.id() + " is not where the index says, in " + outline.id());
                }
                return;
            }
        }
        if (!places.isEmpty() || index.packs().containsKey(outline.id())) {
            listener.note("index: chunk " + chunk.id() + " of " + outline.id() + " is not in the index");
        }
    }

    private boolean hasIntactCopy(ChunkId chunk, Index index) {
        try (PackReader reader = new PackReader(repository.store(), repository.keyring())) {
            ChunkHasher hasher = new ChunkHasher(repository.keyring().idKey());
            for (ChunkPlace place : index.findAll(chunk)) {
                try {
                    var frame = reader.readFrame(place.frame(), new byte[0]);
                    if (frame.isPresent()
                            && place.ordinal() < frame.get().chunkCount()
                            && hasher.id(
                                            frame.get().plain(),
                                            frame.get().starts()[place.ordinal()],
                                            frame.get().length(place.ordinal()))
                                    .equals(chunk)) {
                        return true;
                    }
                } catch (HoldfastException e) {
                    if (e.code() != ErrorCode.DAMAGED) {
                        throw e;
                    }
                }
            }
        }
        return false;
    }

    @FunctionalInterface
    private interface PackTask {
        void run(PackScan packs, PackId id);
    }

    private void inParallel(List<PackId> packs, PackTask task) {
        int threads = repository.settings().threads();
        ExecutorService workers = Executors.newFixedThreadPool(
                threads,
                Thread.ofPlatform().daemon().name("holdfast-verify-", 0).factory());
        try {
            AtomicInteger next = new AtomicInteger();
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(workers.submit(() -> {
                    try (PackScan scan = new PackScan(
                            repository.store(),
                            new PackReader(repository.store(), repository.keyring()),
                            new ChunkHasher(repository.keyring().idKey()))) {
                        for (int at = next.getAndIncrement(); at < packs.size(); at = next.getAndIncrement()) {
                            task.run(scan, packs.get(at));
                        }
                    }
                }));
            }
            for (Future<?> future : running) {
                future.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw known;
            }
            throw new HoldfastException(ErrorCode.FAILED, "verifying failed: " + e.getCause(), null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            workers.shutdownNow();
        }
    }
}
