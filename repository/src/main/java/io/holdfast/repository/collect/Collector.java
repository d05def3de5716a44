package io.holdfast.repository.collect;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.Deletes;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.collect.Marking.Marked;
import io.holdfast.repository.collect.PackContents.HalfId;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.session.CondemnedPacks;
import io.holdfast.repository.session.GivenUpPacks;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Collects garbage beside running backups (docs/repository-format.md, section 13, steps C1 to C9). Several collectors may run at
 * once, and any of them may die at any step: what one condemned, the next one finishes. For one use.
 *
 * <p>All markers are put with the store's reserve: freeing space must work on a full disk.
 */
public final class Collector {
    private static final double SMALL_PACK = 0.25;

    private final Repository repository;
    private final CollectionOptions options;
    private final Markers markers;
    private final SessionWatch watch;

    private final Totals totals = new Totals();
    private final Set<PackId> written = new HashSet<>();
    private final Set<PackId> damaged = new HashSet<>();

    private final LockedPacks locked;
    private final Marking marking;
    private final Judge judge;

    private static final class Totals {
        long packs;
        long storedBytes;
        long deletedPacks;
        long freedBytes;
        long condemnedPacks;
        long condemnedBytes;
        long repackedPacks;
        long repackedBytes;
        long retired;
        long archivedPacks;
        final List<SnapshotId> waitingFor = new ArrayList<>();
    }

    public Collector(Repository repository, CollectionOptions options, MonotonicClock clock) {
        this.repository = repository;
        this.options = options;
        this.markers = new Markers(repository.store().reserved(), repository.sealer());
        this.locked = new LockedPacks(repository);
        this.marking = new Marking(repository, options.dryRun());
        this.judge = new Judge(repository, markers, marking, written);
        this.watch = new SessionWatch(repository, options.fenceAfter(), clock);
    }

    /**
     * Finishes what earlier runs began, then starts a collection of its own and takes it as far as running backups allow.
     *
     * @throws HoldfastException {@code DAMAGED} where what is live cannot be read: then nothing is deleted
     */
    public CollectionResult run() {
        if (!options.dryRun()) {
            requireArbiter();
            healIndex();
            watch.removeEnded();
            for (SnapshotId damagedList : CondemnedPacks.damaged(repository.store(), markers)) {
                // What it was to delete is not known: only what its verdict names goes, where there is one.
                finish(new CondemnedList(damagedList, List.of(), List.of()));
            }
            for (CondemnedList list :
                    CondemnedPacks.readAll(repository.store(), markers).lists()) {
                finish(list);
            }
        }
        Optional<CondemnedList> own = condemn();
        own.ifPresent(this::finish);
        if (!options.dryRun()) {
            removeLeftovers();
            new NameRetirement(repository).run().ifPresent(count -> totals.retired += count);
            repository.tidyIndex();
        }
        return new CollectionResult(
                totals.packs,
                totals.storedBytes,
                totals.deletedPacks,
                totals.freedBytes,
                totals.condemnedPacks,
                totals.condemnedBytes,
                totals.repackedPacks,
                totals.repackedBytes,
                totals.retired,
                totals.archivedPacks,
                totals.waitingFor.stream().distinct().toList(),
                locked.result(),
                Stream.concat(damaged.stream(), judge.damaged().stream())
                        .distinct()
                        .sorted()
                        .toList());
    }

