package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.core.NameText;
import io.holdfast.protocol.api.TreeApi.EntryView;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;

/** The tree of one snapshot. As safe for many threads as its source. */
final class BrowsedTree {
    private final DirectoryReader reader;
    private final ChunkSource chunks;
    private final Manifest manifest;

    BrowsedTree(Snapshot snapshot, ChunkSource chunks) {
        this.reader = new DirectoryReader(chunks);
        this.chunks = chunks;
        this.manifest = snapshot.manifest();
    }

    /** Receives entries with their paths, parents first. */
    @FunctionalInterface
    interface Visitor {
        /** @return false to stop altogether */
        boolean visit(Bytes path, TreeEntry entry);
    }

    ChunkSource chunks() {
        return chunks;
    }

    Manifest manifest() {
        return manifest;
    }

    Optional<TreeEntry> root() {
        return manifest.root().map(reader::root);
    }

    Optional<TreeEntry> find(List<Bytes> names) {
        Optional<TreeEntry> at = root();
        for (Bytes name : names) {
            at = at.filter(entry -> entry.type() == EntryType.DIRECTORY)
                    .flatMap(entry -> reader.find(entry.directory(), name));
        }
        return at;
    }

    Optional<TreeEntry> find(Optional<PageRef> directory, Bytes name) {
        return reader.find(directory, name);
    }

    Iterator<TreeEntry> entries(Optional<PageRef> directory) {
        return reader.entries(directory);
    }

    /** A name and what follows it in a directory. */
    Iterator<TreeEntry> from(Optional<PageRef> directory, Bytes name) {
        return reader.entriesFrom(directory, name);
    }

    /** What follows a name in a directory. */
    Iterator<TreeEntry> after(Optional<PageRef> directory, Bytes name) {
        // The next name that there can be.
        byte[] next = new byte[name.length() + 1];
        System.arraycopy(name.unsafeArray(), 0, next, 0, name.length());
        return reader.entriesFrom(directory, Bytes.wrap(next));
    }

    /**
     * Visits what is below a directory in order.
     *
     * @param done the names of the last path that was visited before; none to begin
     * @return false where the visitor stopped it
     */
    boolean walk(Bytes path, TreeEntry directory, List<Bytes> done, Visitor visitor) {
        if (!done.isEmpty()) {
            Bytes name = done.getFirst();
            Optional<TreeEntry> on =
                    reader.find(directory.directory(), name).filter(entry -> entry.type() == EntryType.DIRECTORY);
            if (on.isPresent() && !walk(TreePaths.join(path, name), on.get(), done.subList(1, done.size()), visitor)) {
                return false;
            }
        }
        Iterator<TreeEntry> entries =
                done.isEmpty() ? reader.entries(directory.directory()) : after(directory.directory(), done.getFirst());
        while (entries.hasNext()) {
            TreeEntry entry = entries.next();
            Bytes entryPath = TreePaths.join(path, entry.name());
            if (!visitor.visit(entryPath, entry)
                    || entry.type() == EntryType.DIRECTORY && !walk(entryPath, entry, List.of(), visitor)) {
                return false;
            }
        }
        return true;
    }

    EntryView view(Bytes path, TreeEntry entry) {
        return new EntryView(
                NameText.of(path),
                NameText.of(entry.name()),
                kind(entry),
                Integer.toOctalString(entry.mode()),
                Integer.toUnsignedLong(entry.uid()),
                Integer.toUnsignedLong(entry.gid()),
                name(manifest.users(), entry.uid()),
                name(manifest.groups(), entry.gid()),
                entry.sizeBytes(),
                entry.modified().toInstant(),
                entry.type() == EntryType.SYMLINK ? Optional.of(NameText.of(entry.linkTarget())) : Optional.empty());
    }

    static String kind(TreeEntry entry) {
        return entry.type().name().toLowerCase(Locale.ROOT);
    }

    static Optional<String> name(SortedMap<Long, String> names, int id) {
        return Optional.ofNullable(names.get(Integer.toUnsignedLong(id)));
    }
}
