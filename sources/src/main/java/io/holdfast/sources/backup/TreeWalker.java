package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.session.ChunkTarget;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.FileType;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks the asked-for paths in the order of their names, beside the parent snapshot's tree, and says for each entry whether it
 * must be read. One thread.
 */
final class TreeWalker {
    /** Files up to this size share a group. Twice this must fit into a group's buffer. */
    private static final int SMALL_UP_TO_BYTES = 1 << 20;
    /** Files up to this size are read by one of the readers, larger ones and those with holes are streamed by the walker. */
    private static final int MEDIUM_UP_TO_BYTES = GroupQueue.LARGE_BUFFER_BYTES;
    /** Each level takes stack and an open directory, of every program that goes down the tree later, too. */
    private static final int MAX_DEPTH = 10_000;
    /**
     * A file changed this shortly before the parent began may have changed again within the same tick of its file system's clock (2 s on
     * FAT): it is read again.
     */
    private static final int RACY_SECONDS = 2;

    private final HostFiles files;
    private final BackupRequest request;
    private final ChunkTarget target;
    private final BackupListener listener;
    private final WalkOutput output;
    private final LargeFileReader largeFiles;
    private final DirectoryReader parentTree;
    private final ContentReader parentContent;
    private final Parent parent;
    private final DirectoryScout scout;
    private final Set<HardLinkKey> hardLinks = new HashSet<>();
    /** Directories that the walk is in. */
    private int depth;

    /**
     * The parent snapshot.
     *
     * @param root its tree; empty where there is no parent
     * @param started when it began
     */
    record Parent(Optional<PageRef> root, Timestamp started) {}

    TreeWalker(
            HostFiles files,
            BackupRequest request,
            ChunkTarget target,
            BackupListener listener,
            WalkOutput output,
            Chunker chunker,
            DirectoryReader parentTree,
            ContentReader parentContent,
            Parent parent) {
        this.files = files;
        this.request = request;
        this.target = target;
        this.listener = listener;
        this.output = output;
        this.largeFiles = new LargeFileReader(chunker, output, listener);
        this.parentTree = parentTree;
        this.parentContent = parentContent;
        this.parent = parent;
        this.scout = new DirectoryScout(request);
    }

    /** Walks everything, once; failures of single files are told, not thrown. */
    void walk() throws HostFileException, InterruptedException {
        PathTrie trie = PathTrie.of(request.paths());
        Bytes slash = Bytes.wrap(new byte[] {'/'});
        Bytes rootName = Bytes.wrap(new byte[0]);
        try (scout;
                Directory root = files.openDirectory(slash)) {
            FileStatus status = root.status();
            ParentDirectory old = new ParentDirectory(parentTree, parent.root());
            output.event(new WalkEvent.Enter(
                    Entries.of(rootName, EntryType.DIRECTORY, status, root.attributes(), root.flags())));
            if (trie.isWanted()) {
                try (Listing listing = scout.list(root.retain(), rootName)) {
                    inside(listing, rootName, old);
                }
            } else {
                onTheWay(root, rootName, old, trie);
            }
            output.event(new WalkEvent.Leave());
            output.flush();
        } finally {
            output.abandon();
        }
    }

    /** Visits nothing but the ways to what was asked for. */
    private void onTheWay(Directory directory, Bytes path, ParentDirectory old, PathTrie trie)
            throws InterruptedException {
        for (Map.Entry<Bytes, PathTrie> way : trie.children().entrySet()) {
            Bytes name = way.getKey();
            PathTrie below = way.getValue();
            Listing.Child child = new Listing.Child(name, DirectoryScout.join(path, name), null, null);
            visit(directory, child, old, true, status -> {
                if (below.isWanted()) {
                    Opening opening = () -> scout.list(directory.openDirectory(name), child.path());
                    subdirectory(child, status, old, opening, null);
                } else {
                    Opening opening = () -> scout.unlisted(directory.openDirectory(name));
                    subdirectory(child, status, old, opening, below);
                }
            });
        }
    }

    /** Visits all that the listing holds. */
    private void inside(Listing listing, Bytes path, ParentDirectory old) throws InterruptedException {
        if (listing.failure() != null) {
            listener.unreadable(path, String.valueOf(listing.failure().getMessage()));
            return;
        }
        Directory directory = listing.directory();
        DirectoryScout.Level level = scout.enter(listing);
        for (int i = 0; i < listing.entries().size(); i++) {
            Listing.Child child = listing.entries().get(i);
            int index = i;
            visit(directory, child, old, false, status -> {
                boolean elsewhere = request.oneFileSystem()
                        && status.device() != listing.status().device();
                Opening opening = elsewhere
                        ? () -> scout.unlisted(directory.openDirectory(child.name()))
                        : () -> level.take(index);
                subdirectory(child, status, old, opening, null);
            });
        }
    }

    @FunctionalInterface
    private interface DirectoryVisit {
        void run(FileStatus status) throws HostFileException, InterruptedException;
    }

    /** @param askedFor by name, so that it is an error where it is not there */
    private void visit(
            Directory directory, Listing.Child child, ParentDirectory old, boolean askedFor, DirectoryVisit ifDirectory)
            throws InterruptedException {
        try {
            FileStatus status = child.look(directory);
            try {
                visit(directory, child, status, old, ifDirectory);
            } catch (HostFileException e) {
                // It may have become something else since it was looked at; once is enough, or this could go on for
                // ever.
                FileStatus now = directory.stat(child.name());
                if (now.type() == status.type()) {
                    throw e;
                }
                visit(directory, child, now, old, ifDirectory);
            }
        } catch (HostFileException e) {
            failed(child.path(), e, askedFor);
        }
    }