    /** Verdicts are put once, and what lives is found by listing: a store that promises neither must not be collected. */
    private void requireArbiter() {
        Capabilities store = repository.store().capabilities();
        if (!store.putIfAbsent() || !store.consistentList()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    repository.store().describe() + " cannot be pruned: "
                            + (store.putIfAbsent()
                                    ? "its listings lag behind"
                                    : "it ignores If-None-Match, so that two collections could both win"),
                    "Backups and restores work, one writer at a time. Use a bucket without versions and locks, or another store.");
        }
    }

    /**
     * A segment that cannot be read hides packs, and a pack that nobody knows is garbage. So all packs that no segment knows become known
     * first, durably; then the damaged segments go. Several may do so at once: the same entries stand in several segments then.
     */
    private void healIndex() {
        repository.indexes().putDamagedFromCache();
        Index index = repository.indexes().load();
        if (index.damaged().isEmpty()) {
            return;
        }
        if (!repository.indexes().publishUnindexed(index).isEmpty()) {
            // Garbage is no loss; what is needed is, and then the damaged segment stays for whoever wants to look at
            // it.
            marking.requireAllIn(repository.indexes().load());
        }
        repository.indexes().deleteDamaged(index);
    }

    /** Steps C1 to C3. Empty where there is nothing to collect, or in a dry run. */
    private Optional<CondemnedList> condemn() {
        Marked now = marking.mark();
        List<Snapshot> live = now.live();
        Index index = now.index();
        ReachableChunks reachable = now.reachable();
        Set<PackId> condemned =
                CondemnedPacks.readAll(repository.store(), markers).doomed(markers);
        PackListing listed = PackListing.of(repository.store());
        totals.packs = listed.packs().size();
        totals.storedBytes =
                listed.sizes().values().stream().mapToLong(Long::longValue).sum();

        PackUse use = PackUse.of(
                index,
                reachable,
                pack -> listed.has(pack) && !condemned.contains(pack),
                listed::has,
                listed::isArchived);
        List<PackId> dead = new ArrayList<>();
        List<PackId> repack = new ArrayList<>();
        long[] budget = {options.maxRepackBytes()};
        List<Map.Entry<PackId, PackUse.Use>> byWaste = use.byWaste();
        for (Map.Entry<PackId, PackUse.Use> entry : byWaste) {
            boolean isDead = entry.getValue().isDead();
            boolean isWasteful = entry.getValue().waste() >= options.waste() || entry.getValue().hasBrokenDeltas;
            if ((isDead || isWasteful) && locked.contains(entry.getKey(), listed.sizeOf(entry.getKey()))) {
                continue;
            }
            if (isDead) {
                dead.add(entry.getKey());
            } else if (listed.isArchived(entry.getKey())) {
                totals.archivedPacks += entry.getValue().waste() > 0 ? 1 : 0;
            } else if (isWasteful && budget[0] >= entry.getValue().sizeBytes) {
                budget[0] -= entry.getValue().sizeBytes;
                repack.add(entry.getKey());
            }
        }
        joinSmallPacks(byWaste, listed, repack, budget);
        for (PackId pack : listed.packs()) {
            if (!use.all().containsKey(pack)
                    && !condemned.contains(pack)
                    && !locked.contains(pack, listed.sizeOf(pack))) {
                dead.add(pack); // No segment knows it: its writer died, or is still at work and will be waited for.
            }
        }
        spareWhatIsSent(dead, listed);
        List<PackId> candidates = new ArrayList<>(dead);
        candidates.addAll(repack);
        totals.repackedPacks += repack.size();
        if (options.dryRun() || candidates.isEmpty()) {
            totals.repackedBytes += repack.stream()
                    .map(use.all()::get)
                    .mapToLong(each -> (long) (each.sizeBytes * (1 - each.waste())))
                    .sum();
            totals.condemnedPacks += candidates.size();
            totals.condemnedBytes +=
                    candidates.stream().mapToLong(listed::sizeOf).sum();
            return Optional.empty();
        }
        if (!repack.isEmpty()) {
            Set<PackId> going = Set.copyOf(candidates);
            // What only archived packs have besides is copied, too: the verdict could not read it there.
            Copies known =
                    new Copies(index, listed::has, pack -> use.all().containsKey(pack) && !listed.isArchived(pack));
            Repacker repacker = new Repacker(
                    repository,
                    known,
                    pack -> use.all().containsKey(pack) && !going.contains(pack) && !listed.isArchived(pack));
            for (PackId left : notRepacked(repack, reachable, repacker)) {
                candidates.remove(left);
                totals.repackedPacks--;
            }
            totals.repackedBytes += repacker.writtenBytes();
            if (candidates.isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(putList(live, index, reachable, candidates));
    }

    /** What a backup under way has sent looks like garbage until it commits: condemned, it could not be gone on with where that is cut off. */
    private void spareWhatIsSent(List<PackId> dead, PackListing listed) {
        if (!options.sparesWhatIsSent() || dead.isEmpty()) {
            return;
        }
        YoungGarbage garbage = new YoungGarbage(repository.youngGarbage());
        List<SnapshotId> open = repository.sessions().ids();
        Set<PackId> spared = garbage.spare(dead, open);
        if (!spared.isEmpty() && !options.dryRun()) {
            // Those that have died meanwhile keep nothing.
            open = watch.await(open, options.waitForSessions());
            spared = garbage.spare(dead, open);
        }
        dead.removeAll(spared);
        if (!options.dryRun()) {
            garbage.keep();
        }
        if (!spared.isEmpty()) {
            totals.waitingFor.addAll(open);
            totals.condemnedPacks += spared.size();
            totals.condemnedBytes += spared.stream().mapToLong(listed::sizeOf).sum();
        }
    }

    /** Many small packs make a repository slow: where there are several of a kind, they are joined. */
    private void joinSmallPacks(
            List<Map.Entry<PackId, PackUse.Use>> packs, PackListing listed, List<PackId> repack, long[] budget) {
        for (PackKind kind : PackKind.values()) {
            int target = kind == PackKind.DATA
                    ? repository.config().dataPackBytes()
                    : repository.config().metaPackBytes();
            List<PackId> small = new ArrayList<>();
            long bytes = 0;
            for (Map.Entry<PackId, PackUse.Use> entry : packs) {
                if (entry.getKey().kind() == kind
                        && !entry.getValue().isDead()
                        && !repack.contains(entry.getKey())
                        && !listed.isArchived(entry.getKey())
                        && entry.getValue().sizeBytes < target * SMALL_PACK
                        && entry.getValue().chunks < PackPipeline.MAX_CHUNKS * SMALL_PACK
                        && budget[0] >= bytes + entry.getValue().sizeBytes
                        && !locked.isLocked(entry.getKey())) {
                    small.add(entry.getKey());
                    bytes += entry.getValue().sizeBytes;
                }
            }
            if (bytes >= target) {
                repack.addAll(small);
                budget[0] -= bytes;
            }
        }
    }

    /** Copies what lives in these packs; returns those that stay: the damaged ones, and on a full disk all. */
    private Collection<PackId> notRepacked(List<PackId> repack, ReachableChunks reachable, Repacker repacker) {
        try {
            repacker.run(repack, id -> reachable.isMarked(id.a(), id.b()));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.NO_SPACE) {
                throw e;
            }
            return repack;
        }
        written.addAll(repacker.written());
        damaged.addAll(repacker.damaged());
        return repacker.left();
    }

    private CondemnedList putList(
            List<Snapshot> live, Index index, ReachableChunks reachable, List<PackId> candidates) {
        List<Candidate> list = new ArrayList<>();
        for (List<PackId> batch :
                PackContents.batches(index, candidates.stream().sorted().toList())) {
            PackContents contents = PackContents.of(index, Set.copyOf(batch));
            for (PackId pack : batch) {
                BitSet marked = new BitSet();
                List<HalfId> chunks = contents.of(pack, repository);
                for (int i = 0; i < chunks.size(); i++) {
                    marked.set(
                            i,
                            reachable.isMarked(chunks.get(i).a(), chunks.get(i).b()));
                }
                list.add(new Candidate(pack, marked));
            }
        }
        List<SnapshotId> marked = live.stream().map(Snapshot::id).sorted().toList();
        CondemnedList condemned = new CondemnedList(
                SnapshotId.generate(
                        newestGeneration() + 1, repository.settings().random()),
                list,
                marked);
        markers.put(ObjectKind.CONDEMNED_LIST, condemned.name(), condemned.encode());
        return condemned;
    }

    /** Steps C4 to C9 for a list of this run or of an earlier one. */
    private void finish(CondemnedList list) {
        List<SnapshotId> waits = waitSet(list);
        List<SnapshotId> open = watch.await(waits, options.waitForSessions());
        if (!open.isEmpty()) {
            totals.waitingFor.addAll(open);
            PackListing listed = PackListing.of(repository.store());
            totals.condemnedPacks += list.candidates().size();
            totals.condemnedBytes +=
                    list.packs().stream().mapToLong(listed::sizeOf).sum();
            return;
        }
        Optional<Verdict> there = verdictOf(list);
        if (there.isPresent()) {
            execute(list, there.get(), packs -> judgedAnew(list, packs));
        } else {
            execute(list, verdict(list), packs -> packs);
        }
    }

    /** Step C4. The first wait set stays: otherwise new backups could hold a collection back for ever. */
    private List<SnapshotId> waitSet(CondemnedList list) {
        Optional<byte[]> there;
        try {
            there = markers.get(ObjectKind.WAIT_SET, list.waitsName());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return repository.sessions().ids(); // Those of it that have not ended are among these.
        }
        if (there.isEmpty()) {
            List<SnapshotId> sessions = repository.sessions().ids();
            markers.put(ObjectKind.WAIT_SET, list.waitsName(), CondemnedList.encodeWaits(sessions));
            there = markers.get(ObjectKind.WAIT_SET, list.waitsName());
            if (there.isEmpty()) {
                return sessions; // Another run is done with this list already; the look at C8 finds that.
            }
        }
        return CondemnedList.decodeWaits(list.waitsName(), there.get());
    }

    /** Steps C6 and C7. */
    private Verdict verdict(CondemnedList list) {
        Verdict own = judge.judge(list);
        if (markers.put(ObjectKind.VERDICT, list.verdictName(), own.encode()) == PutOutcome.STORED) {
            return own;
        }
        return verdictOf(list).orElseGet(() -> new Verdict(list.generation(), List.of(), List.of(), Optional.empty()));
    }

    private Optional<Verdict> verdictOf(CondemnedList list) {
        return markers.get(ObjectKind.VERDICT, list.verdictName())
                .map(body -> Verdict.decode(list.verdictName(), body));
    }

    /**
     * Which of these may go still: a lock may have kept them for years, and the copies on whose account they were to go may have gone bad meanwhile. Of a damaged
     * list only the verdict is known.
     */
    private Set<PackId> judgedAnew(CondemnedList list, Set<PackId> packs) {
        Set<PackId> deletable = new HashSet<>(packs);
        deletable.removeIf(locked::isLocked);
        boolean mayBeOld = repository.store().capabilities().locks();
        return mayBeOld && !deletable.isEmpty() && !list.candidates().isEmpty()
                ? judge.dispensable(deletable)
                : deletable;
    }

    /**
     * Steps C8 and C9.
     *
     * @param mayGo which of the packs that are left
     */
    private void execute(CondemnedList list, Verdict verdict, UnaryOperator<Set<PackId>> mayGo) {
        if (repository.store().stat(list.name()).isEmpty()) {
            return; // Another run has finished it; this one may have slept through a lot.
        }
        PackListing listed = PackListing.of(repository.store());
        Set<PackId> left = new HashSet<>(verdict.packs());
        left.retainAll(listed.packs());
        Set<PackId> going = mayGo.apply(left);
        Set<PackId> gone = new HashSet<>(verdict.packs());
        gone.removeIf(pack -> left.contains(pack) && !going.contains(pack));
        try {
            repository.indexes().removePacks(marking.wholeIndex(), pack -> !gone.contains(pack));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.NO_SPACE) {
                throw e;
            }
            // Entries of deleted packs only cost readers a detour; the next run drops them.
        }
        boolean allGone = going.size() == left.size();
        for (PackId pack : verdict.packs()) {
            if (left.contains(pack) && !going.contains(pack)) {
                boolean ignored = locked.contains(pack, listed.sizeOf(pack));
                continue;
            }
            switch (Deletes.unlessRefused(repository.store(), pack.name())) {
                case DELETED -> {
                    totals.deletedPacks++;
                    totals.freedBytes += listed.sizeOf(pack);
                }
                case WAS_GONE -> {}
                case REFUSED -> {
                    locked.wasRefused(pack, listed.sizeOf(pack));
                    allGone = false;
                }
            }
        }
        // A run that sleeps just here may send its deletes when the locks have ended: until they are gone, the list
        // keeps all from relying on these packs.
        if (allGone || list.candidates().isEmpty()) {
            Deletes.unlessRefused(repository.store(), list.name());
            Deletes.unlessRefused(repository.store(), list.waitsName());
        }
        removeLeftovers();
        repository.reloadIndex();
    }

    /** Wait sets and all verdicts but the newest go, when their lists are gone: a run may have died in between. So do lists of packs that are gone. */
    private void removeLeftovers() {
        GivenUpPacks.done(repository.store(), markers).forEach(name -> Deletes.unlessRefused(repository.store(), name));
        List<SnapshotId> waits = repository.snapshots().ids(CondemnedList.WAITS_PREFIX);
        List<SnapshotId> verdicts = repository.snapshots().ids(Verdict.PREFIX);
        // Last: a list is put before its wait set and its verdict.
        Set<SnapshotId> lists = new HashSet<>(repository.snapshots().ids(CondemnedList.PREFIX));
        for (SnapshotId id : waits) {
            if (!lists.contains(id)) {
                Deletes.unlessRefused(repository.store(), ObjectName.of(CondemnedList.WAITS_PREFIX + id.leaf()));
            }
        }
        for (SnapshotId id : verdicts.subList(0, Math.max(0, verdicts.size() - 1))) {
            if (!lists.contains(id)) {
                Deletes.unlessRefused(repository.store(), ObjectName.of(Verdict.PREFIX + id.leaf()));
            }
        }
    }

    private int newestGeneration() {
        int newest = 0;
        for (String prefix : List.of(CondemnedList.PREFIX, Verdict.PREFIX)) {
            for (SnapshotId id : repository.snapshots().ids(prefix)) {
                newest = Math.max(newest, id.generation());
            }
        }
        return newest;
    }
}
