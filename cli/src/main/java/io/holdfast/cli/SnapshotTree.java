package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

/** The tree of one snapshot, for commands that look at it. One thread. */
final class SnapshotTree {
    private final ChunkSource chunks;
    private final DirectoryReader reader;
    private final Snapshot snapshot;

    SnapshotTree(ChunkSource chunks, Snapshot snapshot) {
        this.chunks = chunks;
        this.reader = new DirectoryReader(chunks);
        this.snapshot = snapshot;
    }

    /** Receives entries with their paths, parents first; false leaves out what is below a directory. */
    @FunctionalInterface
    interface Visitor {
        boolean visit(Bytes path, TreeEntry entry);
    }

    DirectoryReader reader() {
        return reader;
    }

    ChunkSource chunks() {
        return chunks;
    }

    ContentReader contents() {
        return new ContentReader(chunks);
    }

    /** The directory {@code /}. */
    Optional<TreeEntry> root() {
        return snapshot.manifest().root().map(reader::root);
    }

    /** @throws HoldfastException {@code NOT_FOUND} where the path is not in the snapshot */
    TreeEntry find(Bytes path) {
        Optional<TreeEntry> at = root();
        byte[] bytes = path.unsafeArray();
        int start = 1;
        for (int i = 1; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                if (i > start) {
                    Bytes name = Bytes.copyOf(bytes, start, i - start);
                    at = at.filter(e -> e.type() == EntryType.DIRECTORY).flatMap(e -> reader.find(e.directory(), name));
                }
                start = i + 1;
            }
        }
        return at.orElseThrow(() -> new HoldfastException(
                ErrorCode.NOT_FOUND,
                "'" + Names.text(path) + "' is not in snapshot " + snapshot.id().shortText(),
                "'holdfast ls' and 'holdfast find' show what is."));
    }

    /** Visits everything below a directory. */
    void walk(Bytes path, TreeEntry directory, Visitor visitor) {
        for (Iterator<TreeEntry> entries = reader.entries(directory.directory()); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            Bytes entryPath = join(path, entry.name());
            if (visitor.visit(entryPath, entry) && entry.type() == EntryType.DIRECTORY) {
                walk(entryPath, entry, visitor);
            }
        }
    }

    static Bytes join(Bytes directory, Bytes name) {
        int length = directory.length() == 1 ? 0 : directory.length();
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), length + 1 + name.length());
        joined[length] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, length + 1, name.length());
        return Bytes.wrap(joined);
    }

    /** A path as given by a user: absolute, without dots and trailing slash. */
    static Bytes path(String given) {
        if (given.isEmpty()) {
            throw HoldfastException.usage("an empty path", "Write a path in the snapshot, or '/' for all of it.");
        }
        Deque<String> components = new ArrayDeque<>();
        for (String component : given.split("/", -1)) {
            if (component.equals("..")) {
                components.pollLast();
            } else if (!component.isEmpty() && !component.equals(".")) {
                components.addLast(component);
            }
        }
        return Names.bytes("/" + String.join("/", components));
    }
}
