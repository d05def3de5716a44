package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.UsableIndex;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.session.ChunkTarget;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A backup of directory trees. Which thread does what:
 *
 * <pre>
 *   walker      walks the tree beside the parent's, reads large files, puts groups into a queue, in order
 *   readers     read and hash the small files of a group, hash the parts of large ones (one thread a core)
 *   assembler   (the caller's thread) takes groups in order: looks chunks up, adds new ones, builds directory pages
 *   session     compresses, encrypts, joins and stores beside it
 * </pre>
 *
 * All queues are bounded, so memory does not grow with the number or size of files. For one use.
 */
public final class FileBackup {
    /** Stack for a thread that goes down a tree: enough for ten thousand directories in one another, and only what is used is taken. */
    public static final long WALKER_STACK_BYTES = 64L << 20;

    private final BackupTarget destination;
    private final HostFiles files;
    private final BackupRequest request;
    private final BackupListener listener;
    private final AtomicLong unreadable = new AtomicLong();

    public FileBackup(BackupTarget target, HostFiles files, BackupRequest request, BackupListener listener) {
        this.destination = target;
        this.files = files;
        this.request = request;
        this.listener = new Counting(listener);
    }

    /** Makes a snapshot. */
    public BackupResult run() {
        Timestamp started = now();
        try (BackupSession session = destination.beginSession("backup " + firstPath());
                OwnTrees trees = OwnTrees.of(destination, session, request)) {
            Optional<Snapshot> parent = session.parent(request.parent());
            ChunkTarget target = trees.keeping(session);
            Before before =
                    trees.before().or(() -> parent.map(p -> before(p, target))).orElseGet(this::nothing);
            TreeAssembler assembler = saveTree(target, before);
            session.flush();
            SnapshotStatistics statistics =
                    assembler.statistics(session.addedBytes(), session.storedBytes(), unreadable.get());
            session.commit(manifest(started, assembler, statistics, parent));
            assembler.root().ifPresent(root -> trees.finish(root, started));
            tidy();
            return new BackupResult(
                    Optional.of(session.id()), parent.map(Snapshot::id), statistics, BackupResult.Deltas.of(session));
        }
    }

    /** The snapshot is made: what goes wrong with tidying up is the next run's business. */
    private void tidy() {
        try {
            destination.tidyIndex();
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                throw e;
            }
        }
    }

    /**
     * Reads everything that a backup would read, and stores nothing.
     *
     * @param repository the target, which is open here
     */
    public BackupResult dryRun(Repository repository) {
        Optional<Snapshot> parent = request.parent()
                .flatMap(id -> repository.snapshots().live().stream()
                        .filter(s -> s.id().equals(id))
                        .findFirst());
        DryRunTarget target = new DryRunTarget(repository);
        TreeAssembler assembler =
                saveTree(target, parent.map(p -> before(p, target)).orElseGet(this::nothing));
        return new BackupResult(
                Optional.empty(),
                parent.map(Snapshot::id),
                assembler.statistics(target.addedBytes, 0, unreadable.get()),
                BackupResult.Deltas.NONE);
    }

    /**
     * The metadata of an earlier backup of the same, whose unchanged files need not be read.
     *
     * @param tree reads directories
     * @param content reads chunk lists
     * @param root empty where there is none
     * @param started when it began
     */
    record Before(ChunkSource tree, ChunkSource content, Optional<PageRef> root, Timestamp started) {}

    private Before nothing() {
        ChunkSource reader = destination.newChunkReader();
        return new Before(reader, reader, Optional.empty(), Timestamp.ZERO);
    }

    private Before before(Snapshot parent, ChunkTarget target) {
        ChunkSource chunks = new ParentChunks(
                destination.newChunkReader(),
                target,
                parent.id(),
                destination.settings().warnings());
        return new Before(
                chunks, chunks, parent.manifest().root(), parent.manifest().started());
    }

    private TreeAssembler saveTree(ChunkTarget target, Before before) {
        DirectoryReader tree = new DirectoryReader(before.tree());
        Optional<PageRef> top = before.root().flatMap(root -> topDirectory(tree, root));
        int threads = destination.settings().threads();
        TreeAssembler assembler = new TreeAssembler(
                target, listener, destination.chunker(), destination.newHasher(), new ContentReader(before.content()));
        try (GroupQueue queue = new GroupQueue(threads, destination.chunker(), destination::newHasher)) {
            AtomicReference<@Nullable Throwable> walkerFailure = new AtomicReference<>();
            TreeWalker walker = new TreeWalker(
                    files,
                    request,
                    target,
                    listener,
                    new WalkOutput(queue),
                    destination.chunker(),
                    tree,
                    new ContentReader(before.content()),
                    new TreeWalker.Parent(top, before.started()));
            Thread self = Thread.currentThread();
            Thread thread = Thread.ofPlatform()
                    .daemon()
                    .name("holdfast-walk")
                    .stackSize(WALKER_STACK_BYTES)
                    .unstarted(() -> {
                        try {
                            walker.walk();
                        } catch (Throwable e) {
                            walkerFailure.set(e);
                            self.interrupt();
                        }
                    });
            thread.start();
            try {
                assemble(queue, assembler);
            } catch (InterruptedException e) {
                throw cause(walkerFailure.get(), e);
            } catch (HoldfastException e) {
                // The walker interrupts this thread when it fails, wherever that is waiting.
                Throwable failed = walkerFailure.get();
                throw e.code() == ErrorCode.INTERRUPTED && failed != null ? cause(failed, e) : e;
            } finally {
                stop(thread, walkerFailure);
            }
        }
        return assembler;
    }

    private static Optional<PageRef> topDirectory(DirectoryReader tree, PageRef root) {
        try {
            return tree.root(root).directory();
        } catch (HoldfastException e) {
            ParentChunks.rethrowUnlessDamage(e);
            return Optional.empty();
        }
    }

    private static void assemble(GroupQueue queue, TreeAssembler assembler) throws InterruptedException {
        while (!assembler.isDone()) {
            ReadGroup group = queue.take();
            try {
                group.read.get();
                group.events.forEach(assembler::process);
            } catch (ExecutionException e) {
                throw new HoldfastException(ErrorCode.FAILED, "reading failed: " + e.getCause(), null, e);
            } finally {
                queue.release(group);
            }
        }
    }

    /** The walker holds handles of directories; they are closed before this returns. */
    private static void stop(Thread walker, AtomicReference<@Nullable Throwable> walkerFailure) {
        // What the walker did to get this thread's attention is no wish of the user.
        boolean interrupted = Thread.interrupted() && walkerFailure.get() == null;
        walker.interrupt();
        while (true) {
            try {
                walker.join();
                break;
            } catch (InterruptedException e) {
                interrupted |= walkerFailure.get() == null;
            }
        }
        interrupted |= Thread.interrupted() && walkerFailure.get() == null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static HoldfastException cause(@Nullable Throwable walkerFailure, Exception interrupted) {
        return switch (walkerFailure) {
            case null -> {
                Thread.currentThread().interrupt();
                yield new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, interrupted);
            }
            case HoldfastException known -> known;
            case HostFileException e ->
                new HoldfastException(ErrorCode.FAILED, String.valueOf(e.getMessage()), null, e);
            default -> new HoldfastException(ErrorCode.FAILED, "walking failed: " + walkerFailure, null, walkerFailure);
        };
    }

    private Manifest manifest(
            Timestamp started, TreeAssembler assembler, SnapshotStatistics statistics, Optional<Snapshot> parent) {
        List<Bytes> heads = parent.map(p -> List.of(p.hash())).orElse(List.of());
        return new Manifest(
                started,
                now(),
                request.host(),
                request.paths().stream().sorted().toList(),
                request.tags(),
                assembler.root(),
                statistics,
                parent.map(Snapshot::id),
                destination.settings().program(),
                AccountNames.users(assembler.userIds()),
                AccountNames.groups(assembler.groupIds()),
                heads,
                destination.newestVerdictHash(),
                System.getProperty("user.name", ""));
    }

    private String firstPath() {
        Bytes first = request.paths().getFirst();
        return new String(first.unsafeArray(), StandardCharsets.UTF_8);
    }

    private Timestamp now() {
        return Timestamp.of(destination.settings().clock().instant());
    }

    /** Counts what could not be read, besides telling it. */
    private final class Counting implements BackupListener {
        private final BackupListener inner;

        Counting(BackupListener inner) {
            this.inner = inner;
        }

        @Override
        public void file(Bytes path, long sizeBytes, FileOutcome outcome) {
            inner.file(path, sizeBytes, outcome);
        }

        @Override
        public void advanced(long bytes) {
            inner.advanced(bytes);
        }

        @Override
        public void unreadable(Bytes path, String reason) {
            unreadable.incrementAndGet();
            inner.unreadable(path, reason);
        }

        @Override
        public void note(Bytes path, String text) {
            inner.note(path, text);
        }

        @Override
        public void torn(Bytes path) {
            inner.torn(path);
        }
    }

    /** Knows what is there and remembers what would be added. */
    private static final class DryRunTarget implements ChunkTarget {
        private final UsableIndex index;
        private final ChunkHasher hasher;
        private volatile boolean metadataDistrusted;
        private final Set<ChunkId> added = new HashSet<>();
        private long addedBytes;

        DryRunTarget(Repository repository) {
            this.index = repository.index().usable(pack -> true);
            this.hasher = repository.newHasher();
        }

        @Override
        public boolean contains(ChunkId id) {
            return index.contains(id);
        }

        @Override
        public void distrustMetadata() {
            metadataDistrusted = true;
        }

        @Override
        public boolean takesDeltas() {
            return false;
        }

        @Override
        public boolean add(ChunkKind kind, ChunkId id, byte[] content, int offset, int length, List<ChunkId> older) {
            boolean anew = metadataDistrusted && kind.packKind() == PackKind.META;
            if (!anew && index.contains(id) || !added.add(id)) {
                return false;
            }
            addedBytes += length;
            return true;
        }

        @Override
        public ChunkId store(ChunkKind kind, byte[] content, int offset, int length) {
            ChunkId id = hasher.id(content, offset, length);
            add(kind, id, content, offset, length, List.of());
            return id;
        }
    }

    /** The newest live snapshot of the same source, on which a backup builds unless told otherwise. */
    public static Optional<SnapshotId> newestOfSource(List<Snapshot> live, String host, List<Bytes> paths) {
        List<Bytes> sorted = paths.stream().sorted().toList();
        return live.stream()
                .filter(s ->
                        s.manifest().host().equals(host) && s.manifest().paths().equals(sorted))
                .reduce((older, newer) -> newer)
                .map(Snapshot::id);
    }
}
