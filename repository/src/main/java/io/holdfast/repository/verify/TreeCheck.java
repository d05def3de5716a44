package io.holdfast.repository.verify;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Walks all trees, checks that everything they refer to is indexed and there, and names the paths that are not. A directory that was
 * found whole is not walked again for another snapshot. One thread.
 */
final class TreeCheck {
    private final Index index;
    private final Set<PackId> packs;
    private final Set<ChunkId> lost;
    private final VerificationListener listener;
    private final Consumer<String> damaged;
    private final DirectoryReader directories;
    private final ContentReader contents;
    private final Set<ChunkId> wholeDirectories = new HashSet<>();
    private final Map<ChunkId, Boolean> missingTold = new HashMap<>();
    private long hitSnapshots;
    private long hitFiles;

    TreeCheck(
            Repository repository,
            Index index,
            Set<PackId> packs,
            Set<ChunkId> lost,
            VerificationListener listener,
            Consumer<String> damaged) {
        this.index = index;
        this.packs = packs;
        this.lost = lost;
        this.listener = listener;
        this.damaged = damaged;
        ChunkReader chunks = new ChunkReader(repository.store(), repository.keyring(), index, () -> index);
        this.directories = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
    }

    long hitSnapshots() {
        return hitSnapshots;
    }

    long hitFiles() {
        return hitFiles;
    }

    void run(List<Snapshot> snapshots) {
        for (Snapshot snapshot : snapshots) {
            long before = hitFiles;
            snapshot.manifest().root().ifPresent(root -> tree(snapshot, root));
            if (hitFiles > before) {
                hitSnapshots++;
            }
        }
    }

    private void tree(Snapshot snapshot, PageRef root) {
        Bytes slash = Bytes.wrap(new byte[] {'/'});
        try {
            if (!isThere(root.id())) {
                hit(snapshot, slash);
                return;
            }
            directory(snapshot, new byte[0], directories.root(root).directory());
        } catch (HoldfastException e) {
            unreadable(snapshot, slash, e);
        }
    }

    /** Whether everything below is whole. */
    private boolean directory(Snapshot snapshot, byte[] path, Optional<PageRef> root) {
        if (root.isEmpty() || wholeDirectories.contains(root.get().id())) {
            return true;
        }
        long before = hitFiles;
        List<PageRef> pages = new ArrayList<>(List.of(root.get()));
        while (!pages.isEmpty()) {
            PageRef page = pages.removeLast();
            List<TreeEntry> entries = new ArrayList<>();
            try {
                if (!isThere(page.id())) {
                    hit(snapshot, path(path));
                    continue;
                }
                directories.page(page, entries::add, pages::add);
            } catch (HoldfastException e) {
                unreadable(snapshot, path(path), e);
                continue;
            }
            for (TreeEntry entry : entries) {
                entry(snapshot, path, entry);
            }
        }
        boolean whole = hitFiles == before;
        if (whole) {
            wholeDirectories.add(root.get().id());
        }
        return whole;
    }

    private void entry(Snapshot snapshot, byte[] directory, TreeEntry entry) {
        byte[] path =
                Arrays.copyOf(directory, directory.length + 1 + entry.name().length());
        path[directory.length] = '/';
        System.arraycopy(
                entry.name().unsafeArray(),
                0,
                path,
                directory.length + 1,
                entry.name().length());
        if (entry.type() == EntryType.DIRECTORY) {
            directory(snapshot, path, entry.directory());
            return;
        }
        try {
            boolean[] whole = {true};
            contents.walk(
                    entry.content(),
                    page -> {
                        boolean there = isThere(page.id());
                        whole[0] &= there;
                        return there;
                    },
                    (id, length) -> {
                        whole[0] &= isThere(id);
                        return true;
                    });
            if (!whole[0]) {
                hit(snapshot, Bytes.wrap(path));
            }
        } catch (HoldfastException e) {
            unreadable(snapshot, Bytes.wrap(path), e);
        }
    }

    private boolean isThere(ChunkId id) {
        if (lost.contains(id)) {
            return false;
        }
        Boolean told = missingTold.get(id);
        if (told != null) {
            return false;
        }
        for (ChunkPlace place : index.findAll(id)) {
            if (packs.contains(place.frame().pack())) {
                return true;
            }
        }
        missingTold.put(id, true);
        damaged.accept("chunk " + id + " is in no pack that exists");
        return false;
    }

    private void unreadable(Snapshot snapshot, Bytes path, HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
        damaged.accept(String.valueOf(e.getMessage()));
        hit(snapshot, path);
    }

    private void hit(Snapshot snapshot, Bytes path) {
        hitFiles++;
        listener.hit(snapshot, path);
    }

    private static Bytes path(byte[] path) {
        return Bytes.wrap(path.length == 0 ? new byte[] {'/'} : path);
    }
}
