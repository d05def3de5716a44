package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.NotYet;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.TocEntry;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.PageReferences;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A backup of a host (docs/server.md, rules D1 to D5): checks what it sends, and hands it to a session of the repository. What cannot be right ends it; what is durable by then
 * stays known. Safe for many threads: frames are decoded and checked beside each other, and added one after the other.
 */
final class HostSession {
    /** Streams that are checked at once; each takes some megabytes of memory. */
    private static final int STREAMS = 4;

    private final Repository repository;
    private final JobDesk desk;
    private final Key key;
    private final JobTerms terms;
    private final Duration patience;
    private final WriteSession session;
    private final Optional<Snapshot> parent;
    private final Grants grants;
    private final SentIds sentIds;
    private final FrameCheck check;
    private final Semaphore streams = new Semaphore(STREAMS, true);
    /** Guards the session, which takes one caller at a time. */
    private final Object adding = new Object();

    private final AtomicLong sentBytes = new AtomicLong();
    private final AtomicLong sentEncodedBytes = new AtomicLong();
    private volatile long fence;
    private volatile boolean ended;
    private @Nullable CompletableFuture<Void> flushing;
    private @Nullable CompletableFuture<CommitAnswer> committing;

    /**
     * What makes it the same backup.
     *
     * @param host the id in its certificate
     */
    record Key(String host, Bytes repositoryId, String job, List<Bytes> paths) {}

