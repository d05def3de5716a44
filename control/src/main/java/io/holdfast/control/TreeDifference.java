package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.core.NameText;
import io.holdfast.protocol.api.TreeApi.Difference;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What differs between two trees: directories whose pages are the same are not looked into. One comparison, one thread. */
final class TreeDifference {
    private final BrowsedTree older;
    private final BrowsedTree newer;
    private final int most;
    private final List<Difference> found = new ArrayList<>();

    /** @param most so many are told */
    TreeDifference(BrowsedTree older, BrowsedTree newer, int most) {
        this.older = older;
        this.newer = newer;
        this.most = most;
    }

    /** Those that differ, one more than asked for where there are more. */
    List<Difference> compare() {
        boolean ignored = compare(
                TreePaths.ROOT,
                older.root().flatMap(TreeEntry::directory),
                newer.root().flatMap(TreeEntry::directory));
        return found;
    }

    /** False where it was stopped. */
    private boolean compare(Bytes path, Optional<PageRef> left, Optional<PageRef> right) {
        if (left.equals(right)) {
            return true;
        }
        Iterator<TreeEntry> lefts = older.entries(left);
        Iterator<TreeEntry> rights = newer.entries(right);
        TreeEntry l = next(lefts);
        TreeEntry r = next(rights);
        while (l != null || r != null) {
            int order = l == null ? 1 : r == null ? -1 : l.name().compareTo(r.name());
            boolean goesOn = true;
            if (order < 0 && l != null) {
                goesOn = only("-", older, path, l);
                l = next(lefts);
            } else if (order > 0 && r != null) {
                goesOn = only("+", newer, path, r);
                r = next(rights);
            } else if (l != null && r != null) {
                goesOn = both(TreePaths.join(path, l.name()), l, r);
                l = next(lefts);
                r = next(rights);
            }
            if (!goesOn) {
                return false;
            }
        }
        return true;
    }

    private boolean only(String change, BrowsedTree tree, Bytes directory, TreeEntry entry) {
        Bytes path = TreePaths.join(directory, entry.name());
        return tell(change, path, entry)
                && (entry.type() != EntryType.DIRECTORY
                        || tree.walk(path, entry, List.of(), (below, each) -> tell(change, below, each)));
    }

    private boolean both(Bytes path, TreeEntry l, TreeEntry r) {
        String change =
                l.type() != r.type() ? "T" : !hasSameContent(l, r) ? "M" : !isSameBesides(path, l, r) ? "U" : "";
        return (change.isEmpty() || tell(change, path, r))
                && (l.type() != EntryType.DIRECTORY && r.type() != EntryType.DIRECTORY
                        || compare(path, l.directory(), r.directory()));
    }

    private boolean tell(String change, Bytes path, TreeEntry entry) {
        found.add(new Difference(change, NameText.of(path), BrowsedTree.kind(entry)));
        return found.size() <= most;
    }

    /** Whether two entries are the same to who reads them. */
    static boolean hasSameContent(TreeEntry l, TreeEntry r) {
        boolean sameChunks = l.content() instanceof Content.Inline x && r.content() instanceof Content.Inline y
                ? Arrays.equals(x.refs(), y.refs())
                : l.content().equals(r.content());
        return sameChunks
                && l.sizeBytes() == r.sizeBytes()
                && l.holes().equals(r.holes())
                && l.linkTarget().equals(r.linkTarget())
                && l.major() == r.major()
                && l.minor() == r.minor();
    }

    /** Directories above what was saved are changed by others than those in the snapshots. */
    private boolean isSameBesides(Bytes path, TreeEntry l, TreeEntry r) {
        boolean same = l.mode() == r.mode()
                && l.uid() == r.uid()
                && l.gid() == r.gid()
                && l.modified().equals(r.modified())
                && l.xattrs().equals(r.xattrs())
                && l.inodeFlags() == r.inodeFlags();
        return same || !isSaved(path);
    }

    private boolean isSaved(Bytes path) {
        return older.manifest().paths().stream().anyMatch(top -> isAtOrBelow(path, top))
                || newer.manifest().paths().stream().anyMatch(top -> isAtOrBelow(path, top));
    }

    private static boolean isAtOrBelow(Bytes path, Bytes top) {
        int length = top.length() == 1 ? 0 : top.length();
        return path.length() >= length
                && Arrays.equals(path.unsafeArray(), 0, length, top.unsafeArray(), 0, length)
                && (path.length() == length || path.unsafeArray()[length] == '/');
    }

    private static @Nullable TreeEntry next(Iterator<TreeEntry> entries) {
        return entries.hasNext() ? entries.next() : null;
    }
}
