package io.holdfast.repository.copy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest.Origin;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Brings chunks back that snapshots miss, from another repository that has them: the same one copied as files, or one that {@code copy} has filled from it, or
 * it from that. What is found is stored in new packs under the ids it had, in full; snapshots stay as they are, and are whole again. For one use.
 */
public final class SnapshotHealer {
    private final Repository damaged;
    private final Repository donor;
    private long bytes;
    private long withoutCopy;

    public SnapshotHealer(Repository damaged, Repository donor) {
        this.damaged = damaged;
        this.donor = donor;
    }

    /**
     * What came of it.
     *
     * @param bytes that were brought back, before compression
     * @param withoutCopy snapshots of which the other repository has nothing, or nothing whole
     */
    public record Result(long bytes, long withoutCopy) {}

    /**
     * Brings back what these snapshots miss, as far as the other repository has it. Durable and indexed when it returns.
     *
     * @throws HoldfastException {@code NO_SPACE} and the like from the damaged repository; what is damaged in the other one is left out
     */
    public Result heal(Set<SnapshotId> hit) {
        boolean isSame = damaged.config().repositoryId().equals(donor.config().repositoryId());
        // It ends without a snapshot: what it stores is what live snapshots reach.
        try (WriteSession session = WriteSession.begin(
                damaged.repairEnvironment(
                        hit.stream().map(SnapshotId::snapshotName).toList()),
                "repair from a copy")) {
            Optional<SameIds> same = isSame ? Optional.of(new SameIds(session)) : Optional.empty();
            Map<Origin, Snapshot> copies = isSame ? Map.of() : SnapshotCopier.copies(donor);
            for (Snapshot snapshot : damaged.snapshots().live()) {
                if (!hit.contains(snapshot.id())) {
                    continue;
                }
                if (same.isPresent()) {
                    same.get().heal(snapshot);
                } else {
                    fromCopy(
                            session,
                            snapshot,
                            Optional.ofNullable(copies.get(SnapshotCopier.originOf(damaged, snapshot))));
                }
            }
            session.flush();
            bytes = session.addedBytes();
        }
        damaged.reloadIndex();
        return new Result(bytes, withoutCopy);
    }

    /** Copied back as a newer snapshot would be: what is there already is not read, and the rest gets the ids that it had. */
    private void fromCopy(WriteSession session, Snapshot snapshot, Optional<Snapshot> copy) {
        try {
            if (copy.isPresent()) {
                SnapshotCopier copier = new SnapshotCopier(donor, damaged, length -> {});
                copier.heal(session, copy.get(), snapshot);
                withoutCopy += copier.isIncomplete() ? 1 : 0;
            }
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            withoutCopy++;
            return;
        }
        withoutCopy += copy.isPresent() ? 0 : 1;
    }

    private static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED) {
            throw e;
        }
    }

    /** From the same repository elsewhere, where every chunk has the same id. */
    private final class SameIds {
        private final WriteSession session;
        private final ChunkReader own = damaged.newChunkReader();
        private final ChunkReader other = donor.newChunkReader();
        private final DirectoryReader directories = new DirectoryReader(this::page);
        private final ContentReader contents = new ContentReader(this::page);
        /** Pages that were brought back; most are not stored yet. */
        private final Set<ChunkId> brought = new HashSet<>();
        /** Pages of the snapshot that is healed. */
        private final Set<ChunkId> seen = new HashSet<>();

        SameIds(WriteSession session) {
            this.session = session;
        }

        void heal(Snapshot snapshot) {
            seen.clear();
            boolean isWhole = true;
            Deque<PageRef> open = new ArrayDeque<>();
            isWhole &= tried(() -> snapshot.manifest()
                    .root()
                    .map(directories::root)
                    .flatMap(TreeEntry::directory)
                    .ifPresent(open::push));
            while (!open.isEmpty()) {
                PageRef page = open.pop();
                if (seen.add(page.id())) {
                    boolean[] entriesAreWhole = {true};
                    isWhole &= tried(() -> directories.page(
                            page, entry -> entriesAreWhole[0] &= tried(() -> entry(entry, open)), open::push));
                    isWhole &= entriesAreWhole[0];
                }
            }
            withoutCopy += isWhole ? 0 : 1;
        }

        /** @throws HoldfastException {@code DAMAGED} where not all of it could be brought back */
        private void entry(TreeEntry entry, Deque<PageRef> open) {
            boolean[] isFileWhole = {true};
            if (entry.type() == EntryType.DIRECTORY) {
                entry.directory().ifPresent(open::push);
            } else if (entry.type() == EntryType.FILE) {
                contents.walk(entry.content(), page -> seen.add(page.id()), (id, length) -> {
                    if (!session.contains(id)) {
                        isFileWhole[0] &= tried(() -> {
                            byte[] ignored = add(id, bytes -> ChunkKind.CONTENT);
                        });
                    }
                    return true;
                });
            }
            if (!isFileWhole[0]) {
                throw HoldfastException.damaged("the copy does not have all of it");
            }
        }

        /** A page of a tree or list, wherever it still is. */
        private byte[] page(ChunkId id) {
            if (brought.contains(id)) {
                return other.read(id);
            }
            if (session.contains(id)) {
                try {
                    return own.read(id);
                } catch (HoldfastException e) {
                    rethrowUnlessDamage(e); // What is below it may be whole here.
                    return other.read(id);
                }
            }
            byte[] page = add(id, bytes -> ChunkKind.of(PackKind.META, bytes[0]));
            brought.add(id);
            return page;
        }

        private byte[] add(ChunkId id, Function<byte[], ChunkKind> kind) {
            byte[] chunk = other.read(id);
            session.add(kind.apply(chunk), id, chunk, 0, chunk.length);
            return chunk;
        }

        /** False where the copy is damaged, too. */
        private boolean tried(Runnable part) {
            try {
                part.run();
                return true;
            } catch (HoldfastException e) {
                rethrowUnlessDamage(e);
                return false;
            }
        }
    }
}
