package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.RestoreFilter.Choice;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The content that a restore will read, found from metadata alone. Files that are there and would be left as they are are left out. For one use. */
public final class RestoreContent {
    private final Snapshot snapshot;
    private final RestoreRequest request;
    private final RestoreFilter filter;
    private final DirectoryReader tree;
    private final ContentReader contents;
    private final Set<Bytes> foundPaths = new HashSet<>();

    public RestoreContent(Repository repository, Snapshot snapshot, RestoreRequest request) {
        ChunkReader chunks = repository.newChunkReader();
        this.snapshot = snapshot;
        this.request = request;
        this.filter = new RestoreFilter(request);
        this.tree = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
    }

    /**
     * Visits the chunks, some more than once.
     *
     * @param files where the target is; empty where all is to be read, whatever is there
     * @throws HoldfastException {@code NOT_FOUND} where a path is not in the snapshot
     */
    public void chunks(Optional<HostFiles> files, Consumer<ChunkId> visitor) {
        TreeEntry root = tree.root(snapshot.manifest()
                .root()
                .orElseThrow(() -> HoldfastException.notFound("snapshot " + snapshot.id() + " holds no files")));
        Optional<Directory> target = files.flatMap(host -> opened(() -> host.openDirectory(request.target())));
        try {
            directory(root, RestorePaths.ROOT, target, false, visitor);
        } finally {
            target.ifPresent(Directory::close);
        }
        FileRestore.requireAllFound(request, foundPaths, snapshot);
    }

    private void directory(
            TreeEntry entry, Bytes path, Optional<Directory> target, boolean included, Consumer<ChunkId> visitor) {
        for (Iterator<TreeEntry> children = tree.entries(entry.directory()); children.hasNext(); ) {
            TreeEntry child = children.next();
            Bytes childPath = RestorePaths.join(path, child.name());
            Choice choice = filter.choose(childPath, included);
            if (request.paths().contains(childPath)) {
                foundPaths.add(childPath);
            }
            if (choice == Choice.NOTHING) {
                continue;
            }
            boolean childIncluded = included || (choice == Choice.ALL && filter.isIncluded(childPath));
            if (child.type() == EntryType.DIRECTORY) {
                Optional<Directory> below = target.flatMap(there -> opened(() -> there.openDirectory(child.name())));
                try {
                    directory(child, childPath, below, childIncluded, visitor);
                } finally {
                    below.ifPresent(Directory::close);
                }
            } else if (child.type() == EntryType.FILE && choice == Choice.ALL && !stays(child, target)) {
                contents.chunks(child.content(), (id, length) -> {
                    visitor.accept(id);
                    return true;
                });
            }
        }
    }

    private boolean stays(TreeEntry entry, Optional<Directory> target) {
        if (target.isEmpty() || request.overwrite() == Overwrite.ALWAYS) {
            return false;
        }
        Optional<FileStatus> there;
        try {
            there = target.get().find(entry.name());
        } catch (HostFileException e) {
            return false;
        }
        return there.isPresent()
                && (request.overwrite() == Overwrite.NEVER
                        || (there.get().isRegular()
                                && there.get().linkCount() == 1
                                && FileRestore.looksUnchanged(entry, there.get())));
    }

    /** Opens what may be missing. */
    @FunctionalInterface
    private interface Opening {
        Directory open() throws HostFileException;
    }

    private static Optional<Directory> opened(Opening opening) {
        try {
            return Optional.of(opening.open());
        } catch (HostFileException e) {
            return Optional.empty(); // Nothing that could stay; the restore says what is wrong with it.
        }
    }
}
