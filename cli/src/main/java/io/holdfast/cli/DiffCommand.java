package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "diff",
        description = "Tells what differs between two snapshots: + added, - removed, M content, T type, U metadata.")
final class DiffCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "A", description = "The older snapshot.")
    private String from = "";

    @Parameters(index = "1", paramLabel = "B", description = "The newer snapshot.")
    private String to = "";

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    private final Set<Bytes> wanted = new HashSet<>();
    private long added;
    private long removed;
    private long modified;

    DiffCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            List<Snapshot> all = filter.select(access.live());
            Snapshot left = SnapshotFilter.one(all, from);
            Snapshot right = SnapshotFilter.one(all, to);
            wanted.addAll(left.manifest().paths());
            wanted.addAll(right.manifest().paths());
            SnapshotTree a = new SnapshotTree(access.chunks(left), left);
            SnapshotTree b = new SnapshotTree(access.chunks(right), right);
            compare(SnapshotTree.path("/"), a, a.root(), b, b.root());
            root.messages().tell("%d added, %d removed, %d changed".formatted(added, removed, modified));
            root.messages()
                    .object(JsonLine.of("summary")
                            .with("added", added)
                            .with("removed", removed)
                            .with("changed", modified));
            return 0;
        }
    }

    private void compare(
            Bytes path, SnapshotTree a, Optional<TreeEntry> left, SnapshotTree b, Optional<TreeEntry> right) {
        Optional<Object> sameRoot = left.flatMap(TreeEntry::directory).map(Object.class::cast);
        if (left.isPresent()
                && right.isPresent()
                && sameRoot.equals(right.get().directory().map(Object.class::cast))) {
            return; // Equal pages: everything below is equal.
        }
        Iterator<TreeEntry> lefts = a.reader().entries(left.flatMap(TreeEntry::directory));
        Iterator<TreeEntry> rights = b.reader().entries(right.flatMap(TreeEntry::directory));
        TreeEntry l = next(lefts);
        TreeEntry r = next(rights);
        while (l != null || r != null) {
            int order = l == null ? 1 : r == null ? -1 : l.name().compareTo(r.name());
            if (order < 0 && l != null) {
                only('-', SnapshotTree.join(path, l.name()), a, l);
                l = next(lefts);
            } else if (order > 0 && r != null) {
                only('+', SnapshotTree.join(path, r.name()), b, r);
                r = next(rights);
            } else if (l != null && r != null) {
                both(SnapshotTree.join(path, l.name()), a, l, b, r);
                l = next(lefts);
                r = next(rights);
            }
        }
    }

    private void only(char sign, Bytes path, SnapshotTree tree, TreeEntry entry) {
        if (sign == '+') {
            added++;
        } else {
            removed++;
        }
        show(sign, path);
        if (entry.type() == EntryType.DIRECTORY) {
            tree.walk(path, entry, (p, e) -> {
                if (sign == '+') {
                    added++;
                } else {
                    removed++;
                }
                show(sign, p);
                return true;
            });
        }
    }

    private void both(Bytes path, SnapshotTree a, TreeEntry l, SnapshotTree b, TreeEntry r) {
        if (l.type() != r.type()) {
            modified++;
            show('T', path);
        } else if (!sameContent(l, r)) {
            modified++;
            show('M', path);
        } else if (!sameMetadata(l, r) && !isOnTheWay(path)) {
            modified++;
            show('U', path);
        }
        if (l.type() == EntryType.DIRECTORY && r.type() == EntryType.DIRECTORY) {
            compare(path, a, Optional.of(l), b, Optional.of(r));
        }
    }

    /** A directory above what was saved: other things than those in the snapshots change it. */
    private boolean isOnTheWay(Bytes path) {
        return wanted.stream().noneMatch(p -> isAtOrBelow(path, p));
    }

    private static boolean isAtOrBelow(Bytes path, Bytes top) {
        int length = top.length() == 1 ? 0 : top.length();
        return path.length() >= length
                && Arrays.equals(path.unsafeArray(), 0, length, top.unsafeArray(), 0, length)
                && (path.length() == length || path.unsafeArray()[length] == '/');
    }

    private static boolean sameContent(TreeEntry l, TreeEntry r) {
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

    private static boolean sameMetadata(TreeEntry l, TreeEntry r) {
        return l.mode() == r.mode()
                && l.uid() == r.uid()
                && l.gid() == r.gid()
                && l.modified().equals(r.modified())
                && l.xattrs().equals(r.xattrs())
                && l.inodeFlags() == r.inodeFlags();
    }

    private void show(char sign, Bytes path) {
        root.messages().print(sign + "  " + Names.text(path));
        root.messages()
                .object(JsonLine.of("difference")
                        .with("change", String.valueOf(sign))
                        .with("path", Names.text(path)));
    }

    private static @Nullable TreeEntry next(Iterator<TreeEntry> entries) {
        return entries.hasNext() ? entries.next() : null;
    }
}
