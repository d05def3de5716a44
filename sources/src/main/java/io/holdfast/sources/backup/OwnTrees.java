package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.session.ChunkTarget;
import io.holdfast.repository.tree.KeptTree;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a host keeps of its own backups, in the place of a parent snapshot, which it could not read, or only over the network. For hosts that have the repository
 * open it is nothing.
 */
final class OwnTrees implements AutoCloseable {
    private final Optional<KeptTree> before;
    private final Optional<KeptTree.Keeper> keeper;

    private OwnTrees(Optional<KeptTree> before, Optional<KeptTree.Keeper> keeper) {
        this.before = before;
        this.keeper = keeper;
    }

    static OwnTrees of(BackupTarget target, BackupSession session, BackupRequest request) {
        Optional<KeptTree.Home> home = target.ownTrees();
        if (home.isEmpty()) {
            return new OwnTrees(Optional.empty(), Optional.empty());
        }
        Path directory = home.get().directory();
        KeptTree.Keys keys = home.get().keys();
        String name = name(target, request);
        Optional<KeptTree> before =
                request.readsAll() ? Optional.empty() : KeptTree.open(directory.resolve(name), keys);
        if (before.isPresent() && !session.mayBuildOn(before.get().root())) {
            before.get().close();
            before = Optional.empty();
        }
        KeptTree.Keeper keeper =
                new KeptTree.Keeper(directory, name, keys, target.settings().random());
        return new OwnTrees(before, Optional.of(keeper));
    }

    /** One for each source, as snapshots of one source follow each other. */
    private static String name(BackupTarget target, BackupRequest request) {
        List<Bytes> paths = request.paths().stream().sorted().toList();
        CborWriter source = new CborWriter();
        source.array(1 + paths.size()).text(request.host());
        paths.forEach(path -> source.bytes(path.unsafeArray()));
        return target.newHasher().id(source.unsafeArray(), 0, source.length()).toString();
    }

    /** Chunk lists of unchanged files are not written again, only read: they are kept as they are. */
    Optional<FileBackup.Before> before() {
        return before.map(tree -> new FileBackup.Before(
                tree,
                id -> {
                    byte[] page = tree.read(id);
                    keeper.ifPresent(kept -> kept.keep(id, page, 0, page.length));
                    return page;
                },
                Optional.of(tree.root()),
                tree.started()));
    }

    /** The same target, whose metadata is kept. */
    ChunkTarget keeping(ChunkTarget target) {
        return keeper.<ChunkTarget>map(kept -> new Keeping(target, kept)).orElse(target);
    }

    /** The snapshot is made. */
    void finish(PageRef root, Timestamp started) {
        keeper.ifPresent(kept -> kept.finish(root, started));
    }

    @Override
    public void close() {
        before.ifPresent(KeptTree::close);
        keeper.ifPresent(KeptTree.Keeper::close);
    }

    private record Keeping(ChunkTarget target, KeptTree.Keeper keeper) implements ChunkTarget {
        @Override
        public boolean contains(ChunkId id) {
            return target.contains(id);
        }

        @Override
        public void distrustMetadata() {
            target.distrustMetadata();
        }

        @Override
        public boolean add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older) {
            return target.add(kind, id, content, offset, length, older);
        }

        @Override
        public boolean takesDeltas() {
            return target.takesDeltas();
        }

        @Override
        public ChunkId store(ChunkKind kind, byte[] content, int offset, int length) {
            ChunkId id = target.store(kind, content, offset, length);
            if (kind.packKind() == PackKind.META) {
                keeper.keep(id, content, offset, length);
            }
            return id;
        }
    }
}
