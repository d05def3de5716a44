package io.holdfast.repository.tree;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the pages of directories. Immutable; as safe for many threads as its source. */
public final class DirectoryReader {
    private static final int MAX_DEPTH = 16;
    private static final int MAX_PAGE_BYTES = 4 << 20;
    private static final Bytes NO_NAME = Bytes.wrap(new byte[0]);

    private final ChunkSource source;

    public DirectoryReader(ChunkSource source) {
        this.source = source;
    }

    /** The directory {@code /} itself, from the page that a manifest points to. */
    public TreeEntry root(PageRef page) {
        byte[] bytes = source.read(page.id());
        CborReader in = new CborReader(bytes, "root page " + page.id());
        in.array(2);
        if (bytes.length != page.lengthBytes() || in.unsigned(Integer.MAX_VALUE) != 0) {
            throw in.damaged("no root page");
        }
        TreeEntry root = EntryCodec.read(in);
        in.finish();
        if (root.name().length() != 0 || root.type() != EntryType.DIRECTORY) {
            throw in.damaged("a root that is no directory");
        }
        return root;
    }

    /** The entries in ascending order of their names, read page by page as they are asked for. */
    public Iterator<TreeEntry> entries(Optional<PageRef> root) {
        return new Entries(root, NO_NAME);
    }

    /** The entries from this name on, in ascending order. Pages before it are not read. */
    public Iterator<TreeEntry> entriesFrom(Optional<PageRef> root, Bytes name) {
        return new Entries(root, name);
    }

    /** The entry with this name, found by reading one page a level. */
    public Optional<TreeEntry> find(Optional<PageRef> root, Bytes name) {
        Optional<PageRef> page = root;
        for (int depth = 0; page.isPresent(); depth++) {
            checkDepth(depth);
            Page open = new Page(page.get());
            page = Optional.empty();
            while (open.hasNext()) {
                if (open.isLeaf) {
                    TreeEntry entry = open.nextEntry();
                    int order = entry.name().compareTo(name);
                    if (order == 0) {
                        return Optional.of(entry);
                    }
                    if (order > 0) {
                        return Optional.empty();
                    }
                } else {
                    Child child = open.nextChild();
                    if (child.lastName.compareTo(name) >= 0) {
                        page = Optional.of(child.page);
                        break;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Visits the root page and every page below it, those of subdirectories not. */
    public void pages(PageRef root, Consumer<PageRef> visitor) {
        pages(root, visitor, 0);
    }

    private void pages(PageRef page, Consumer<PageRef> visitor, int depth) {
        checkDepth(depth);
        visitor.accept(page);
        Page open = new Page(page);
        while (!open.isLeaf && open.hasNext()) {
            pages(open.nextChild().page, visitor, depth + 1);
        }
    }

    /**
     * Decodes one page alone.
     *
     * @param onEntry for each entry of a leaf
     * @param onChild for each page below a node
     */
    public void page(PageRef ref, Consumer<TreeEntry> onEntry, Consumer<PageRef> onChild) {
        Page page = new Page(ref);
        while (page.hasNext()) {
            if (page.isLeaf) {
                onEntry.accept(page.nextEntry());
            } else {
                onChild.accept(page.nextChild().page);
            }
        }
        page.in.finish();
    }

    private record Child(Bytes lastName, PageRef page) {}

    private final class Page {
        private final CborReader in;
        private final boolean isLeaf;
        private int left;
        private @Nullable Bytes previous;

        Page(PageRef ref) {
            byte[] bytes = source.read(ref.id());
            String what = "tree page " + ref.id();
            if (bytes.length != ref.lengthBytes()) {
                throw HoldfastException.damaged(what + ": has another length than its directory says");
            }
            this.in = new CborReader(bytes, what);
            this.left = in.array() - 1;
            this.isLeaf = in.unsigned(1) == 0;
            if (left < 1) {
                throw in.damaged("a page without entries");
            }
        }

        boolean hasNext() {
            return left > 0;
        }

        TreeEntry nextEntry() {
            TreeEntry entry = EntryCodec.read(in);
            advance(entry.name());
            return entry;
        }

        Child nextChild() {
            in.array(4);
            Bytes last = Bytes.wrap(in.bytes());
            PageRef page = new PageRef(ChunkId.read(in.bytes(ChunkId.BYTES), 0), in.unsigned(MAX_PAGE_BYTES));
            in.unsigned();
            advance(last);
            return new Child(last, page);
        }

        private void advance(Bytes name) {
            if (name.length() == 0 || (previous != null && name.compareTo(previous) <= 0)) {
                throw in.damaged("entries out of order");
            }
            previous = name;
            left--;
            if (left == 0) {
                in.finish();
            }
        }
    }

    private final class Entries implements Iterator<TreeEntry> {
        private final Deque<Page> open = new ArrayDeque<>();
        private final Bytes first;
        private @Nullable TreeEntry next;

        Entries(Optional<PageRef> root, Bytes first) {
            this.first = first;
            root.ifPresent(page -> open.push(new Page(page)));
        }

        @Override
        public boolean hasNext() {
            while (next == null && !open.isEmpty()) {
                Page page = open.element();
                if (!page.hasNext()) {
                    open.pop();
                } else if (page.isLeaf) {
                    TreeEntry entry = page.nextEntry();
                    next = entry.name().compareTo(first) >= 0 ? entry : null;
                } else {
                    checkDepth(open.size());
                    Child child = page.nextChild();
                    if (child.lastName.compareTo(first) >= 0) {
                        open.push(new Page(child.page));
                    }
                }
            }
            return next != null;
        }

        @Override
        public TreeEntry next() {
            TreeEntry entry = hasNext() ? next : null;
            if (entry == null) {
                throw new NoSuchElementException();
            }
            next = null;
            return entry;
        }
    }

    private static void checkDepth(int depth) {
        if (depth > MAX_DEPTH) {
            throw HoldfastException.damaged("a directory with more than " + MAX_DEPTH + " levels of pages");
        }
    }
}
