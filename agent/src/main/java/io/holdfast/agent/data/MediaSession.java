package io.holdfast.agent.data;

import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.ChunkSet;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackPipeline.DeltaCount;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.PageRef;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A backup whose session is at a media server. What the parent's tree reaches is taken for granted, without asking: where the media server sees that differently,
 * which happens after damage, it refuses the page that refers to it, and the backup is run again without a parent.
 */
final class MediaSession implements BackupSession {
    private final MediaCalls calls;
    private final SessionAnswer answer;
    private final Optional<Snapshot> parent;
    private final ChunkSet sent;
    private final ChunkHasher hasher;
    private final FrameSender sender;
    private volatile boolean parentIsDamaged;
    private @Nullable SnapshotId committed;

    /** @param buildsOnParent else everything is read, and only not sent where the media server says so */
    MediaSession(
            MediaCalls calls,
            SessionAnswer answer,
            int frameBytes,
            RepositorySettings settings,
            boolean buildsOnParent) {
        this.calls = calls;
        this.answer = answer;
        this.parent = answer.parent().filter(p -> buildsOnParent).map(SnapshotText::snapshot);
        this.sent = new ChunkSet(settings.random());
        this.hasher = new ChunkHasher(answer.naming().keys().idKey());
        this.sender = new FrameSender(calls, answer.session(), answer.asks(), frameBytes, settings.threads());
    }

    @Override
    public Optional<Snapshot> parent(Optional<SnapshotId> wanted) {
        return parent;
    }

    @Override
    public boolean mayBuildOn(PageRef keptRoot) {
        return parent.flatMap(p -> p.manifest().root()).filter(keptRoot::equals).isPresent();
    }

    @Override
    public boolean contains(ChunkId id) {
        return !parentIsDamaged;
    }

    @Override
    public void distrustMetadata() {
        parentIsDamaged = true;
    }

    @Override
    public boolean add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older) {
        if (!sent.add(new ChunkName(kind, id))) {
            return false;
        }
        sender.add(kind, id, content, offset, length, kind == ChunkKind.CONTENT ? older : List.of());
        return true;
    }

    @Override
    public boolean takesDeltas() {
        return answer.deltas() && parent.isPresent();
    }

    @Override
    public ChunkId store(ChunkKind kind, byte[] content, int offset, int length) {
        ChunkId id = hasher.id(content, offset, length);
        boolean ignored = add(kind, id, content, offset, length, List.of());
        return id;
    }

    /** What was sent. */
    @Override
    public long addedBytes() {
        return sender.sentBytes();
    }

    /** The same, compressed. */
    @Override
    public long storedBytes() {
        return sender.encodedBytes();
    }

    /** What becomes of what was sent is no business of a host (rule D4). */
    @Override
    public DeltaCount deltas() {
        return new DeltaCount(0, 0, 0);
    }

    @Override
    public long baseBytesRead() {
        return 0;
    }

    @Override
    public void flush() {
        sender.flush();
        calls.flush(answer.session());
    }

    @Override
    public void commit(Manifest manifest) {
        committed = SnapshotId.parse(
                calls.commit(answer.session(), CommitRequest.of(manifest)).snapshot());
    }

    @Override
    public SnapshotId id() {
        SnapshotId id = committed;
        if (id == null) {
            throw new IllegalStateException("there is no snapshot yet");
        }
        return id;
    }

    @Override
    public void close() {
        sender.close();
        if (committed != null) {
            return;
        }
        // A caller that was interrupted still leaves in order.
        boolean interrupted = Thread.interrupted();
        try {
            calls.giveUp(answer.session());
        } catch (HoldfastException e) {
            // It is over there already, or ends by itself.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
