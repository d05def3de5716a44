package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.session.ChunkTarget;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.OlderVersion;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.backup.BackupListener.FileOutcome;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns what was walked and read into chunks and directory pages, in the order of the tree. One thread: it is the only one that adds to
 * the session.
 */
final class TreeAssembler {
    private final ChunkTarget target;
    private final BackupListener listener;
    private final LateReader lateReader;
    private final Deque<OpenDirectory> open = new ArrayDeque<>();
    private final Map<HardLinkKey, TreeEntry> hardLinks = new HashMap<>();
    private final Set<Integer> userIds = new HashSet<>();
    private final Set<Integer> groupIds = new HashSet<>();
    private final ContentReader parentContent;
    private @Nullable ContentWriter large;
    private Optional<OlderVersion> largeBefore = Optional.empty();
    private Optional<PageRef> root = Optional.empty();
    private boolean done;

    private long files;
    private long directories;
    private long others;
    private long bytes;
    private long newFiles;
    private long changedFiles;
    private long unchangedFiles;

    private record OpenDirectory(TreeEntry.Builder entry, DirectoryWriter writer) {}

    /** @param parentContent reads the chunk lists of the parent snapshot */
    TreeAssembler(
            ChunkTarget target,
            BackupListener listener,
            Chunker chunker,
            ChunkHasher hasher,
            ContentReader parentContent) {
        this.target = target;
        this.parentContent = parentContent;
        this.listener = listener;
        this.lateReader = new LateReader(chunker, hasher, listener, this::process);
    }

    /** Whether the root directory has ended. */
    boolean isDone() {
        return done;
    }

    /** The root page of {@code /}. */
    Optional<PageRef> root() {
        return root;
    }

    Set<Integer> userIds() {
        return userIds;
    }

    Set<Integer> groupIds() {
        return groupIds;
    }

    SnapshotStatistics statistics(long addedBytes, long storedBytes, long unreadable) {
        return new SnapshotStatistics(
                files,
                directories,
                others,
                bytes,
                addedBytes,
                storedBytes,
                newFiles,
                changedFiles,
                unchangedFiles,
                unreadable);
    }

    void process(WalkEvent event) {
        switch (event) {
            case WalkEvent.Enter enter -> open.push(new OpenDirectory(enter.directory(), new DirectoryWriter(target)));
            case WalkEvent.Leave ignored -> leave();
            case WalkEvent.Ready ready -> add(ready.path(), ready.entry(), ready.outcome(), 0);
            case WalkEvent.Read read -> read(read.file());
            case WalkEvent.LargeBegin begin -> largeBefore = olderVersion(begin.before());
            case WalkEvent.Part part -> part(part.chunks());
            case WalkEvent.LargeEnd end -> largeEnd(end);
            case WalkEvent.LargeFailed ignored -> large = null;
            case WalkEvent.FurtherName name -> furtherName(name);
        }
    }

    private void leave() {
        OpenDirectory directory = open.pop();
        directory.entry().directory(directory.writer().finish().orElse(null));
        TreeEntry entry = directory.entry().build();
        note(entry);
        if (open.isEmpty()) {
            root = Optional.of(DirectoryWriter.storeRoot(target, entry));
            done = true;
        } else {
            directories++;
            open.element().writer().add(entry);
        }
    }

    private void read(FileToRead file) {
        if (file.late) {
            readLate(file.directory, file.name, file.path, file.outcome, file.before);
            return;
        }
        if (file.entry == null) {
            if (file.vanished) {
                listener.note(file.path, "vanished while it was being saved");
            } else {
                listener.unreadable(file.path, String.valueOf(file.problem));
            }
            return;
        }
        TreeEntry entry = file.entry.content(store(file)).build();
        add(
                file.path,
                entry,
                file.before.filter(old -> isSame(old, entry)).isPresent() ? FileOutcome.UNCHANGED : file.outcome,
                0);
    }

