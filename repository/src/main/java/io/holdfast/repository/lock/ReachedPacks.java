package io.holdfast.repository.lock;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The packs in which lies what a snapshot reaches and an older one does not: of directories and files that are the same in both nothing is read. For one
 * use, by one thread.
 */
final class ReachedPacks {
    private static final int REMEMBERED = 1 << 16;

    private final Index index;
    private final Predicate<PackId> exists;
    private final DirectoryReader directories;
    private final ContentReader contents;
    private final Set<PackId> packs = new HashSet<>();
    /** Chunks that were dealt with lately: many files share them. */
    private final Set<ChunkId> seen = new HashSet<>();

    /** Pages of chunk lists of which also what is below was dealt with: a file may have the same bytes as a page. */
    private final Set<ChunkId> seenLists = new HashSet<>();

    /** @param exists packs that are in the store */
    ReachedPacks(Index index, ChunkSource source, Predicate<PackId> exists) {
        this.index = index;
        this.exists = exists;
        this.directories = new DirectoryReader(source);
        this.contents = new ContentReader(source);
    }

    /**
     * All packs with a copy of a chunk that is reached from {@code root} and not from {@code older}, and of what that is built on.
     *
     * @throws HoldfastException {@code DAMAGED} where a chunk has no copy
     */
    Set<PackId> of(PageRef root, Optional<PageRef> older) {
        if (older.isPresent() && older.get().equals(root)) {
            return packs;
        }
        reach(root.id());
        directory(
                directories.root(root).directory(),
                older.flatMap(page -> directories.root(page).directory()));
        return packs;
    }

    private void directory(Optional<PageRef> now, Optional<PageRef> before) {
        if (now.isEmpty() || now.equals(before)) {
            return;
        }
        Set<ChunkId> old = new HashSet<>();
        before.ifPresent(page -> directories.pages(page, each -> old.add(each.id())));
        directories.pages(now.get(), page -> {
            if (!old.contains(page.id())) {
                reach(page.id());
            }
        });
        Iterator<TreeEntry> olders = directories.entries(before);
        TreeEntry candidate = null;
        for (Iterator<TreeEntry> entries = directories.entries(now); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            candidate = advance(olders, candidate, entry);
            entry(entry, candidate != null && candidate.name().equals(entry.name()) ? candidate : null);
        }
    }

    private static @Nullable TreeEntry advance(
            Iterator<TreeEntry> entries, @Nullable TreeEntry current, TreeEntry wanted) {
        TreeEntry at = current;
        while ((at == null || at.name().compareTo(wanted.name()) < 0) && entries.hasNext()) {
            at = entries.next();
        }
        return at;
    }

    private void entry(TreeEntry entry, @Nullable TreeEntry older) {
        if (entry.type() == EntryType.DIRECTORY) {
            directory(entry.directory(), older == null ? Optional.empty() : older.directory());
        } else if (entry.type() == EntryType.FILE
                && (older == null || !older.content().equals(entry.content()))) {
            content(entry.content());
        }
    }

    private void content(Content content) {
        contents.walk(
                content,
                page -> {
                    reach(page.id());
                    return remember(seenLists, page.id());
                },
                (id, length) -> {
                    reach(id);
                    return true;
                });
    }

    /** False where it was there. */
    private static boolean remember(Set<ChunkId> ids, ChunkId id) {
        if (ids.size() == REMEMBERED) {
            ids.clear();
        }
        return ids.add(id);
    }

    private void reach(ChunkId id) {
        if (!remember(seen, id)) {
            return;
        }
        boolean found = false;
        for (ChunkPlace place : places(id)) {
            packs.add(place.frame().pack());
            boolean hasBases = true;
            for (ChunkId base : place.bases()) {
                hasBases &= reachInFull(base);
            }
            found |= hasBases;
        }
        if (!found) {
            throw HoldfastException.damaged("chunk " + id + " is in no pack that can be relied on");
        }
    }

    /** False where there is no copy in full: what is built on the chunk is nothing then. */
    private boolean reachInFull(ChunkId base) {
        boolean found = false;
        for (ChunkPlace place : places(base)) {
            if (!place.isDelta()) {
                packs.add(place.frame().pack());
                found = true;
            }
        }
        return found;
    }

    private List<ChunkPlace> places(ChunkId id) {
        return index.usablePlaces(id.a(), id.b()).stream()
                .filter(place -> exists.test(place.frame().pack()))
                .toList();
    }
}
