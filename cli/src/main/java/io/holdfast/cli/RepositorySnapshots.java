package io.holdfast.cli;

import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.sources.restore.RepositorySource;
import io.holdfast.sources.restore.RestoreSource;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The snapshots of a repository that this command has opened. */
final class RepositorySnapshots implements SnapshotAccess {
    private final RepositoryAccess.Opened opened;
    private @Nullable Protection protection;
    private @Nullable ChunkSource chunks;

    RepositorySnapshots(RepositoryAccess.Opened opened) {
        this.opened = opened;
    }

    @Override
    public SnapshotListing list() {
        return opened.repository().snapshots().list();
    }

    @Override
    public List<Snapshot> live() {
        return opened.repository().snapshots().live();
    }

    @Override
    public ChunkSource chunks(Snapshot snapshot) {
        ChunkSource known = chunks;
        if (known == null) {
            known = opened.repository().newChunkReader();
            chunks = known;
        }
        return known;
    }

    @Override
    public void warnOfRollback(RootCommand root) {
        opened.warnOfRollback(root);
    }

    private Protection protection() {
        Protection known = protection;
        if (known == null) {
            known = Protection.of(opened.repository());
            protection = known;
        }
        return known;
    }

    @Override
    public Instant lockedUntil(Snapshot snapshot) {
        return protection().lockedUntil(snapshot);
    }

    @Override
    public boolean isHeld(Snapshot snapshot) {
        return protection().isHeld(snapshot.id());
    }

    @Override
    public List<String> reasons(Snapshot snapshot) {
        return protection().reasons(snapshot);
    }

    @Override
    public RestoreSource source(Snapshot snapshot) {
        return new RepositorySource(opened.repository());
    }

    @Override
    public Optional<RepositoryAccess.Opened> repository() {
        return Optional.of(opened);
    }

    @Override
    public void close() {
        opened.close();
    }
}