    /** Whether a file was read only because its times could not be trusted. */
    private static boolean isSame(TreeEntry old, TreeEntry now) {
        return old.sizeBytes() == now.sizeBytes()
                && old.modified().equals(now.modified())
                && old.content() instanceof Content.Inline before
                && now.content() instanceof Content.Inline after
                && Arrays.equals(before.refs(), after.refs());
    }

    private Content store(FileToRead file) {
        if (file.chunks.isEmpty()) {
            return Content.EMPTY;
        }
        ContentWriter content = new ContentWriter(target);
        Optional<OlderVersion> before = olderVersion(file.before);
        for (HashedChunk chunk : file.chunks) {
            store(chunk, content, before);
        }
        return content.finish();
    }

    private void store(HashedChunk chunk, ContentWriter content, Optional<OlderVersion> before) {
        List<ChunkId> older =
                before.map(version -> version.next(chunk.id, chunk.length)).orElse(List.of());
        target.add(ChunkKind.CONTENT, chunk.id, chunk.buffer, chunk.offset, chunk.length, older);
        content.add(chunk.id, chunk.length);
    }

    private Optional<OlderVersion> olderVersion(Optional<TreeEntry> before) {
        return before.filter(entry -> target.takesDeltas()).map(entry -> OlderVersion.ofFile(parentContent, entry));
    }

    private void part(List<HashedChunk> chunks) {
        ContentWriter content = large;
        if (content == null) {
            content = new ContentWriter(target);
            large = content;
        }
        for (HashedChunk chunk : chunks) {
            store(chunk, content, largeBefore);
        }
    }

    private void largeEnd(WalkEvent.LargeEnd end) {
        Content content = large == null ? Content.EMPTY : large.finish();
        large = null;
        TreeEntry entry = end.entry().content(content).build();
        add(end.path(), entry, end.outcome(), entry.sizeBytes());
    }

    private void readLate(
            Directory directory, Bytes name, Bytes path, FileOutcome outcome, Optional<TreeEntry> before) {
        try (directory) {
            lateReader.read(directory, name, path, outcome, before);
        } catch (HostFileException e) {
            if (e.isVanished()) {
                listener.note(path, "vanished while it was being saved");
            } else {
                listener.unreadable(path, String.valueOf(e.getMessage()));
            }
        }
    }

    private void furtherName(WalkEvent.FurtherName name) {
        TreeEntry first = hardLinks.get(name.key());
        if (first == null) {
            // Something has happened to its first name meanwhile.
            readLate(name.directory(), name.entry().name(), name.path(), name.outcome(), Optional.empty());
            return;
        }
        name.directory().close();
        TreeEntry entry = first.toBuilder().name(name.entry().name()).build();
        note(entry);
        files++;
        listener.file(name.path(), 0, name.outcome());
        count(name.outcome());
        open.element().writer().add(entry);
    }

    /** @param toldBytes of its content the listener has heard */
    private void add(Bytes path, TreeEntry entry, FileOutcome outcome, long toldBytes) {
        note(entry);
        if (entry.type() == EntryType.FILE) {
            files++;
            boolean firstName = entry.links() <= 1
                    || hardLinks.putIfAbsent(new HardLinkKey(entry.device(), entry.inode()), entry) == null;
            long size = firstName ? entry.sizeBytes() : 0;
            bytes += size;
            count(outcome);
            if (entry.changedWhileRead()) {
                listener.torn(path);
            }
            if (size != toldBytes) {
                listener.advanced(size - toldBytes);
            }
            listener.file(path, size, outcome);
        } else {
            others++;
        }
        open.element().writer().add(entry);
    }

    private void count(FileOutcome outcome) {
        switch (outcome) {
            case NEW -> newFiles++;
            case CHANGED -> changedFiles++;
            case UNCHANGED -> unchangedFiles++;
        }
    }

    private void note(TreeEntry entry) {
        userIds.add(entry.uid());
        groupIds.add(entry.gid());
    }
}
