package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileMetadata;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.restore.RestorePaths.OpenParent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Files with several names: each is restored under the name that is met first; when all content is there, the further names are linked
 * to it, and then its metadata is set. For one thread.
 */
final class HardLinks {
    private static final int OWNER_WRITES = 0300;

    private final RestoreTally tally;
    private final RestoreListener listener;
    private final Map<Key, FirstName> firstNames = new HashMap<>();
    private final List<FurtherName> furtherNames = new ArrayList<>();
    private final Set<Key> kept = new HashSet<>();

    private record Key(long device, long inode) {}

    private record FirstName(Bytes path, TreeEntry entry) {}

    private record FurtherName(Bytes path, FirstName first) {}

    HardLinks(RestoreTally tally, RestoreListener listener) {
        this.tally = tally;
        this.listener = listener;
    }

    /** Whether the entry, with several links, was met before under another name; then this one is made by {@link #finish}. */
    boolean isFurtherName(Bytes path, TreeEntry entry) {
        FirstName first = firstNames.putIfAbsent(new Key(entry.device(), entry.inode()), new FirstName(path, entry));
        if (first != null) {
            furtherNames.add(new FurtherName(path, first));
        }
        return first != null;
    }

    /** Whether a file that was there before may stand for an entry: false where it stands for another one already. */
    boolean keep(FileStatus there) {
        return kept.add(new Key(there.device(), there.inode()));
    }

    /** Call when all content is there. */
    void finish(Directory target) {
        for (FurtherName name : furtherNames) {
            try {
                link(target, name);
            } catch (HostFileException e) {
                tally.fail(name.path(), String.valueOf(e.getMessage()));
            }
        }
        for (FirstName first : firstNames.values()) {
            try (OpenParent parent = RestorePaths.openParent(target, first.path())) {
                Directory directory = parent.directory();
                if (directory.find(first.entry().name()).isPresent()) {
                    tally.applyMetadata(directory, first.entry(), first.path());
                }
            } catch (HostFileException e) {
                tally.fail(first.path(), String.valueOf(e.getMessage()));
            }
        }
    }

    private void link(Directory target, FurtherName name) throws HostFileException {
        Bytes first = RestorePaths.leaf(name.first().path());
        Bytes leaf = RestorePaths.leaf(name.path());
        try (OpenParent firstParent =
                        RestorePaths.openParent(target, name.first().path());
                OpenParent parent = RestorePaths.openParent(target, name.path())) {
            Directory firstDirectory = firstParent.directory();
            if (firstDirectory.find(first).isEmpty()) {
                tally.fail(name.path(), "another name of a file that was not restored");
                return;
            }
            Directory directory = parent.directory();
            Optional<FileStatus> there = directory.find(leaf);
            boolean linked = there.isPresent() && there.get().isSameFileAs(firstDirectory.stat(first));
            if (!linked) {
                FileStatus before = directory.status();
                makeWritable(directory, before);
                if (there.isPresent()) {
                    FileRestore.removeExisting(directory, leaf, there.get());
                }
                directory.makeHardLink(firstDirectory, first, leaf);
                restoreTimes(directory, before, name.path());
            }
            if (name.first().entry().type() == EntryType.FILE) {
                tally.linked(name.path(), linked);
            } else {
                listener.restored(name.path(), 0, linked);
            }
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
}
