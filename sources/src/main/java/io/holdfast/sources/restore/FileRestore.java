package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.OpenFile;
import io.holdfast.sources.files.WritableFile;
import io.holdfast.sources.restore.RestoreFilter.Choice;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A restore of directory trees. The caller's thread walks the snapshot's tree, makes directories and plans files into a window;
 * when the window is full, workers (one a core) read its frames in pack order and write the files, while the caller's thread plans the
 * next window. What a directory needs set last (times, rights) is set when the window with its last file is done. For one use.
 */
public final class FileRestore {

    private final RestoreSource source;
    private final HostFiles files;
    private final Snapshot snapshot;
    private final RestoreRequest request;
    private final RestoreListener listener;
    private final RestoreFilter filter;
    private final DirectoryReader tree;
    private final ContentReader contents;
    private final ContentComparison comparison;
    private final RestoreTally tally;
    private final HardLinks hardLinks;
    private final ExecutorService workers;
    private final Set<Bytes> foundPaths = new HashSet<>();
    /** Being filled. */
    private RestoreWindow window;
    /** Being written. */
    private RestoreWindow before;

    /** From a repository that is open here. */
    public FileRestore(
            Repository repository,
            HostFiles files,
            Snapshot snapshot,
            RestoreRequest request,
            RestoreListener listener) {
        this(new RepositorySource(repository), files, snapshot, request, listener);
    }

    /** @param source closed when this has run */
    public FileRestore(
            RestoreSource source,
            HostFiles files,
            Snapshot snapshot,
            RestoreRequest request,
            RestoreListener listener) {
        this.source = source;
        this.files = files;
        this.snapshot = snapshot;
        this.request = request;
        this.listener = listener;
        this.filter = new RestoreFilter(request);
        this.tree = new DirectoryReader(source.chunks());
        this.contents = new ContentReader(source.chunks());
        this.comparison = new ContentComparison(contents, source.newComparingHasher());
        this.tally = new RestoreTally(listener);
        this.hardLinks = new HardLinks(tally, listener);
        this.workers = Executors.newFixedThreadPool(
                source.threads(),
                Thread.ofPlatform().daemon().name("holdfast-restore-", 0).factory());
        this.window = newWindow();
        this.before = newWindow();
    }

    private RestoreWindow newWindow() {
        return new RestoreWindow(source, tally, listener);
    }

    /**
     * Restores.
     *
     * @throws HoldfastException {@code NOT_FOUND} where a path is not in the snapshot, {@code NO_SPACE} where the target is full
     */
    public RestoreResult run() {
        try (Directory target = files.openDirectory(request.target())) {
            TreeEntry root = tree.root(snapshot.manifest()
                    .root()
                    .orElseThrow(() -> HoldfastException.notFound("snapshot " + snapshot.id() + " holds no files")));
            directory(root, RestorePaths.ROOT, target, false);
            turnWindows();
            before.finish();
            hardLinks.finish(target);
            requireAllFound(request, foundPaths, snapshot);
        } catch (HostFileException e) {
            throw targetFailure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } finally {
            stopWorkers();
            before.release();
            window.release();
            source.close();
        }
        return tally.result();
    }

    /** An error that ends the restore. */
    static HoldfastException targetFailure(HostFileException e) {
        String message = "restoring failed: " + e.getMessage();
        return e.isNoSpace()
                ? new HoldfastException(
                        ErrorCode.NO_SPACE,
                        message,
                        "Make room and run the same command again: what is there already is kept.",
                        e)
                : new HoldfastException(ErrorCode.FAILED, message, "Check the target directory.", e);
    }

