package io.holdfast.repository.verify;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.IndexSource;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Walks all trees, checks that everything they refer to is indexed and there, and names the paths that are not. A directory that was
 * found whole is not walked again for another snapshot. One thread.
 */
final class TreeCheck {
    /** A hit path is kept in memory until it is told; more than this are only counted. */
    private static final int MAX_TOLD = 100_000;

    private final StoreView view;
    private final Set<ChunkId> lost;
    private final Set<PackId> suspects;
    private final Predicate<ChunkId> isIntact;
    private final ChunkReader chunks;
    private final DirectoryReader directories;
    private final ContentReader contents;
    private final long archivedAndUnknown;
    private final Set<ChunkId> wholeDirectories = new HashSet<>();
    private final Set<ChunkId> missing = new LinkedHashSet<>();
    /** In suspect packs, and nevertheless whole. */
    private final Set<ChunkId> intact = new HashSet<>();

    private final Set<String> damages = new LinkedHashSet<>();
    private final List<Hit> hits = new ArrayList<>();
    private long hitSnapshots;
    private long hitFiles;

    private record Hit(Snapshot snapshot, Bytes path) {}

    /**
     * @param lost chunks without an intact copy
     * @param suspects packs in which only trying tells what is there
     * @param isIntact tries all copies of a chunk
     */
    TreeCheck(
            Repository repository,
            StoreView view,
            Set<ChunkId> lost,
            Set<PackId> suspects,
            Predicate<ChunkId> isIntact) {
        this.view = view;
        this.archivedAndUnknown = view.archivedAndUnknown();
        this.lost = lost;
        this.suspects = suspects;
        this.isIntact = isIntact;
        this.chunks = new ChunkReader(repository, view.index(), IndexSource.fixed(view.index()));
        this.directories = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
    }

    long snapshots() {
        return view.snapshots().size();
    }

    long hitSnapshots() {
        return hitSnapshots;
    }

    long hitFiles() {
        return hitFiles;
    }

    boolean isClean() {
        return hitFiles == 0 && damages.isEmpty();
    }

    /** Archived packs that no segment knows, where something is missing that may be in them. */
    long mayBeArchived() {
        return missing.isEmpty() ? 0 : archivedAndUnknown;
    }

    /** Chunks without an intact copy. */
    Set<ChunkId> missing() {
        return missing;
    }

    Set<String> damages() {
        return damages;
    }

    void tellHits(VerificationListener listener) {
        hits.forEach(hit -> listener.hit(hit.snapshot(), hit.path()));
    }

    void run() {
        try (chunks) {
            walk();
        }
    }

    private void walk() {
        for (Snapshot snapshot : view.snapshots()) {
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
        if (lost.contains(id) || missing.contains(id)) {
            return false;
        }
        if (intact.contains(id)) {
            return true;
        }
        boolean tried = false;
        Set<String> reasons = new LinkedHashSet<>();
        for (ChunkPlace place : view.index().findAll(id)) {
            PackId pack = place.frame().pack();
            if (!view.packs().containsKey(pack)) {
                reasons.add(pack + ": is missing");
            } else if (view.index().isGivenUp(pack)) {
                tried = true;
                reasons.add(pack + ": was given up by a repair, and what it lost is nowhere else");
            } else if (suspects.contains(pack)) {
                tried = true; // Told before.
            } else {
                List<ChunkId> lostBases = place.bases().stream()
                        .filter(base -> !isThereInFull(base))
                        .toList();
                if (lostBases.isEmpty()) {
                    return true;
                }
                tried = true;
                lostBases.forEach(
                        base -> reasons.add("chunk " + id + " is built on chunk " + base + ", which is lost"));
            }
        }
        if (tried && isIntact.test(id)) {
            intact.add(id);
            return true;
        }
        missing.add(id);
        damages.addAll(reasons);
        if (reasons.isEmpty() && !tried) {
            damages.add(
                    archivedAndUnknown == 0
                            ? "chunk " + id + " is in no pack that exists"
                            : "index: snapshots need chunks that no segment knows, and " + archivedAndUnknown
                                    + " archived packs, in which they may be, stand in none"
                                    + Verification.THAW_HELP);
        }
        return false;
    }

    /** Where nothing else tells of damage. */
    private boolean isThereInFull(ChunkId base) {
        return !lost.contains(base)
                && view.index().findAll(base).stream()
                        .anyMatch(place -> !place.isDelta()
                                && view.packs().containsKey(place.frame().pack())
                                && !view.index().isGivenUp(place.frame().pack())
                                && !suspects.contains(place.frame().pack()));
    }

    private void unreadable(Snapshot snapshot, Bytes path, HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
        damages.add(String.valueOf(e.getMessage()));
        hit(snapshot, path);
    }

    private void hit(Snapshot snapshot, Bytes path) {
        hitFiles++;
        if (hits.size() < MAX_TOLD) {
            hits.add(new Hit(snapshot, path));
        }
    }

    private static Bytes path(byte[] path) {
        return Bytes.wrap(path.length == 0 ? new byte[] {'/'} : path);
    }
}
