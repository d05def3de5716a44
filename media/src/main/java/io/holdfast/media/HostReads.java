package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** The snapshots that hosts are reading here. Thread-safe. */
public final class HostReads implements AutoCloseable {
    private static final int MOST_OF_A_HOST = 16;
    private static final int TOKEN_BYTES = 16;
    private static final Duration IDLE = Duration.ofMinutes(15);

    private final JobDesk desk;
    private final Function<Bytes, Optional<Repository>> repositories;
    private final SecureRandom random;
    private final MonotonicClock waits;
    private final Map<String, Open> byToken = new ConcurrentHashMap<>();

    private static final class Open {
        private final String host;
        private final HostRead read;
        private volatile long usedAtNanos;

        Open(String host, HostRead read, long now) {
            this.host = host;
            this.read = read;
            this.usedAtNanos = now;
        }
    }

    /** @param repositories those that are open here, by id */
    public HostReads(
            JobDesk desk,
            Function<Bytes, Optional<Repository>> repositories,
            SecureRandom random,
            MonotonicClock waits) {
        this.desk = desk;
        this.repositories = repositories;
        this.random = random;
        this.waits = waits;
    }

    /**
     * Begins to read a snapshot (rule D6).
     *
     * @param host the id in its certificate
     * @throws HoldfastException {@code NOT_FOUND} where there is none, or none that the job may read: which of the two is nobody's business
     */
    ReadAnswer begin(String host, ReadRequest request) {
        expire();
        JobTerms terms = desk.confirm(host, request.job(), request.fence());
        Repository repository = repositories
                .apply(terms.repositoryId())
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.NO_REPOSITORY,
                        "repository " + terms.repositoryId() + " is not open at this media server"));
        Snapshot snapshot = SnapshotId.find(request.snapshot())
                .flatMap(id -> live(repository, id))
                .filter(found -> found.manifest().host().equals(terms.hostName())
                        || terms.restores().contains(found.id()))
                .orElseThrow(() -> HoldfastException.notFound(
                        "there is no snapshot " + request.snapshot() + " that this job may read"));
        return begin(host, repository, snapshot);
    }

    /**
     * Begins to read a snapshot for somebody who may; who that is, others have found out.
     *
     * @param owner whose it is: nobody else can use it
     */
    public ReadAnswer begin(String owner, Repository repository, Snapshot snapshot) {
        expire();
        long open = byToken.values().stream()
                .filter(each -> each.host.equals(owner))
                .count();
        if (open >= MOST_OF_A_HOST) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, open + " snapshots are being read in this name", "Wait for one.");
        }
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        String name = HexFormat.of().formatHex(token);
        byToken.put(name, new Open(owner, new HostRead(repository, snapshot, random), waits.nanoTime()));
        return new ReadAnswer(
                name,
                SessionAnswer.Naming.of(
                        repository.keyring().naming(), repository.config().chunker()),
                SnapshotText.of(snapshot));
    }

    /**
     * Writes chunks in order, as a frame stream.
     *
     * @param withContent else only metadata may be asked for
     * @param target is asked for when it is known that they may be read; closed
     */
    public void serve(
            String owner, String read, List<ChunkId> chunks, boolean withContent, Supplier<OutputStream> target)
            throws IOException {
        HostRead open = find(owner, read);
        List<ChunkName> names = open.named(chunks);
        if (!withContent && names.stream().anyMatch(name -> name.kind() == ChunkKind.CONTENT)) {
            throw new HoldfastException(ErrorCode.DENIED, "the content of files takes the right to restore");
        }
        OutputStream out = target.get();
        open.serve(names, out);
        // Where that fails it stays open: an answer that ended in order would look like one that is whole.
        out.close();
    }

    private static Optional<Snapshot> live(Repository repository, SnapshotId id) {
        return repository.snapshots().isLive(id)
                        && repository.snapshots().occupant(id) instanceof Snapshots.Occupant.Present present
                ? Optional.of(present.snapshot())
                : Optional.empty();
    }

    /** What this host reads under that name. */
    HostRead find(String host, String token) {
        Open open = byToken.get(token);
        if (open == null || !open.host.equals(host)) {
            throw HoldfastException.notFound("nothing is being read under this name any more");
        }
        open.usedAtNanos = waits.nanoTime();
        return open.read;
    }

    /** Ends it; nothing happens where it has ended. */
    public void end(String host, String token) {
        Open open = byToken.get(token);
        if (open != null && open.host.equals(host)) {
            byToken.remove(token);
            open.read.close();
        }
    }

    private void expire() {
        long now = waits.nanoTime();
        byToken.values().removeIf(open -> {
            boolean isIdle = now - open.usedAtNanos >= IDLE.toNanos();
            if (isIdle) {
                open.read.close();
            }
            return isIdle;
        });
    }

    @Override
    public void close() {
        new ArrayList<>(byToken.values()).forEach(open -> open.read.close());
        byToken.clear();
    }
}
