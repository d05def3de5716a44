package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.crypto.NamingKeys;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.KeptTree;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A repository behind a media server, for one backup: how chunks are cut and named is known when its session has begun. On its own disk the host keeps the tree of
 * each source, so that nothing of the snapshot before has to be read over the network. Thread-safe.
 */
final class MediaTarget implements BackupTarget, AutoCloseable {
    private final MediaCalls calls;
    private final MediaJob job;
    private final RepositorySettings settings;
    private final boolean buildsOnParent;
    private final Duration signs;
    private @Nullable ScheduledExecutorService living;
    private @Nullable SessionAnswer begun;
    private @Nullable SnapshotReading reading;

    /** @param signs how often it says that it is there, also while there is nothing to send: holes, what is known, a program that thinks */
    MediaTarget(MediaCalls calls, MediaJob job, RepositorySettings settings, boolean buildsOnParent, Duration signs) {
        this.signs = signs;
        this.calls = calls;
        this.job = job;
        this.settings = settings;
        this.buildsOnParent = buildsOnParent;
    }

    private synchronized SessionAnswer begun() {
        SessionAnswer answer = begun;
        if (answer == null) {
            throw new IllegalStateException("no session has begun");
        }
        return answer;
    }

    @Override
    public RepositorySettings settings() {
        return settings;
    }

    @Override
    public Chunker chunker() {
        return begun().naming().chunker();
    }

    @Override
    public ChunkHasher newHasher() {
        return new ChunkHasher(begun().naming().keys().idKey());
    }

    @Override
    public BackupSession beginSession(String purpose) {
        return beginSession(purpose, FrameCodec.GROUP_BYTES);
    }

    @Override
    public synchronized BackupSession beginSession(String purpose, int frameBytes) {
        SessionAnswer answer = calls.begin(SessionRequest.of(job.id(), job.fence(), job.paths(), frameBytes));
        begun = answer;
        if (living == null) {
            ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("holdfast-alive").factory());
            var ignored = timer.scheduleWithFixedDelay(
                    this::sayThatItIsThere, signs.toMillis(), signs.toMillis(), TimeUnit.MILLISECONDS);
            living = timer;
        }
        return new MediaSession(calls, answer, frameBytes, settings, buildsOnParent);
    }

    /** Reads the parent through the media server; where there is none, nobody reads. */
    @Override
    public ChunkSource newChunkReader() {
        return id -> reading().read(id);
    }

    private synchronized SnapshotReading reading() {
        SnapshotReading known = reading;
        if (known == null) {
            SnapshotText parent = begun().parent().orElseThrow(() -> new IllegalStateException("there is no parent"));
            known = SnapshotReading.begin(calls, job, parent.id());
            reading = known;
        }
        return known;
    }

    @Override
    public Optional<KeptTree.Home> ownTrees() {
        NamingKeys keys = begun().naming().keys();
        return Optional.of(new KeptTree.Home(
                settings.cacheRoot().resolve(keys.repositoryId().toHex()).resolve("trees"), keys::keptTreeKey));
    }

    /** The media server knows it. */
    @Override
    public Optional<Bytes> newestVerdictHash() {
        return Optional.empty();
    }

    /** The media server does. */
    @Override
    public void tidyIndex() {}

    private void sayThatItIsThere() {
        SessionAnswer answer;
        SnapshotReading parent;
        synchronized (this) {
            answer = begun();
            parent = reading;
        }
        try {
            var ignored = calls.known(answer.session(), List.of());
            if (parent != null) {
                parent.read(List.of(), (kind, id, plain, start, length) -> {});
            }
        } catch (HoldfastException e) {
            // Whoever has something to send will hear what is wrong.
        }
    }

    @Override
    public synchronized void close() {
        if (living != null) {
            living.shutdownNow();
        }
        SnapshotReading known = reading;
        if (known != null) {
            known.close();
        }
    }
}
