package io.holdfast.repository.copy;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Manifest.Origin;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.OlderVersion;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies snapshots into another repository, which has keys, and so names for chunks, of its own. What an earlier copy of the same source holds is not
 * read again: both trees are walked side by side, and where the source's chunks are the same, so are the copy's. Chunks that were
 * sent before, in whatever way, are not sent again; a copy that is cut off is taken up by the next one. Not thread-safe.
 */
public final class SnapshotCopier implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final Repository from;
    private final Repository to;
    private final LongConsumer onBytes;
    private final ChunkReader source;
    private final DirectoryReader sourceTree;
    private final ContentReader sourceContent;
    private final ChunkReader target;
    private final DirectoryReader targetTree;
    private final ContentReader targetContent;
    private final ChunkHasher hasher;
    private final Optional<Duration> lockFor;
    private final Runnable beforeCommit;
    /** Leaves out what cannot be read of the source. */
    private boolean goesOn;

    private boolean isIncomplete;

    /**
     * A copy that was made.
     *
     * @param copy as it is in the other repository
     */
    public record Copied(Snapshot original, Snapshot copy) {}

    /** @param onBytes told of content that was dealt with, read or not */
    public SnapshotCopier(Repository from, Repository to, LongConsumer onBytes) {
        this(from, to, onBytes, Optional.empty(), () -> {});
    }

    /**
     * The same with more to say.
     *
     * @param lockFor how long copies are locked; absent for what the other repository is set to
     * @param beforeCommit throws where a copy is not to be committed any more
     */
    public SnapshotCopier(
            Repository from, Repository to, LongConsumer onBytes, Optional<Duration> lockFor, Runnable beforeCommit) {
        this.lockFor = lockFor;
        this.beforeCommit = beforeCommit;
        if (from.config().repositoryId().equals(to.config().repositoryId())) {
            throw HoldfastException.usage(
                    "a repository cannot be copied to itself",
                    "Name another one; whole repositories are copied as files.");
        }
        this.from = from;
        this.to = to;
        this.onBytes = onBytes;
        this.source = from.newChunkReader();
        this.sourceTree = new DirectoryReader(source);
        this.sourceContent = new ContentReader(source);
        this.target = to.newChunkReader();
        this.targetTree = new DirectoryReader(target);
        this.targetContent = new ContentReader(target);
        this.hasher = new ChunkHasher(to.keyring().idKey());
    }

    /** Gives back what it kept of both repositories, which goes with them otherwise. */
    @Override
    public void close() {
        source.close();
        target.close();
    }

    /** The originals that have a live copy in {@code to}, or are in it themselves. */
    public static Map<Origin, Snapshot> copies(Repository to) {
        Map<Origin, Snapshot> copies = new HashMap<>();
        for (Snapshot snapshot : to.snapshots().live()) {
            snapshot.manifest().origin().ifPresent(origin -> copies.put(origin, snapshot));
            copies.put(new Origin(to.config().repositoryId(), snapshot.id()), snapshot);
        }
        return copies;
    }

    public static Origin originOf(Repository from, Snapshot original) {
        // What is a copy already stays a copy of the same original.
        return original.manifest()
                .origin()
                .orElseGet(() -> new Origin(from.config().repositoryId(), original.id()));
    }

    /**
     * Copies one snapshot.
     *
     * @param previous an older snapshot of the same source and its copy
     */
    public Copied copy(Snapshot original, Optional<Copied> previous) {
        Manifest manifest = original.manifest();
        try (WriteSession session = to.beginSession(
                "copy of " + original.id().shortText(), FrameCodec.GROUP_BYTES, lockFor, Optional.empty())) {
            Optional<Copied> base =
                    previous.filter(pair -> session.liveParent(pair.copy().id()).isPresent());
            Optional<PageRef> root = manifest.root().map(page -> {
                TreeEntry top = sourceTree.root(page);
                Optional<PageRef> known = base.flatMap(pair -> top(sourceTree, pair.original()));
                Optional<PageRef> copied = base.flatMap(pair -> topHere(pair.copy()));
                PageRef directory =
                        directory(session, top.directory(), known, copied).orElse(null);
                return DirectoryWriter.storeRoot(
                        session, top.toBuilder().directory(directory).build());
            });
            session.flush();
            SnapshotStatistics s = manifest.statistics();
            Manifest copy = new Manifest(
                    manifest.started(),
                    manifest.ended(),
                    manifest.host(),
                    manifest.paths(),
                    manifest.tags(),
                    root,
                    new SnapshotStatistics(
                            s.files(),
                            s.directories(),
                            s.others(),
                            s.bytes(),
                            session.addedBytes(),
                            session.storedBytes(),
                            s.newFiles(),
                            s.changedFiles(),
                            s.unchangedFiles(),
                            s.unreadable()),
                    base.map(pair -> pair.copy().id()),
                    to.settings().program(),
                    manifest.users(),
                    manifest.groups(),
                    base.map(pair -> List.of(pair.copy().hash())).orElse(List.of()),
                    to.snapshots().newestVerdictHash(),
                    manifest.user(),
                    Optional.of(originOf(from, original)),
                    Instant.EPOCH);
            beforeCommit.run();
            session.commit(copy);
            if (to.snapshots().occupant(session.id()) instanceof Snapshots.Occupant.Present made) {
                return new Copied(original, made.snapshot());
            }
            throw new HoldfastException(ErrorCode.FENCED, "the copy was removed as soon as it was made");
        }
    }

    /** After {@link #heal}: something of the other one could not be read. */
    boolean isIncomplete() {
        return isIncomplete;
    }

    /**
     * Stores what {@code here} misses of {@code there}, of which it is a copy or which is a copy of it, under the ids that it had. To be called in a session that
     * makes no snapshot of it.
     */
    void heal(WriteSession session, Snapshot there, Snapshot here) {
        goesOn = true;
        there.manifest().root().ifPresent(page -> {
            TreeEntry top = sourceTree.root(page);
            PageRef directory = directory(session, top.directory(), top.directory(), topHere(here))
                    .orElse(null);
            PageRef ignored = DirectoryWriter.storeRoot(
                    session, top.toBuilder().directory(directory).build());
        });
    }

    private static Optional<PageRef> top(DirectoryReader tree, Snapshot snapshot) {
        return snapshot.manifest().root().map(tree::root).flatMap(TreeEntry::directory);
    }

    /** Empty where it cannot be read: then more is read of the other one. */
    private Optional<PageRef> topHere(Snapshot snapshot) {
        try {
            return top(targetTree, snapshot);
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            return Optional.empty();
        }
    }

    private static void rethrowUnlessDamage(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED) {
            throw e;
        }
    }

    /** @param known the same directory in the older original, and {@code copied} in its copy */
    private Optional<PageRef> directory(
            WriteSession session, Optional<PageRef> root, Optional<PageRef> known, Optional<PageRef> copied) {
        DirectoryWriter writer = new DirectoryWriter(session);
        Pairs pairs = new Pairs(known, copied);
        for (Iterator<TreeEntry> entries = sourceTree.entries(root); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            try {
                writer.add(copied(session, entry, pairs.find(entry.name())));
            } catch (HoldfastException e) {
                rethrowUnlessDamage(e);
                if (!goesOn) {
                    throw e;
                }
                isIncomplete = true;
            }
        }
        return writer.finish();
    }

    private TreeEntry copied(WriteSession session, TreeEntry entry, Optional<Pair> pair) {
        TreeEntry.Builder copy = entry.toBuilder();
        if (entry.type() == EntryType.DIRECTORY) {
            copy.directory(directory(
                            session,
                            entry.directory(),
                            pair.flatMap(p -> p.original().directory()),
                            pair.flatMap(p -> p.copy().directory()))
                    .orElse(null));
        } else if (entry.type() == EntryType.FILE) {
            copy.content(content(session, entry, pair.filter(p -> p.original().type() == EntryType.FILE)));
        }
        return copy.build();
    }

    private Content content(WriteSession session, TreeEntry entry, Optional<Pair> pair) {
        Map<ChunkId, ChunkId> known = pair.map(this::chunks).orElse(Map.of());
        Optional<OlderVersion> before =
                pair.filter(p -> session.takesDeltas()).map(p -> OlderVersion.ofFile(targetContent, p.copy()));
        ContentWriter writer = new ContentWriter(session);
        sourceContent.chunks(entry.content(), (id, length) -> {
            ChunkId copied = known.get(id);
            boolean isThere = copied != null && session.contains(copied);
            byte[] chunk = isThere ? NOTHING : source.read(id);
            ChunkId name = copied != null && isThere ? copied : hasher.id(chunk, 0, chunk.length);
            List<ChunkId> older =
                    before.map(version -> version.next(name, length)).orElse(List.of());
            if (!isThere) {
                session.add(ChunkKind.CONTENT, name, chunk, 0, chunk.length, older);
            }
            writer.add(name, length);
            onBytes.accept(length);
            return true;
        });
        return writer.finish();
    }

    /** For each chunk of a file of the older original its name in the copy. */
    private Map<ChunkId, ChunkId> chunks(Pair pair) {
        List<ChunkId> originals = new ArrayList<>();
        List<ChunkId> copies = new ArrayList<>();
        sourceContent.chunks(pair.original().content(), (id, length) -> originals.add(id));
        try {
            targetContent.chunks(pair.copy().content(), (id, length) -> copies.add(id));
        } catch (HoldfastException e) {
            rethrowUnlessDamage(e);
            return Map.of(); // What the copy cannot tell is read again.
        }
        if (originals.size() != copies.size()) {
            return Map.of(); // Not its copy, whatever its manifest says.
        }
        Map<ChunkId, ChunkId> chunks = new HashMap<>();
        for (int i = 0; i < originals.size(); i++) {
            chunks.put(originals.get(i), copies.get(i));
        }
        return chunks;
    }

    /** An entry of the older original, and the same one in its copy. */
    private record Pair(TreeEntry original, TreeEntry copy) {}

    /** Walks a directory of the older original and of its copy side by side; names are asked for in ascending order. */
    private final class Pairs {
        private final Iterator<TreeEntry> originals;
        private final Iterator<TreeEntry> copies;
        private @Nullable TreeEntry original;
        private @Nullable TreeEntry copy;

        private boolean isReadable = true;

        Pairs(Optional<PageRef> known, Optional<PageRef> copied) {
            this.originals = sourceTree.entries(known);
            Iterator<TreeEntry> entries;
            try {
                entries = targetTree.entries(copied);
            } catch (HoldfastException e) {
                rethrowUnlessDamage(e);
                entries = targetTree.entries(Optional.empty());
            }
            this.copies = entries;
        }

        /** Empty also where the copy's directory cannot be read. */
        Optional<Pair> find(Bytes name) {
            original = advance(originals, original, name);
            try {
                copy = isReadable ? advance(copies, copy, name) : null;
            } catch (HoldfastException e) {
                rethrowUnlessDamage(e);
                isReadable = false;
                copy = null;
            }
            return original != null
                            && copy != null
                            && original.name().equals(name)
                            && copy.name().equals(name)
                    ? Optional.of(new Pair(original, copy))
                    : Optional.empty();
        }

        private static @Nullable TreeEntry advance(
                Iterator<TreeEntry> entries, @Nullable TreeEntry current, Bytes name) {
            TreeEntry at = current;
            while ((at == null || at.name().compareTo(name) < 0) && entries.hasNext()) {
                at = entries.next();
            }
            return at;
        }
    }
}
