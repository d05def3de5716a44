package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.DirectoryEntry;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.FileType;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    private static final Bytes CACHE_TAG = Bytes.wrap("CACHEDIR.TAG".getBytes(StandardCharsets.US_ASCII));
    /** From the Cache Directory Tagging Specification, bford.info/cachedir. */
    private static final byte[] CACHE_SIGNATURE =
            "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

    /** Larger files are streamed. Twice this must fit into a group's buffer. */
    private static final int LARGE_FROM_BYTES = 1 << 20;
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
    private final Set<HardLinkKey> hardLinks = new HashSet<>();

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
    }

    /** Walks everything; failures of single files are told, not thrown. */
    void walk() throws HostFileException, InterruptedException {
        PathTrie trie = PathTrie.of(request.paths());
        Bytes slash = Bytes.wrap(new byte[] {'/'});
        Bytes rootName = Bytes.wrap(new byte[0]);
        try (Directory root = files.openDirectory(slash)) {
            FileStatus status = root.status();
            output.event(new WalkEvent.Enter(
                    Entries.of(rootName, EntryType.DIRECTORY, status, root.attributes(), root.flags())));
            inside(root, rootName, status, new ParentDirectory(parentTree, parent.root()), trie);
            output.event(new WalkEvent.Leave());
            output.flush();
        } finally {
            output.abandon();
        }
    }

    /** Visits what is asked for in an open directory: all of it, or the way to something below. */
    private void inside(
            Directory directory, Bytes path, FileStatus status, ParentDirectory old, @Nullable PathTrie trie)
            throws InterruptedException {
        if (trie != null && !trie.isWanted()) {
            for (Map.Entry<Bytes, PathTrie> child : trie.children().entrySet()) {
                visit(directory, child.getKey(), join(path, child.getKey()), status, old, child.getValue());
            }
            return;
        }
        List<DirectoryEntry> entries;
        try {
            entries = directory.entries();
        } catch (HostFileException e) {
            listener.unreadable(path, String.valueOf(e.getMessage()));
            return;
        }
        for (DirectoryEntry entry : entries) {
            Bytes childPath = join(path, entry.name());
            if (!request.excludes().excludes(childPath)) {
                visit(directory, entry.name(), childPath, status, old, null);
            }
        }
    }

    private void visit(
            Directory directory,
            Bytes name,
            Bytes path,
            FileStatus directoryStatus,
            ParentDirectory old,
            @Nullable PathTrie trie)
            throws InterruptedException {
        try {
            FileStatus status = directory.stat(name);
            if (status.isDirectory()) {
                boolean otherFileSystem =
                        request.oneFileSystem() && trie == null && status.device() != directoryStatus.device();
                subdirectory(directory, name, path, status, old, trie, otherFileSystem);
            } else if (status.isRegular()) {
                file(directory, name, path, status, old);
            } else {
                special(directory, name, path, status);
            }
        } catch (HostFileException e) {
            failed(path, e, trie != null);
        }
    }

    private void failed(Bytes path, HostFileException e, boolean askedFor) {
        if (e.isVanished() && !askedFor) {
            listener.note(path, "vanished while it was being saved");
        } else {
            listener.unreadable(path, String.valueOf(e.getMessage()));
        }
    }

    private void subdirectory(
            Directory above,
            Bytes name,
            Bytes path,
            FileStatus status,
            ParentDirectory old,
            @Nullable PathTrie trie,
            boolean otherFileSystem)
            throws InterruptedException, HostFileException {
        Directory opened;
        try {
            opened = above.openDirectory(name);
        } catch (HostFileException e) {
            if (!e.isVanished()) {
                // Its name and rights are known; what is in it is not.
                output.event(new WalkEvent.Enter(Entries.of(name, EntryType.DIRECTORY, status, List.of(), 0)));
                output.event(new WalkEvent.Leave());
            }
            throw e;
        }
        try (Directory directory = opened) {
            FileStatus current = directory.status();
            output.event(new WalkEvent.Enter(
                    Entries.of(name, EntryType.DIRECTORY, current, directory.attributes(), directory.flags())));
            Optional<PageRef> oldRoot =
                    old.find(name).filter(e -> e.type() == EntryType.DIRECTORY).flatMap(TreeEntry::directory);
            // A directory on the way to what was asked for is no cache to leave out.
            boolean onTheWay = trie != null && !trie.isWanted();
            if (!otherFileSystem && (onTheWay || !isCache(directory))) {
                inside(directory, path, current, new ParentDirectory(parentTree, oldRoot), trie);
            }
            output.event(new WalkEvent.Leave());
        }
    }

    private boolean isCache(Directory directory) {
        if (!request.excludeCaches()) {
            return false;
        }
        try (OpenFile tag = directory.openFile(CACHE_TAG)) {
            byte[] start = new byte[CACHE_SIGNATURE.length];
            return tag.read(ByteBuffer.wrap(start), 0) == start.length && Arrays.equals(start, CACHE_SIGNATURE);
        } catch (HostFileException e) {
            return false;
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
                output.event(
                        new WalkEvent.FurtherName(path, Entries.of(name, EntryType.FILE, status, List.of(), 0), key));
                return;
            }
        }
        if (status.sizeBytes() > LARGE_FROM_BYTES || status.mayHaveHoles()) {
            largeFiles.read(directory, name, path, outcome);
        } else {
            output.small(new FileToRead(path, name, directory.retain(), status, outcome));
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

    private static Bytes join(Bytes directory, Bytes name) {
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        joined[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, directory.length() + 1, name.length());
        return Bytes.wrap(joined);
    }
}
