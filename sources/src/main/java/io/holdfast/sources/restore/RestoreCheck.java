package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.OpenFile;
import io.holdfast.sources.restore.RestoreFilter.Choice;
import java.util.Iterator;

/** Reads restored files again and compares them with what the snapshot says, by the ids of their chunks. For one use. */
public final class RestoreCheck {
    private final HostFiles files;
    private final Snapshot snapshot;
    private final RestoreRequest request;
    private final RestoreListener listener;
    private final RestoreFilter filter;
    private final DirectoryReader tree;
    private final ContentComparison comparison;
    private long differing;

    /** @param source borrowed */
    public RestoreCheck(
            RestoreSource source,
            HostFiles files,
            Snapshot snapshot,
            RestoreRequest request,
            RestoreListener listener) {
        this.files = files;
        this.snapshot = snapshot;
        this.request = request;
        this.listener = listener;
        this.filter = new RestoreFilter(request);
        this.tree = new DirectoryReader(source.chunks());
        this.comparison = new ContentComparison(new ContentReader(source.chunks()), source.newComparingHasher());
    }

    /** The number of files that are not as in the snapshot; each is told. */
    public long run() {
        try (Directory target = files.openDirectory(request.target())) {
            snapshot.manifest()
                    .root()
                    .map(tree::root)
                    .ifPresent(root -> directory(root, RestorePaths.ROOT, target, false));
        } catch (HostFileException e) {
            differ(request.target(), String.valueOf(e.getMessage()));
        }
        return differing;
    }

    private void directory(TreeEntry entry, Bytes path, Directory target, boolean included) {
        for (Iterator<TreeEntry> children = tree.entries(entry.directory()); children.hasNext(); ) {
            TreeEntry child = children.next();
            Bytes childPath = RestorePaths.join(path, child.name());
            Choice choice = filter.choose(childPath, included);
            boolean childIncluded = included || (choice == Choice.ALL && filter.isIncluded(childPath));
            try {
                if (child.type() == EntryType.DIRECTORY && choice != Choice.NOTHING) {
                    FileStatus there = target.stat(child.name());
                    boolean opened = there.isDirectory() && OwnerAccess.give(target, child.name(), there);
                    try (Directory below = target.openDirectory(child.name())) {
                        directory(child, childPath, below, childIncluded);
                    } finally {
                        lockAgain(opened, target, child.name(), there);
                    }
                } else if (child.type() == EntryType.FILE && choice == Choice.ALL) {
                    file(child, childPath, target);
                }
            } catch (HostFileException e) {
                differ(childPath, String.valueOf(e.getMessage()));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                differ(childPath, "cannot be compared: " + e.getMessage());
            }
        }
    }

    private static void lockAgain(boolean opened, Directory target, Bytes name, FileStatus there)
            throws HostFileException {
        if (opened) {
            target.setMode(name, there.mode());
        }
    }

    private void file(TreeEntry entry, Bytes path, Directory target) throws HostFileException {
        FileStatus there = target.stat(entry.name());
        boolean opened = there.isRegular() && OwnerAccess.give(target, entry.name(), there);
        try {
            content(entry, path, target);
        } finally {
            lockAgain(opened, target, entry.name(), there);
        }
    }

    private void content(TreeEntry entry, Bytes path, Directory target) throws HostFileException {
        try (OpenFile file = target.openFile(entry.name())) {
            if (file.statusAtOpen().sizeBytes() != entry.sizeBytes()) {
                differ(path, "has another size than in the snapshot");
                return;
            }
            if (!comparison.isWhole(file, entry)) {
                differ(path, "has other content than in the snapshot");
            }
        }
    }

    private void differ(Bytes path, String reason) {
        differing++;
        listener.failed(path, reason);
    }
}
