package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Names of a tree, or what differs from another one; directories that are the same are not read. */
final class TreeNames {
    private static final Bytes ROOT = Bytes.wrap(new byte[0]);

    private final DirectoryReader before;
    private final DirectoryReader after;
    private final Sink sink;

    /** Takes entries in the order of paths, each with one event of snapshot 0. */
    @FunctionalInterface
    interface Sink {
        void accept(NameEntry entry) throws IOException;
    }

    private TreeNames(ChunkSource chunks, Sink sink) {
        this.before = new DirectoryReader(chunks);
        this.after = this.before;
        this.sink = sink;
    }

    /**
     * Finds what differs.
     *
     * @param before the older tree; empty: all names of the newer one appear
     * @param after empty: there are none
     */
    static void differences(ChunkSource chunks, Optional<PageRef> before, Optional<PageRef> after, Sink sink)
            throws IOException {
        if (before.equals(after)) {
            return;
        }
        TreeNames names = new TreeNames(chunks, sink);
        names.directories(
                ROOT,
                before.flatMap(page -> names.before.root(page).directory()),
                after.flatMap(page -> names.after.root(page).directory()));
    }

    private void directories(Bytes path, Optional<PageRef> older, Optional<PageRef> newer) throws IOException {
        if (older.equals(newer)) {
            return;
        }
        Iterator<TreeEntry> olds = before.entries(older);
        Iterator<TreeEntry> news = after.entries(newer);
        TreeEntry old = nextOf(olds);
        TreeEntry fresh = nextOf(news);
        while (old != null || fresh != null) {
            int order = old == null ? 1 : fresh == null ? -1 : old.name().compareTo(fresh.name());
            if (order < 0) {
                entries(path, old, null);
                old = nextOf(olds);
            } else if (order > 0) {
                entries(path, null, fresh);
                fresh = nextOf(news);
            } else {
                entries(path, old, fresh);
                old = nextOf(olds);
                fresh = nextOf(news);
            }
        }
    }

    private static @Nullable TreeEntry nextOf(Iterator<TreeEntry> entries) {
        return entries.hasNext() ? entries.next() : null;
    }

    /** One name, in one of the directories or in both. */
    private void entries(Bytes directory, @Nullable TreeEntry old, @Nullable TreeEntry fresh) throws IOException {
        TreeEntry named = fresh != null ? fresh : old;
        if (named == null) {
            return;
        }
        Bytes path = child(directory, named.name());
        if (fresh == null) {
            sink.accept(new NameEntry(path, List.of(NameEvent.gone(0))));
        } else if (old == null || !isSame(old, fresh)) {
            sink.accept(new NameEntry(
                    path,
                    List.of(new NameEvent(
                            0,
                            Optional.of(fresh.type()),
                            fresh.sizeBytes(),
                            fresh.modified().seconds()))));
        }
        directories(
                path,
                old == null ? Optional.empty() : old.directory(),
                fresh == null ? Optional.empty() : fresh.directory());
    }

    private static Bytes child(Bytes directory, Bytes name) {
        byte[] path = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        path[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, path, directory.length() + 1, name.length());
        return Bytes.wrap(path);
    }

    /** Whether people would call it the same version: rights and owners may differ. */
    private static boolean isSame(TreeEntry old, TreeEntry fresh) {
        return old.type() == fresh.type()
                && old.sizeBytes() == fresh.sizeBytes()
                && old.modified().seconds() == fresh.modified().seconds()
                && isSame(old.content(), fresh.content());
    }

    private static boolean isSame(Content old, Content fresh) {
        return old instanceof Content.Inline before && fresh instanceof Content.Inline after
                ? Arrays.equals(before.refs(), after.refs())
                : old.equals(fresh);
    }
}