    private void directory(TreeEntry entry, Bytes path, Directory target, boolean included)
            throws HostFileException, InterruptedException {
        for (Iterator<TreeEntry> children = tree.entries(entry.directory()); children.hasNext(); ) {
            TreeEntry child = children.next();
            Bytes childPath = RestorePaths.join(path, child.name());
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
                    case DIRECTORY -> subdirectory(child, childPath, target, childIncluded);
                    case FILE -> file(child, childPath, target);
                    default -> special(child, childPath, target);
                }
            } catch (HostFileException e) {
                if (e.endsWriting()) {
                    throw e;
                }
                tally.fail(childPath, String.valueOf(e.getMessage()));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                tally.failDamaged(childPath, String.valueOf(e.getMessage()));
            }
        }
    }

    private void subdirectory(TreeEntry entry, Bytes path, Directory target, boolean included)
            throws HostFileException, InterruptedException {
        tally.directory();
        if (request.dryRun()) {
            directory(entry, path, target, included);
            return;
        }
        Optional<FileStatus> there = target.find(entry.name());
        boolean made = there.isEmpty();
        if (there.isPresent() && !there.get().isDirectory()) {
            if (request.overwrite() == Overwrite.NEVER) {
                tally.fail(path, "is there as something else than a directory");
                return;
            }
            removeExisting(target, entry.name(), there.get());
            made = true;
        }
        if (made) {
            made = make(target, entry.name());
        }
        if (there.isPresent() && !made) {
            unlock(target, entry.name(), there.get());
        }
        Directory handle = target.openDirectory(entry.name());
        try {
            if (made) {
                handle.applyFlagsBeforeContent((int) entry.inodeFlags());
            } else {
                handle.clearProtection();
            }
            directory(entry, path, handle, included);
            window.leave(path, entry, handle.retain());
        } finally {
            handle.close();
        }
        if (window.isFull()) {
            turnWindows();
        }
    }

    /** False where another restore into the same target was faster. */
    private static boolean make(Directory target, Bytes name) throws HostFileException {
        try {
            target.makeDirectory(name);
            return true;
        } catch (HostFileException e) {
            if (e.reason() != HostFileException.Reason.EXISTS) {
                throw e;
            }
            return false;
        }
    }

    /**
     * Lets what is there be changed: clears protective flags, and gives the owner the rights that he may lack. The rights are set as in
     * the snapshot when all else is done.
     */
    private static void unlock(Directory target, Bytes name, FileStatus there) throws HostFileException {
        try {
            target.clearProtection(name);
        } catch (HostFileException e) {
            if (e.reason() != HostFileException.Reason.DENIED || !OwnerAccess.give(target, name, there)) {
                throw e;
            }
            target.clearProtection(name);
        }
        boolean ignored = OwnerAccess.give(target, name, there);
    }

    private void file(TreeEntry entry, Bytes path, Directory target) throws HostFileException, InterruptedException {
        Optional<FileStatus> there = request.dryRun() ? Optional.empty() : target.find(entry.name());
        if (request.dryRun()) {
            tally.done(path, entry, false);
            return;
        }
        if (there.isPresent() && request.overwrite() == Overwrite.NEVER) {
            tally.done(path, entry, true);
            return;
        }
        if (entry.links() > 1) {
            if (hardLinks.isFurtherName(path, entry)) {
                return;
            }
            if (there.isPresent() && keepsLinked(entry, target, there.get())) {
                tally.done(path, entry, true);
                return;
            }
        }
        boolean reusable =
                there.isPresent() && there.get().isRegular() && there.get().linkCount() == 1;
        if (there.isPresent() && !reusable) {
            removeExisting(target, entry.name(), there.get());
        }
        if (reusable) {
            unlock(target, entry.name(), there.get());
            if (request.overwrite() == Overwrite.IF_CHANGED && looksUnchanged(entry, there.get())) {
                tally.applyMetadata(target, entry, path);
                tally.done(path, entry, true);
                return;
            }
        }
        plan(entry, path, target, reusable);
        if (window.isFull()) {
            turnWindows();
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
                || !hardLinks.keep(there)) {
            return false;
        }
        boolean unchanged = request.overwrite() == Overwrite.IF_CHANGED && looksUnchanged(entry, there);
        boolean opened = OwnerAccess.give(target, entry.name(), there);
        boolean kept = false;
        try {
            kept = unchanged || hasContent(entry, target);
        } finally {
            if (opened && !kept) {
                target.setMode(entry.name(), there.mode()); // The name goes, and the file may have others elsewhere.
            }
        }
        if (kept) {
            unlock(target, entry.name(), there);
        }
        return kept;
    }

    private boolean hasContent(TreeEntry entry, Directory target) throws HostFileException {
        try (OpenFile existing = target.openFile(entry.name())) {
            return comparison.isWhole(existing, entry);
        }
    }

    static boolean looksUnchanged(TreeEntry entry, FileStatus there) {
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
                    comparison.clear(existing, hole);
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
            tally.complete(file);
        }
    }

    /** Plans the chunks of the file; those that {@code existing} has already are left out. */
    private void addNeeds(PlannedFile file, @Nullable OpenFile existing) {
        long[] stream = {0};
        try {
            contents.chunks(file.entry.content(), (id, length) -> {
                if (existing == null || !comparison.hasChunk(existing, file.extents, id, length, stream[0])) {
                    window.need(file, id, length, stream[0]);
                } else {
                    tally.advanced(file, length, false);
                }
                stream[0] += length;
                return true;
            });
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            window.fail(file, String.valueOf(e.getMessage()), true); // Its list of chunks cannot be had.
        }
    }

    private void special(TreeEntry entry, Bytes path, Directory target) throws HostFileException {
        tally.other();
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
        if (entry.links() > 1 && hardLinks.isFurtherName(path, entry)) {
            return;
        }
        if (entry.type() == EntryType.SYMLINK) {
            target.makeSymlink(entry.name(), entry.linkTarget());
        } else {
            target.makeNode(entry.name(), Metadata.type(entry.type()), Metadata.device(entry));
        }
        if (entry.links() <= 1) {
            tally.applyMetadata(target, entry, path);
        }
        listener.restored(path, 0, false);
    }

    /** Removes a name. A file that has others, perhaps outside of the target, keeps its mode and flags. */
    static void removeExisting(Directory target, Bytes name, FileStatus there) throws HostFileException {
        if (there.isDirectory()) {
            target.removeDirectory(name);
            return;
        }
        try {
            target.remove(name);
        } catch (HostFileException e) {
            if (e.reason() != HostFileException.Reason.DENIED || !there.isRegular() || there.linkCount() > 1) {
                throw e;
            }
            target.clearProtection(name);
            target.remove(name);
        }
    }

    /** Hands the full window to the workers; only one is with them at a time. */
    private void turnWindows() throws InterruptedException, HostFileException {
        before.finish();
        before = window;
        window = newWindow();
        before.start(workers);
    }

    /** Nobody may close what a worker still writes to. */
    private void stopWorkers() {
        workers.shutdownNow();
        boolean interrupted = Thread.interrupted();
        while (!workers.isTerminated()) {
            try {
                boolean ignored = workers.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    static void requireAllFound(RestoreRequest request, Set<Bytes> found, Snapshot snapshot) {
        for (Bytes path : request.paths()) {
            boolean isRoot = path.length() == 1;
            if (!isRoot && !found.contains(path)) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "'" + RestorePaths.text(path) + "' is not in snapshot "
                                + snapshot.id().shortText(),
                        "'holdfast ls' and 'holdfast find' show what is.");
            }
        }
    }
}