    /** @param patience nobody waits longer at a time */
    HostSession(
            Repository repository,
            JobDesk desk,
            Key key,
            JobTerms terms,
            long fence,
            int frameBytes,
            SentIds sentIds,
            Duration patience) {
        this.repository = repository;
        this.desk = desk;
        this.key = key;
        this.terms = terms;
        this.fence = fence;
        this.sentIds = sentIds;
        this.patience = patience;
        this.grants = new Grants(repository.settings().random(), patience);
        this.check = new FrameCheck(repository::newHasher);
        this.session = repository.beginSession(
                "backup of host " + terms.hostName(), frameBytes, terms.lockFor(), terms.dataClass());
        try {
            // Step W4: looked for when the session is there.
            this.parent = newestOfSource();
            sentIds.open(chunk -> {
                if (chunk.kind() == ChunkKind.CONTENT && session.contains(chunk.id())) {
                    boolean ignored = grants.add(chunk);
                }
            });
            grants.walk(repository, session, parent.flatMap(p -> p.manifest().root()));
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private Optional<Snapshot> newestOfSource() {
        return repository.snapshots().live().stream()
                .filter(s -> s.manifest().host().equals(terms.hostName())
                        && s.manifest().paths().equals(key.paths()))
                .reduce((older, newer) -> newer);
    }

    Key key() {
        return key;
    }

    long fence() {
        return fence;
    }

    /** Somebody goes on with it who has a newer word of the control server, or the same. */
    void takeOver(long newFence) {
        fence = newFence;
    }

    boolean isOpen() {
        return !ended;
    }

    /** Whether something is on its way: over a slow line one stream takes long. */
    boolean isReceiving() {
        return streams.availablePermits() < STREAMS;
    }

    /** @param token by which the host names the session */
    SessionAnswer answer(String token) {
        return new SessionAnswer(
                token,
                SessionAnswer.Naming.of(
                        repository.keyring().naming(), repository.config().chunker()),
                !grants.isEmpty(),
                session.takesDeltas() && parent.isPresent(),
                parent.map(SnapshotText::of));
    }

    /** Which of these the host may refer to without sending them. */
    BitSet known(List<ChunkName> chunks) {
        requireOpen();
        BitSet known = new BitSet(chunks.size());
        for (int i = 0; i < chunks.size(); i++) {
            known.set(i, grants.contains(chunks.get(i)));
        }
        return known;
    }

    /**
     * Takes a stream of frames.
     *
     * @throws IOException where the connection is lost; what came before stays
     */
    void frames(InputStream in) throws IOException {
        requireOpen();
        try {
            streams.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
        try {
            FrameStream.Reader reader = new FrameStream.Reader(in);
            for (Optional<FrameRecord> next = reader.next(); next.isPresent(); next = reader.next()) {
                take(next.get());
            }
        } catch (HoldfastException e) {
            throw ended(e);
        } finally {
            streams.release();
            if (ended) {
                closeCheck();
            }
        }
    }

    private HoldfastException ended(HoldfastException why) {
        if (why.code() != ErrorCode.INTERRUPTED) {
            try {
                end();
            } catch (HoldfastException e) {
                why.addSuppressed(e);
            }
        }
        return why;
    }

    private void take(FrameRecord frame) {
        if (frame.isLost()) {
            throw HoldfastException.damaged("a host sent a frame without content");
        }
        check.check(frame, decoded -> {
            checkReferences(frame, decoded);
            synchronized (adding) {
                requireOpen();
                add(frame, decoded);
            }
        });
        List<ChunkName> taken = new ArrayList<>(frame.chunks().size());
        for (FrameRecord.Chunk chunk : frame.chunks()) {
            if (grants.add(chunk.name())) {
                taken.add(chunk.name());
                sentBytes.addAndGet(chunk.lengthBytes());
            }
        }
        if (frame.chunks().getFirst().kind() == ChunkKind.CONTENT) {
            // Pages are few, and one that is durable may refer to what is not: they are sent again.
            sentIds.add(taken);
        }
        if (!taken.isEmpty()) {
            sentEncodedBytes.addAndGet(frame.encoded().length);
        }
    }

    /** Rule D3. A page may refer to one that comes before it in the same frame. */
    private void checkReferences(FrameRecord frame, FrameCodec.Decoded decoded) {
        Set<ChunkName> before = new HashSet<>();
        for (int i = 0; i < frame.chunks().size(); i++) {
            FrameRecord.Chunk chunk = frame.chunks().get(i);
            if (chunk.kind() == ChunkKind.CONTENT) {
                return; // All of its frame is content.
            }
            byte[] page = Arrays.copyOfRange(decoded.plain(), decoded.starts()[i], decoded.starts()[i + 1]);
            for (PageReferences.Reference reference : PageReferences.of(chunk.kind(), chunk.id(), page)) {
                ChunkName wanted = new ChunkName(reference.kind(), reference.id());
                if (!before.contains(wanted) && !grants.contains(wanted)) {
                    throw new HoldfastException(
                            ErrorCode.REFUSED,
                            "a page refers to chunk " + reference.id() + ", which this host has not sent",
                            "The backup has to be run again without what is remembered of the last one.");
                }
            }
            before.add(chunk.name());
        }
    }

    private void add(FrameRecord frame, FrameCodec.Decoded decoded) {
        List<ChunkId> older = frame.older().stream()
                .filter(id -> grants.contains(new ChunkName(ChunkKind.CONTENT, id)))
                .toList();
        if (!older.isEmpty()) {
            FrameRecord.Chunk chunk = frame.chunks().getFirst();
            boolean ignored = session.add(chunk.kind(), chunk.id(), decoded.plain(), 0, chunk.lengthBytes(), older);
            return;
        }
        List<TocEntry> chunks = new ArrayList<>(frame.chunks().size());
        for (int i = 0; i < frame.chunks().size(); i++) {
            FrameRecord.Chunk chunk = frame.chunks().get(i);
            chunks.add(new TocEntry(chunk.id(), chunk.kind(), 0, i, chunk.lengthBytes()));
        }
        long ignored = session.add(new WriteSession.ReadyFrame(frame.encoded(), chunks, decoded));
    }

    /**
     * Makes all that was sent durable.
     *
     * @throws NotYet where that takes longer than anybody waits at a time
     */
    void flush() {
        CompletableFuture<Void> done;
        synchronized (this) {
            requireOpen();
            done = flushing;
            if (done == null || done.isDone()) {
                done = inBackground("flush", () -> {
                    synchronized (adding) {
                        requireOpen();
                        session.flush();
                    }
                    sentIds.flush();
                    return null;
                });
                flushing = done;
            }
        }
        try {
            Void ignored = await(done);
        } catch (HoldfastException e) {
            throw ended(e);
        }
    }

    /**
     * Makes the snapshot (rule D5). Who asks again gets the same answer.
     *
     * @throws NotYet where that takes longer than anybody waits at a time
     */
    CommitAnswer commit(CommitRequest request) {
        try {
            return await(committing(request));
        } catch (HoldfastException e) {
            throw ended(e);
        }
    }

    private synchronized CompletableFuture<CommitAnswer> committing(CommitRequest request) {
        CompletableFuture<CommitAnswer> done = committing;
        if (done == null || done.isCompletedExceptionally()) {
            requireOpen();
            Manifest manifest = manifest(request.decoded());
            done = inBackground("commit", () -> commit(manifest));
            committing = done;
        }
        return done;
    }

    private CommitAnswer commit(Manifest manifest) {
        synchronized (adding) {
            requireOpen();
            session.flush();
            JobTerms now = desk.confirm(key.host(), key.job(), fence);
            if (!now.hostName().equals(terms.hostName()) || !now.sources().contains(key.paths())) {
                throw new HoldfastException(ErrorCode.FENCED, "job " + key.job() + " is about something else by now");
            }
            session.commit(manifest);
            ended = true;
        }
        close();
        sentIds.delete();
        JobDesk.Taken taken = new JobDesk.Taken(sentBytes.get(), session.addedBytes(), session.storedBytes());
        afterwards(() -> {
            if (repository.snapshots().occupant(session.id()) instanceof Snapshots.Occupant.Present present) {
                desk.committed(key.host(), key.job(), present.snapshot(), taken);
            }
        });
        afterwards(repository::tidyIndex);
        return new CommitAnswer(session.id().leaf());
    }

    /** The snapshot is made: what goes wrong now is made good by others. */
    private static void afterwards(Runnable work) {
        try {
            work.run();
        } catch (HoldfastException e) {
            // The catalog is filled from the repository, and indexes are tidied after each backup.
        }
    }

    private Manifest manifest(Manifest said) {
        PageRef root = said.root()
                .orElseThrow(() -> HoldfastException.usage("a snapshot without a root", "Send the page of its root."));
        if (!grants.contains(new ChunkName(ChunkKind.TREE_PAGE, root.id()))) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "the root " + root.id() + " is a page that this host has not sent");
        }
        SnapshotStatistics told = said.statistics();
        // Rule D4: what the host sent, whoever had it.
        SnapshotStatistics statistics = new SnapshotStatistics(
                told.files(),
                told.directories(),
                told.others(),
                told.bytes(),
                sentBytes.get(),
                sentEncodedBytes.get(),
                told.newFiles(),
                told.changedFiles(),
                told.unchangedFiles(),
                told.unreadable());
        return new Manifest(
                said.started(),
                said.ended(),
                terms.hostName(),
                key.paths(),
                said.tags(),
                Optional.of(root),
                statistics,
                parent.map(Snapshot::id),
                said.program(),
                said.users(),
                said.groups(),
                parent.map(p -> List.of(p.hash())).orElse(List.of()),
                repository.newestVerdictHash(),
                said.user());
    }

    /** Ends it without a snapshot, where it has not ended; what is durable need not be sent again. */
    void end() {
        synchronized (adding) {
            if (ended) {
                return;
            }
            ended = true;
            try {
                session.close();
            } finally {
                close();
            }
        }
    }

    private void close() {
        grants.close();
        sentIds.close();
        closeCheck();
    }

    /** Where somebody is at it, he does when he is done. */
    private void closeCheck() {
        if (streams.tryAcquire(STREAMS)) {
            check.close();
            streams.release(STREAMS);
        }
    }

    private void requireOpen() {
        if (ended) {
            throw HoldfastException.notFound("the session of job " + key.job() + " is over");
        }
    }

    private static <T> CompletableFuture<T> inBackground(String what, Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread ignored = Thread.ofPlatform().daemon().name("holdfast-" + what).start(() -> {
            try {
                done.complete(work.get());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private <T> T await(CompletableFuture<T> done) {
        try {
            return done.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NotYet("what was sent is being made durable");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HoldfastException known) {
                throw new HoldfastException(
                        known.code(),
                        String.valueOf(known.getMessage()),
                        known.hint().orElse(null),
                        known);
            }
            throw new HoldfastException(ErrorCode.FAILED, "writing failed: " + e.getCause(), null, e);
        }
    }
}
