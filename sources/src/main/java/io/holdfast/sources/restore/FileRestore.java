package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileMetadata;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.OpenFile;
import io.holdfast.sources.files.WritableFile;
import io.holdfast.sources.restore.RestoreFilter.Choice;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A restore of directory trees. The caller's thread walks the snapshot's tree, makes directories and plans files into a window;
 * when the window is full, workers (one a core) read its frames in pack order and write the files. What a directory needs set last (times,
 * rights) is set when the window with its last file is done. For one use.
 */
public final class FileRestore {
    /** Open directories are file descriptors; a window ends before they are too many. */
    private static final int MAX_OPEN_DIRECTORIES = 400;

    private static final int COMPARE_BYTES = 4 << 20;
    private static final int OWNER_WRITES = 0300;

    private final Repository repository;
    private final HostFiles files;
    private final Snapshot snapshot;
    private final RestoreRequest request;
    private final RestoreListener listener;
    private final RestoreFilter filter;
    private final Index index;
    private final DirectoryReader tree;
    private final ContentReader contents;
    private final ChunkHasher hasher;
    private final RestoreWindow window;
    private final Map<HardLink, FirstName> firstNames = new HashMap<>();
    private final List<FurtherName> furtherNames = new ArrayList<>();
    /** Files with several names that were there and stay. */
    private final Set<HardLink> keptInodes = new HashSet<>();

    private final Deque<LeftDirectory> leftDirectories = new ArrayDeque<>();
    private final Set<Bytes> foundPaths = new HashSet<>();
    private final Counters counters = new Counters();
    private byte[] compareBuffer = new byte[0];

    private record HardLink(long device, long inode) {}

    /** The name under which a file with several links was restored; its metadata is set when all its links are made. */
    private record FirstName(Bytes path, TreeEntry entry) {}

    private record FurtherName(Bytes path, FirstName first) {}

    private record LeftDirectory(Bytes path, TreeEntry entry, Directory handle) {}

    private static final class Counters {
        final AtomicLong files = new AtomicLong();
        final AtomicLong unchanged = new AtomicLong();
        final AtomicLong bytes = new AtomicLong();
        final AtomicLong written = new AtomicLong();
        final AtomicLong failed = new AtomicLong();
        final AtomicLong damaged = new AtomicLong();
        long directories;
        long others;
    }

    public FileRestore(
            Repository repository,
            HostFiles files,
            Snapshot snapshot,
            RestoreRequest request,
            RestoreListener listener) {
        this.repository = repository;
        this.files = files;
        this.snapshot = snapshot;
        this.request = request;
        this.listener = listener;
        this.filter = new RestoreFilter(request);
        ChunkReader chunks = repository.newChunkReader();
        this.index = repository.index();
        this.tree = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
        this.hasher = new ChunkHasher(repository.keyring().idKey());
        this.window = new RestoreWindow(repository, chunks, new WindowOutcome(), listener);
    }

