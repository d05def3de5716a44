package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** The asked-for paths as a tree: a backup keeps whole paths, so the directories above them are kept too, alone. */
final class PathTrie {
    private final SortedMap<Bytes, PathTrie> children = new TreeMap<>();
    private boolean wanted;

    static PathTrie of(Collection<Bytes> absolutePaths) {
        PathTrie root = new PathTrie();
        for (Bytes path : absolutePaths) {
            root.add(path);
        }
        return root;
    }

    private void add(Bytes path) {
        PathTrie node = this;
        byte[] bytes = path.unsafeArray();
        int start = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                if (i > start) {
                    node = node.children.computeIfAbsent(Bytes.copyOf(bytes, start, i - start), name -> new PathTrie());
                }
                start = i + 1;
            }
        }
        node.wanted = true;
    }

    /** Whether everything from here on is asked for. */
    boolean isWanted() {
        return wanted;
    }

    SortedMap<Bytes, PathTrie> children() {
        return children;
    }
}