    private void visit(
            Directory directory,
            Listing.Child child,
            FileStatus status,
            ParentDirectory old,
            DirectoryVisit ifDirectory)
            throws HostFileException, InterruptedException {
        if (status.isDirectory()) {
            ifDirectory.run(status);
        } else if (status.isRegular()) {
            file(directory, child.name(), child.path(), status, old);
        } else {
            special(directory, child.name(), child.path(), status);
        }
    }

    private void failed(Bytes path, HostFileException e, boolean askedFor) {
        if (e.isVanished() && !askedFor) {
            listener.note(path, "vanished while it was being saved");
        } else {
            listener.unreadable(path, String.valueOf(e.getMessage()));
        }
    }

    @FunctionalInterface
    private interface Opening {
        Listing open() throws HostFileException, InterruptedException;
    }

    /** @param way where to go in it; null for everything that is listed */
    private void subdirectory(
            Listing.Child child, FileStatus status, ParentDirectory old, Opening opening, @Nullable PathTrie way)
            throws InterruptedException, HostFileException {
        Listing opened;
        try {
            opened = opening.open();
        } catch (HostFileException e) {
            if (!e.isVanished() && e.reason() != HostFileException.Reason.OTHER_TYPE) {
                // Its name and rights are known; what is in it is not.
                output.event(new WalkEvent.Enter(Entries.of(child.name(), EntryType.DIRECTORY, status, List.of(), 0)));
                output.event(new WalkEvent.Leave());
            }
            throw e;
        }
        try (Listing listing = opened) {
            output.event(new WalkEvent.Enter(Entries.of(
                    child.name(), EntryType.DIRECTORY, listing.status(), listing.attributes(), listing.flags())));
            Optional<PageRef> oldRoot = old.find(child.name())
                    .filter(e -> e.type() == EntryType.DIRECTORY)
                    .flatMap(TreeEntry::directory);
            ParentDirectory oldInside = new ParentDirectory(parentTree, oldRoot);
            depth++;
            if (way != null) {
                onTheWay(listing.directory(), child.path(), oldInside, way);
            } else if (depth <= MAX_DEPTH) {
                inside(listing, child.path(), oldInside);
            } else {
                listener.unreadable(
                        child.path(), "lies in more than " + MAX_DEPTH + " directories; what is in it was not saved");
            }
            depth--;
            output.event(new WalkEvent.Leave());
        }
    }

    private void file(Directory directory, Bytes name, Bytes path, FileStatus status, ParentDirectory old)
            throws InterruptedException, HostFileException {
        Optional<TreeEntry> before = old.find(name).filter(e -> e.type() == EntryType.FILE);
        if (before.isPresent() && isUnchanged(before.get(), status) && hasContent(before.get())) {
            TreeEntry entry = before.get();
            if (entry.device() != status.device()) {
                entry = entry.toBuilder()
                        .inode(status.device(), status.inode(), (int) status.linkCount())
                        .build();
            }
            output.event(new WalkEvent.Ready(path, entry, BackupListener.FileOutcome.UNCHANGED));
            return;
        }
        BackupListener.FileOutcome outcome =
                before.isPresent() ? BackupListener.FileOutcome.CHANGED : BackupListener.FileOutcome.NEW;
        if (status.linkCount() > 1) {
            HardLinkKey key = new HardLinkKey(status.device(), status.inode());
            if (!hardLinks.add(key)) {
                output.event(new WalkEvent.FurtherName(
                        path,
                        directory.retain(),
                        Entries.of(name, EntryType.FILE, status, List.of(), 0).build(),
                        key,
                        outcome));
                return;
            }
        }
        if (status.sizeBytes() > MEDIUM_UP_TO_BYTES || status.mayHaveHoles()) {
            largeFiles.read(directory, name, path, outcome, before);
            return;
        }
        FileToRead file = new FileToRead(path, name, directory.retain(), status, outcome, before);
        if (status.sizeBytes() > SMALL_UP_TO_BYTES) {
            output.medium(file);
        } else {
            output.small(file);
        }
    }

    private boolean isUnchanged(TreeEntry before, FileStatus now) {
        return before.sizeBytes() == now.sizeBytes()
                && before.inode() == now.inode()
                && before.modified().equals(Entries.timestamp(now.modified()))
                && before.changed().equals(Entries.timestamp(now.changed()))
                && !before.changedWhileRead()
                && before.changed().seconds() < parent.started().seconds() - RACY_SECONDS;
    }

    /** Step W4: content is taken over only where this session may reference every chunk of it. */
    private boolean hasContent(TreeEntry before) {
        boolean[] pagesThere = {true};
        try {
            boolean chunksThere = parentContent.walk(
                    before.content(),
                    page -> {
                        pagesThere[0] &= target.contains(page.id());
                        return pagesThere[0];
                    },
                    (id, length) -> target.contains(id));
            return chunksThere && pagesThere[0];
        } catch (HoldfastException e) {
            ParentChunks.rethrowUnlessDamage(e);
            return false;
        }
    }

    private void special(Directory directory, Bytes name, Bytes path, FileStatus status)
            throws HostFileException, InterruptedException {
        Optional<EntryType> type = Entries.type(status);
        if (type.isEmpty()) {
            listener.note(
                    path,
                    status.type() == FileType.SOCKET ? "is a socket, not saved" : "is of an unknown type, not saved");
            return;
        }
        TreeEntry.Builder entry = Entries.of(name, type.get(), status, directory.attributes(name), 0);
        if (type.get() == EntryType.SYMLINK) {
            entry.linkTarget(directory.readLink(name));
        }
        output.event(new WalkEvent.Ready(path, entry.build(), BackupListener.FileOutcome.NEW));
    }
}
