package io.holdfast.repository.session;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.BaseChunks;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.SessionIndex;
import io.holdfast.repository.pack.BaseSource;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.repository.tree.PageRef;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A writer at work, from registration to commit (steps W1 to W7). While it is open, nothing that it may reference is deleted,
 * unless somebody fences it; then {@link #commit} says so.
 *
 * <p>{@link #store} and {@link #add} are for one thread; {@link #contains} for any. {@link #close} without a commit gives up: a
 * tombstone first, then the session object goes.
 */
public final class WriteSession implements BackupSession {
    private final SessionEnvironment environment;
    private final SnapshotId id;
    private final Heartbeat heartbeat;
    private final Index index;
    private final SessionIndex known;
    private volatile boolean metadataDistrusted;
    private final Optional<DeltaBases> deltaBases;
    private final long baseBytesBefore;
    private final PackPipeline pipeline;
    private final ChunkHasher hasher;
    private final AtomicLong addedBytes = new AtomicLong();
    private final AtomicLong storedBytes = new AtomicLong();
    private final Set<PackId> own = ConcurrentHashMap.newKeySet();
    private boolean ended;

    private WriteSession(
            SessionEnvironment environment,
            SnapshotId id,
            Heartbeat heartbeat,
            CondemnedPacks condemned,
            Set<PackId> distrusted) {
        this.environment = environment;
        this.id = id;
        this.heartbeat = heartbeat;
        // W3: the index first or last does not matter, it is a hint; the listing comes after the condemned lists.
        this.index = environment.indexes().load();
        PackListing listed = PackListing.of(environment.store());
        Set<PackId> usable = new HashSet<>(listed.packs());
        usable.removeAll(condemned.packs());
        usable.removeAll(distrusted);
        if (environment.keyring().isWriteOnly()) {
            // Others read that in the index.
            usable.removeAll(GivenUpPacks.readAll(environment.store(), environment.markers()));
        }
        this.known = new SessionIndex(environment.indexes(), index.usable(usable::contains), environment.waits());
        if (environment.keyring().isWriteOnly() && environment.lock().isPresent()) {
            known.rememberUse();
        }
        this.deltaBases = environment.bases().map(source -> new DeltaBases(known, index, listed::isArchived));
        this.baseBytesBefore = environment.bases().map(BaseChunks::bytesRead).orElse(0L);
        this.hasher = new ChunkHasher(environment.keyring().idKey());
        this.pipeline = new PackPipeline(
                environment.store(),
                environment.keyring(),
                environment.sealer(),
                environment.bases().<BaseSource>map(source -> source).orElse(BaseSource.NONE),
                environment.packSizes(),
                lockUntil(environment),
                environment.threads(),
                this::stored,
                environment.waits());
    }

    /** Registers a session and finds out what it may reference. */
    public static WriteSession begin(SessionEnvironment environment, String purpose) {
        return begin(environment, purpose, Set.of());
    }

    /** @param distrusted packs that count as if they were not there: what they hold is taken anew */
    public static WriteSession begin(SessionEnvironment environment, String purpose, Set<PackId> distrusted) {
        while (true) {
            int generation = newestGeneration(environment);
            SnapshotId id = SnapshotId.generate(generation, environment.random());
            HostIdentity self = environment.self();
            try {
                environment
                        .sessions()
                        .register(new SessionRecord(
                                id,
                                self.host(),
                                self.processId(),
                                self.bootId(),
                                self.processStart(),
                                environment.now(),
                                self.user(),
                                purpose));
                requireSingleWriter(environment, id);
                CondemnedPacks condemned = CondemnedPacks.readAll(environment.store(), environment.markers());
                if (condemned.newestGeneration() <= generation) {
                    return begun(environment, id, condemned, distrusted);
                }
            } catch (RuntimeException e) {
                // Also where registering failed: only its answer may have been lost.
                try {
                    giveUp(environment, id);
                } catch (RuntimeException further) {
                    e.addSuppressed(further);
                }
                throw e;
            }
            giveUp(environment, id);
        }
    }

    /** From now on it beats, also while the index is loaded. */
    private static WriteSession begun(
            SessionEnvironment environment, SnapshotId id, CondemnedPacks condemned, Set<PackId> distrusted) {
        Heartbeat heartbeat = new Heartbeat(environment.store(), id);
        try {
            return new WriteSession(environment, id, heartbeat, condemned, distrusted);
        } catch (RuntimeException e) {
            heartbeat.close();
            throw e;
        }
    }

    /**
     * Where of two puts both may win, only one writer may be at work. Each registers first and looks then, so that of two who come at once one
     * sees the other, if not both.
     */
    private static void requireSingleWriter(SessionEnvironment environment, SnapshotId own) {
        if (environment.store().capabilities().putIfAbsent()) {
            return;
        }
        for (SessionRecord other : environment.sessions().open()) {
            if (other.id().equals(own)) {
                continue;
            }
            if (environment.self().isGone(other)) {
                // Its process is dead; what it put last may arrive yet, and then its snapshot counts, whose packs
                // nobody can have collected.
                giveUp(environment, other.id());
                continue;
            }
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    environment.store().describe()
                            + " does not keep two writers apart (it ignores If-None-Match), and session "
                            + other.id().shortText() + " of " + other.host() + " is open",
                    "Wait until it has ended; if it is dead: holdfast session fence "
                            + other.id().shortText());
        }
    }

    /** The id of this session, and of the snapshot if it commits. */
    @Override
    public SnapshotId id() {
        return id;
    }

    /** The index as it was when the session began. */
    public Index index() {
        return index;
    }

    /** Whether the chunk may be referenced without being sent. */
    @Override
    public boolean contains(ChunkId chunk) {
        return known.contains(chunk);
    }

    /**
     * Metadata that was there before turned out to be damaged, and how much of it is not known: from now on all is stored anew. For any
     * thread.
     */
    @Override
    public void distrustMetadata() {
        metadataDistrusted = true;
    }

    /** Adds a chunk whose id the caller has computed, unless it is there; copies it. True where it was new. */
    public boolean add(ChunkKind kind, ChunkId chunk, byte[] content, int offset, int length) {
        if (!claim(kind, chunk)) {
            return false;
        }
        pipeline.add(kind, chunk, content, offset, length);
        addedBytes.addAndGet(length);
        return true;
    }

    /**
     * The same for content of which an older version may be there.
     *
     * @param older the chunks of the older version that are likely to be like it; where it is worth it, what differs from them is stored
     */
    @Override
    public boolean add(ChunkKind kind, ChunkId chunk, byte[] content, int offset, int length, List<ChunkId> older) {
        if (older.isEmpty() || deltaBases.isEmpty() || kind.packKind() != PackKind.DATA) {
            return add(kind, chunk, content, offset, length);
        }
        if (!known.claim(chunk)) {
            return false;
        }
        List<ChunkId> bases = deltaBases.get().choose(older, length);
        if (bases.isEmpty()) {
            pipeline.add(kind, chunk, content, offset, length);
        } else {
            pipeline.add(kind, chunk, content, offset, length, bases);
        }
        addedBytes.addAndGet(length);
        return true;
    }

    /** A frame that somebody else encoded, and what is in it.
     *
     * @param encoded as section 8 has it, never a delta; every chunk in it was checked against its id
     * @param chunks all that is in it, in order, of one kind of pack
     */
    public record ReadyFrame(byte[] encoded, List<TocEntry> chunks, FrameCodec.Decoded decoded) {}

    /**
     * Adds the chunks of a frame that are not there; where none is, the frame goes into a pack as it is. For one thread, as {@link #add}.
     *
     * @return new chunks, before compression
     */
    public long add(ReadyFrame frame) {
        List<TocEntry> chunks = frame.chunks();
        BitSet claimed = new BitSet(chunks.size());
        long bytes = 0;
        for (int i = 0; i < chunks.size(); i++) {
            TocEntry chunk = chunks.get(i);
            if (claim(chunk.kind(), chunk.id())) {
                claimed.set(i);
                bytes += chunk.lengthBytes();
            }
        }
        if (claimed.cardinality() == chunks.size()) {
            pipeline.addEncoded(frame.encoded(), chunks);
        } else {
            byte[] plain = frame.decoded().plain();
            for (int i = claimed.nextSetBit(0); i >= 0; i = claimed.nextSetBit(i + 1)) {
                TocEntry chunk = chunks.get(i);
                pipeline.add(chunk.kind(), chunk.id(), plain, frame.decoded().starts()[i], chunk.lengthBytes());
            }
        }
        addedBytes.addAndGet(bytes);
        return bytes;
    }

    private boolean claim(ChunkKind kind, ChunkId chunk) {
        boolean anew = metadataDistrusted && kind.packKind() == PackKind.META;
        return anew ? known.claimAnew(chunk) : known.claim(chunk);
    }

    /** Whether it makes a difference which chunks a new one is like. */
    @Override
    public boolean takesDeltas() {
        return deltaBases.isPresent();
    }

    /** What was saved so far by storing what differs from older versions. */
    @Override
    public PackPipeline.DeltaCount deltas() {
        return pipeline.deltas();
    }

    /** What was read from the store so far to build deltas on. */
    @Override
    public long baseBytesRead() {
        return environment.bases().map(BaseChunks::bytesRead).orElse(0L) - baseBytesBefore;
    }

    @Override
    public ChunkId store(ChunkKind kind, byte[] content, int offset, int length) {
        ChunkId chunk = hasher.id(content, offset, length);
        add(kind, chunk, content, offset, length);
        return chunk;
    }

    /** New chunks so far, before compression. */
    @Override
    public long addedBytes() {
        return addedBytes.get();
    }

    /** Packs stored so far. */
    @Override
    public long storedBytes() {
        return storedBytes.get();
    }

    /** Step W5: everything added is durable and indexed when this returns. */
    @Override
    public void flush() {
        pipeline.flush();
        known.publish();
    }

    /**
     * Steps W6 and W7, and L3 and L4 of a session with a lock. To be called after {@link #flush}.
     *
     * @throws HoldfastException {@code FENCED} where another process ended this session
     */
    @Override
    public void commit(Manifest manifest) {
        environment
                .lock()
                .ifPresent(lock -> manifest.root().ifPresent(root -> lockReached(lock, root, manifest.parent())));
        Snapshots.CommitOutcome outcome =
                environment.snapshots().commit(id, manifest.lockedUntil(lockUntil(environment)));
        if (outcome == Snapshots.CommitOutcome.FENCED) {
            throw fenced();
        }
        ended = true;
        shutDown();
        environment.sessions().remove(id);
    }

    private void lockReached(SessionLock lock, PageRef root, Optional<SnapshotId> parent) {
        try {
            lock.extension().lock(root, parent.flatMap(this::liveParent), lock.until(), known.used(), own::contains);
        } catch (HoldfastException e) {
            // Of a session that has been ended a collection may have deleted what it sent, and nothing is damaged.
            if (e.code() == ErrorCode.DAMAGED && environment.snapshots().isFenced(id)) {
                throw fenced();
            }
            throw e;
        }
    }

    private HoldfastException fenced() {
        return new HoldfastException(
                ErrorCode.FENCED,
                "another process ended session " + id.shortText() + " while it was at work; no snapshot was made",
                "Run the backup again; what was sent is not sent twice.");
    }

    /** The date until which the snapshot will be locked; {@link Instant#EPOCH} where it will not. */
    public Instant lockedUntil() {
        return lockUntil(environment);
    }

    private static Instant lockUntil(SessionEnvironment environment) {
        return environment.lock().map(SessionLock::until).orElse(Instant.EPOCH);
    }

    /** Gives up where there was no commit. */
    @Override
    public void close() {
        if (ended) {
            return;
        }
        ended = true;
        shutDown();
        // A caller that was interrupted still leaves in order: the store would refuse an interrupted thread.
        boolean interrupted = Thread.interrupted();
        try {
            keepWhatWasSent();
            giveUp(environment, id);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What is durable need not be sent again by whoever tries next; until then it is garbage, which a collection may take. */
    private void keepWhatWasSent() {
        try {
            known.publish();
        } catch (HoldfastException e) {
            // Where the store is full or away, the next one sends it again.
        }
    }

    private void shutDown() {
        heartbeat.close();
        pipeline.close();
    }

    private void stored(StoredPack pack) {
        storedBytes.addAndGet(pack.sizeBytes());
        own.add(pack.id());
        known.stored(pack);
    }

    private static void giveUp(SessionEnvironment environment, SnapshotId id) {
        environment.snapshots().fence(id);
        environment.sessions().remove(id);
    }

    private static int newestGeneration(SessionEnvironment environment) {
        int[] newest = new int[1];
        for (String prefix : new String[] {CondemnedList.PREFIX, Verdict.PREFIX}) {
            environment
                    .store()
                    .list(
                            prefix,
                            object -> SnapshotId.find(object.name().leaf())
                                    .ifPresent(id -> newest[0] = Math.max(newest[0], id.generation())));
        }
        return newest[0];
    }

    @Override
    public Optional<Snapshot> parent(Optional<SnapshotId> wanted) {
        return wanted.flatMap(this::liveParent);
    }

    /** Whatever it says is there is asked for, chunk by chunk. */
    @Override
    public boolean mayBuildOn(PageRef keptRoot) {
        return true;
    }

    /** The snapshot at this id, where it is live now (step W4). */
    public Optional<Snapshot> liveParent(SnapshotId parent) {
        return environment.snapshots().isLive(parent)
                        && environment.snapshots().occupant(parent) instanceof Snapshots.Occupant.Present present
                ? Optional.of(present.snapshot())
                : Optional.empty();
    }
}