    /**
     * Restores.
     *
     * @throws HoldfastException {@code NOT_FOUND} where a path is not in the snapshot, {@code NO_SPACE} where the target is full
     */
    public RestoreResult run() {
        ExecutorService workers = Executors.newFixedThreadPool(
                repository.settings().threads(),
                Thread.ofPlatform().daemon().name("holdfast-restore-", 0).factory());
        try (Directory target = files.openDirectory(request.target())) {
            TreeEntry root = tree.root(snapshot.manifest()
                    .root()
                    .orElseThrow(() -> HoldfastException.notFound("snapshot " + snapshot.id() + " holds no files")));
            directory(root, Bytes.wrap(new byte[0]), target, false, workers);
            finishWindow(workers);
            linkFurtherNames(target);
            checkAllFound();
        } catch (HostFileException e) {
            throw new HoldfastException(
                    e.isNoSpace() ? ErrorCode.NO_SPACE : ErrorCode.FAILED,
                    "restoring failed: " + e.getMessage(),
                    e.isNoSpace()
                            ? "Make room and run the same command again: what is there already is kept."
                            : "Check the target directory.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            workers.shutdownNow();
            leftDirectories.forEach(left -> left.handle().close());
        }
        return new RestoreResult(
                counters.files.get(),
                counters.unchanged.get(),
                counters.directories,
                counters.others,
                counters.bytes.get(),
                counters.written.get(),
                counters.failed.get(),
                counters.damaged.get());
    }

    private void directory(TreeEntry entry, Bytes path, Directory target, boolean included, ExecutorService workers)
            throws HostFileException, InterruptedException {
        for (Iterator<TreeEntry> children = tree.entries(entry.directory()); children.hasNext(); ) {
            TreeEntry child = children.next();
            Bytes childPath = join(path, child.name());
            Choice choice = filter.choose(childPath, included);
            if (request.paths().contains(childPath)) {
                foundPaths.add(childPath);
            }
            if (choice == Choice.NOTHING || (choice == Choice.WAY && child.type() != EntryType.DIRECTORY)) {
                continue;
            }
            boolean childIncluded = included || (choice == Choice.ALL && filter.isIncluded(childPath));
            try {
                switch (child.type()) {
                    case DIRECTORY -> subdirectory(child, childPath, target, childIncluded, workers);
                    case FILE -> file(child, childPath, target, workers);
                    default -> special(child, childPath, target);
                }
            } catch (HostFileException e) {
                if (e.isNoSpace()) {
                    throw e;
                }
                fail(childPath, String.valueOf(e.getMessage()));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                counters.damaged.incrementAndGet();
                fail(childPath, String.valueOf(e.getMessage()));
            }
        }
    }

    private void subdirectory(TreeEntry entry, Bytes path, Directory target, boolean included, ExecutorService workers)
            throws HostFileException, InterruptedException {
        counters.directories++;
        if (request.dryRun()) {
            directory(entry, path, target, included, workers);
            return;
        }
        Optional<FileStatus> there = target.find(entry.name());
        boolean made = there.isEmpty();
        if (there.isPresent() && !there.get().isDirectory()) {
            if (request.overwrite() == Overwrite.NEVER) {
                fail(path, "is there as something else than a directory");
                return;
            }
            removeExisting(target, entry.name(), there.get());
            made = true;
        }
        if (made) {
            target.makeDirectory(entry.name());
        }
        Directory handle = target.openDirectory(entry.name());
        try {
            if (made) {
                handle.applyFlagsBeforeContent((int) entry.inodeFlags());
            } else {
                handle.clearProtection();
            }
            directory(entry, path, handle, included, workers);
            leftDirectories.addLast(new LeftDirectory(path, entry, handle.retain()));
        } finally {
            handle.close();
        }
        if (leftDirectories.size() >= MAX_OPEN_DIRECTORIES) {
            finishWindow(workers);
        }
    }

    private void file(TreeEntry entry, Bytes path, Directory target, ExecutorService workers)
            throws HostFileException, InterruptedException {
        Optional<FileStatus> there = request.dryRun() ? Optional.empty() : target.find(entry.name());
        if (request.dryRun()) {
            done(path, entry, false);
            return;
        }
        if (there.isPresent() && request.overwrite() == Overwrite.NEVER) {
            done(path, entry, true);
            return;
        }
        if (entry.links() > 1) {
            HardLink key = new HardLink(entry.device(), entry.inode());
            FirstName first = firstNames.get(key);
            if (first != null) {
                furtherNames.add(new FurtherName(path, first));
                return;
            }
            firstNames.put(key, new FirstName(path, entry));
            if (there.isPresent() && keepsLinked(entry, target, there.get())) {
                done(path, entry, true);
                return;
            }
        }
        boolean reusable =
                there.isPresent() && there.get().isRegular() && there.get().linkCount() == 1;
        if (there.isPresent() && !reusable) {
            removeExisting(target, entry.name(), there.get());
        }
        if (reusable) {
            target.clearProtection(entry.name());
            if (request.overwrite() == Overwrite.IF_CHANGED && looksUnchanged(entry, there.get())) {
                finishMetadata(target, entry, path);
                done(path, entry, true);
                return;
            }
        }
        plan(entry, path, target, reusable);
        if (window.isFull()) {
            finishWindow(workers);
        }
    }

    /**
     * Whether an existing file with several names can stay. It is never written to: a further name of it may lie elsewhere. So it must
     * have the content already, no more names than in the snapshot, and not stand for another file of the snapshot, too.
     */
    private boolean keepsLinked(TreeEntry entry, Directory target, FileStatus there) throws HostFileException {
        if (!there.isRegular()
                || there.linkCount() == 1
                || there.linkCount() > entry.links()
                || there.sizeBytes() != entry.sizeBytes()
                || !keptInodes.add(new HardLink(there.device(), there.inode()))) {
            return false;
        }
        boolean unchanged = request.overwrite() == Overwrite.IF_CHANGED && looksUnchanged(entry, there);
        if (unchanged || hasContent(entry, target)) {
            target.clearProtection(entry.name());
            return true;
        }
        return false;
    }

    private boolean hasContent(TreeEntry entry, Directory target) throws HostFileException {
        Extents extents = new Extents(entry.sizeBytes(), entry.holes());
        try (OpenFile existing = target.openFile(entry.name())) {
            long[] stream = {0};
            return contents.chunks(entry.content(), (id, length) -> {
                        boolean there = hasAlready(extents, existing, id, length, stream[0]);
                        stream[0] += length;
                        return there;
                    })
                    && Zeros.fill(existing, entry.holes(), compareBuffer());
        }
    }

    private static boolean looksUnchanged(TreeEntry entry, FileStatus there) {
        return there.sizeBytes() == entry.sizeBytes()
                && there.modified().seconds() == entry.modified().seconds()
                && there.modified().nanos() == entry.modified().nanos();
    }

    private void plan(TreeEntry entry, Bytes path, Directory target, boolean update) throws HostFileException {
        boolean oneChunk = entry.content() instanceof Content.Inline inline && inline.count() == 1;
        PlannedFile file = new PlannedFile(path, entry, target.retain(), !update && oneChunk, update);
        window.add(file);
        if (file.inOneGo) {
            addNeeds(file, null);
            return;
        }
        if (update) {
            try (WritableFile existing = target.openForUpdate(entry.name())) {
                existing.truncate(entry.sizeBytes());
                for (Hole hole : entry.holes()) {
                    clear(existing, hole);
                }
                addNeeds(file, existing);
            }
        } else {
            try (WritableFile made = target.createFile(entry.name())) {
                made.applyFlagsBeforeContent((int) entry.inodeFlags());
                made.truncate(entry.sizeBytes());
            }
            addNeeds(file, null);
        }
        if (file.chunksLeft.get() == 0 && !file.failed) {
            complete(file);
        }
    }

    /** Makes a hole of what may hold old content; zeros where the file system cannot. */
    private void clear(WritableFile file, Hole hole) throws HostFileException {
        if (file.punchHole(hole.offset(), hole.length())) {
            return;
        }
        long end = hole.offset() + hole.length();
        for (long at = hole.offset(); at < end; ) {
            int count = (int) Math.min(COMPARE_BYTES, end - at);
            ByteBuffer old = ByteBuffer.wrap(compareBuffer(), 0, count);
            int read = file.read(old, at);
            if (Zeros.firstOther(compareBuffer, read) < read) {
                file.write(ByteBuffer.allocate(read), at);
            }
            at += count;
        }
    }

    private byte[] compareBuffer() {
        if (compareBuffer.length == 0) {
            compareBuffer = new byte[COMPARE_BYTES];
        }
        return compareBuffer;
    }

    /** Plans the chunks of the file; those that {@code existing} has already are left out. */
    private void addNeeds(PlannedFile file, @Nullable OpenFile existing) {
        long[] stream = {0};
        contents.chunks(file.entry.content(), (id, length) -> {
            if (existing == null || !hasAlready(file.extents, existing, id, length, stream[0])) {
                window.need(index, file, id, length, stream[0]);
            }
            stream[0] += length;
            return true;
        });
    }

    private boolean hasAlready(Extents extents, OpenFile existing, ChunkId id, int length, long stream) {
        byte[] compared = compareBuffer();
        int[] read = {0};
        try {
            extents.<HostFileException>map(
                    stream,
                    length,
                    (at, offset, count) -> read[0] += existing.read(ByteBuffer.wrap(compared, offset, count), at));
        } catch (HostFileException e) {
            return false;
        }
        return read[0] == length && hasher.id(compared, 0, length).equals(id);
    }

    private void special(TreeEntry entry, Bytes path, Directory target) throws HostFileException {
        counters.others++;
        if (request.dryRun()) {
            return;
        }
        Optional<FileStatus> there = target.find(entry.name());
        if (there.isPresent()) {
            if (request.overwrite() == Overwrite.NEVER) {
                return;
            }
            removeExisting(target, entry.name(), there.get());
        }
        if (entry.links() > 1) {
            HardLink key = new HardLink(entry.device(), entry.inode());
            FirstName first = firstNames.putIfAbsent(key, new FirstName(path, entry));
            if (first != null) {
                furtherNames.add(new FurtherName(path, first));
                return;
            }
        }
        if (entry.type() == EntryType.SYMLINK) {
            target.makeSymlink(entry.name(), entry.linkTarget());
        } else {
            target.makeNode(entry.name(), Metadata.type(entry.type()), Metadata.device(entry));
        }
        if (entry.links() <= 1) {
            finishMetadata(target, entry, path);
        }
        listener.restored(path, 0, false);
    }

    private void finishMetadata(Directory target, TreeEntry entry, Bytes path) throws HostFileException {
        Metadata.report(path, target.applyMetadata(entry.name(), Metadata.of(entry)), listener);
    }

    private static void removeExisting(Directory target, Bytes name, FileStatus there) throws HostFileException {
        if (there.isDirectory()) {
            target.removeDirectory(name);
        } else {
            if (there.isRegular()) {
                target.clearProtection(name);
            }
            target.remove(name);
        }
    }

    private void finishWindow(ExecutorService workers) throws InterruptedException, HostFileException {
        window.run(workers);
        // Deepest first, as they were left: setting times of a directory comes after the last change in it.
        while (!leftDirectories.isEmpty()) {
            LeftDirectory left = leftDirectories.removeFirst();
            try (Directory handle = left.handle()) {
                Metadata.report(left.path(), handle.applyMetadata(Metadata.of(left.entry())), listener);
            }
        }
    }

    /** Links come when all content is there; files that have several get their metadata after the last link. */
    private void linkFurtherNames(Directory target) {
        for (FurtherName name : furtherNames) {
            try (Directory firstDirectory = openParent(target, name.first().path());
                    Directory directory = openParent(target, name.path())) {
                Bytes leaf = leaf(name.path());
                Optional<FileStatus> there = directory.find(leaf);
                if (there.isPresent()
                        && there.get()
                                .isSameFileAs(
                                        firstDirectory.stat(leaf(name.first().path())))) {
                    linked(name, true);
                    continue;
                }
                FileStatus before = directory.status();
                makeWritable(directory, before);
                if (there.isPresent()) {
                    removeExisting(directory, leaf, there.get());
                }
                directory.makeHardLink(firstDirectory, leaf(name.first().path()), leaf);
                restoreTimes(directory, before, name.path());
                linked(name, false);
            } catch (HostFileException e) {
                fail(name.path(), String.valueOf(e.getMessage()));
            }
        }
        for (FirstName first : firstNames.values()) {
            try (Directory directory = openParent(target, first.path())) {
                if (directory.find(leaf(first.path())).isPresent()) {
                    finishMetadata(directory, first.entry(), first.path());
                }
            } catch (HostFileException e) {
                fail(first.path(), String.valueOf(e.getMessage()));
            }
        }
    }

    private void linked(FurtherName name, boolean unchanged) {
        if (name.first().entry().type() == EntryType.FILE) {
            done(name.path(), name.first().entry().toBuilder().sizeBytes(0).build(), unchanged);
        } else {
            listener.restored(name.path(), 0, unchanged);
        }
    }

    /** The metadata of this directory is set already; its owner may not be allowed to add names. */
    private static void makeWritable(Directory directory, FileStatus status) throws HostFileException {
        directory.clearProtection();
        if ((status.mode() & OWNER_WRITES) == OWNER_WRITES) {
            return;
        }
        directory.applyMetadata(new FileMetadata(
                status.type(),
                status.mode() | OWNER_WRITES,
                status.uid(),
                status.gid(),
                status.modified(),
                directory.attributes(),
                0,
                status.deviceNumber(),
                null));
    }

    private void restoreTimes(Directory directory, FileStatus before, Bytes path) throws HostFileException {
        Metadata.report(
                path,
                directory.applyMetadata(
                        FileMetadata.of(before, directory.attributes(), before.flags() | directory.flags(), null)),
                listener);
    }

    private Directory openParent(Directory target, Bytes path) throws HostFileException {
        Directory at = target.retain();
        byte[] bytes = path.unsafeArray();
        int start = 1;
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] == '/') {
                Directory above = at;
                try {
                    at = above.openDirectory(Bytes.copyOf(bytes, start, i - start));
                } finally {
                    above.close();
                }
                start = i + 1;
            }
        }
        return at;
    }

    private static Bytes leaf(Bytes path) {
        byte[] bytes = path.unsafeArray();
        int start = bytes.length;
        while (bytes[start - 1] != '/') {
            start--;
        }
        return Bytes.copyOf(bytes, start, bytes.length - start);
    }

    private void checkAllFound() {
        for (Bytes path : request.paths()) {
            boolean isRoot = path.length() == 1;
            if (!isRoot && !foundPaths.contains(path)) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "'" + text(path) + "' is not in snapshot "
                                + snapshot.id().shortText(),
                        "'holdfast ls' and 'holdfast find' show what is.");
            }
        }
    }

    private void complete(PlannedFile file) {
        try {
            if (!file.inOneGo && file.entry.links() <= 1) {
                finishMetadata(file.directory, file.entry, file.path);
            }
            done(file.path, file.entry, false);
        } catch (HostFileException e) {
            fail(file.path, String.valueOf(e.getMessage()));
        }
    }

    private void done(Bytes path, TreeEntry entry, boolean unchanged) {
        counters.files.incrementAndGet();
        counters.bytes.addAndGet(entry.sizeBytes());
        if (unchanged) {
            counters.unchanged.incrementAndGet();
        }
        listener.restored(path, entry.sizeBytes(), unchanged);
    }

    private void fail(Bytes path, String reason) {
        counters.failed.incrementAndGet();
        listener.failed(path, reason);
    }

    private final class WindowOutcome implements RestoreWindow.Outcome {
        @Override
        public void written(long bytes) {
            counters.written.addAndGet(bytes);
            listener.bytesWritten(bytes);
        }

        @Override
        public void complete(PlannedFile file) {
            FileRestore.this.complete(file);
        }

        @Override
        public void failed(PlannedFile file, String reason, boolean damaged) {
            if (damaged) {
                counters.damaged.incrementAndGet();
            }
            fail(file.path, reason);
        }
    }

    private static String text(Bytes path) {
        return new String(path.unsafeArray(), StandardCharsets.UTF_8);
    }

    private static Bytes join(Bytes directory, Bytes name) {
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        joined[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, directory.length() + 1, name.length());
        return Bytes.wrap(joined);
    }
}
