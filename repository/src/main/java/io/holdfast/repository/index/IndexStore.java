package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Deletes;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The index segments of a repository: fetched into a local cache of decrypted files, published, merged. The cache is only a
 * copy; when it is lost, the segments are fetched again. Thread-safe: one call at a time.
 */
public final class IndexStore {
    public static final String PREFIX = "index/";
    /** More segments than this are merged: every look-up of a new chunk asks each of them. */
    public static final int MAX_SEGMENTS = 16;

    private static final int MERGED_AT_ONCE = 12;
    /** No segment grows beyond this many entries: its object stays below 2 GiB. */
    private static final int MAX_ENTRIES = 50_000_000;

    private static final int LIST_ATTEMPTS = 20;
    private static final Pattern SEGMENT_NAME = Pattern.compile("[0-9a-f]{64}");

    private final ObjectStore store;
    private final Sealer sealer;
    private final SegmentCache cache;
    private final Warnings warnings;
    private final UnindexedPacks unindexed;
    /** Of a host that can only write: it knows the segments that it made and kept, and no others. */
    private final boolean ownOnly;

    private @Nullable Completed completed;
    private boolean cacheDropped;

    /** Packs were found that no segment knows when a chunk was in none: then whole segments may be missing. */
    private boolean segmentsMayBeMissing;

    /** An index with damaged or missing segments, and what takes their place. */
    private record Completed(Set<String> intact, List<String> damaged, List<IndexSegment> found) {}

    /**
     * @param directory of this repository alone; made where missing. Where it cannot be written, segments stay in memory.
     * @param warnings is told of damaged segments and of a cache that cannot be used
     */
    public IndexStore(ObjectStore store, Sealer sealer, Keyring keyring, Path directory, Warnings warnings) {
        this.store = store;
        this.sealer = sealer;
        this.cache = new SegmentCache(directory, warnings);
        this.warnings = warnings;
        this.unindexed = new UnindexedPacks(store, keyring);
        this.ownOnly = keyring.isWriteOnly();
    }

    /** All segments that are in the store now; those that cannot be read are told and named in {@link Index#damaged}. */
    public synchronized Index load() {
        cache.dropLeftovers();
        if (ownOnly) {
            return new Index(cache.all());
        }
        for (int attempt = 0; attempt < LIST_ATTEMPTS; attempt++) {
            Optional<Index> index = tryLoad();
            if (index.isPresent()) {
                return index.get();
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED, "the index changed " + LIST_ATTEMPTS + " times while it was read", "Try again.");
    }

    /**
     * The index for those who read: packs that only a damaged segment knew are looked up by their own tables of contents. Never for
     * deciding what a backup may refer to: a pack that was never indexed may be the late result of a put that was given up.
     */
    public synchronized Index loadComplete() {
        return complete(load());
    }

    /** The same for an index that was loaded already. */
    public synchronized Index complete(Index index) {
        return index.damaged().isEmpty() && !segmentsMayBeMissing ? index : withUnindexed(index);
    }

    /**
     * This index with all packs that no segment knows, whether or not a segment is damaged: one may be gone altogether. For readers
     * who miss a chunk, as {@link #loadComplete} is; costs a listing of the packs, and a read of each that is not indexed.
     */
    public synchronized Index withUnindexed(Index index) {
        Set<String> names = new HashSet<>();
        index.segments().forEach(segment -> names.add(segment.name()));
        Completed known = completed;
        if (known == null || !known.intact().equals(names) || !known.damaged().equals(index.damaged())) {
            UnindexedPacks.Found found = unindexed.find(index, cache::keepWithoutName);
            tellUnreadable(found);
            known = new Completed(names, index.damaged(), found.segments());
            completed = known;
        }
        List<IndexSegment> all = new ArrayList<>(index.segments());
        all.addAll(known.found());
        return new Index(all, index.damaged());
    }

    /**
     * Loads the index again, from the store and not from cached copies the first time: the last thing to try before a chunk is said to
     * be lost.
     */
    public synchronized Index refetch() {
        if (!cacheDropped) {
            cacheDropped = true;
            for (IndexSegment segment : load().segments()) {
                cache.forget(segment.name());
            }
        }
        Index index = withUnindexed(load());
        segmentsMayBeMissing |= completed != null && !completed.found().isEmpty();
        return index;
    }

    /**
     * First half of healing: makes all packs known that no intact segment knows. {@link #deleteDamaged} is the second one.
     *
     * @return packs whose tables of contents are damaged, too, or cannot be read because they are archived
     */
    public synchronized List<PackId> publishUnindexed(Index index) {
        UnindexedPacks.Found found = unindexed.find(index, this::publish);
        tellUnreadable(found);
        List<PackId> unknown = new ArrayList<>(found.unreadable());
        unknown.addAll(found.archived());
        return unknown;
    }

    /** Second half: the segments that could not be read go, when what they knew is durable in others. */
    public synchronized void deleteDamaged(Index index) {
        for (String name : index.damaged()) {
            Deletes.unlessRefused(store, ObjectName.of(PREFIX + name));
            cache.forget(name);
        }
    }

    private void tellUnreadable(UnindexedPacks.Found found) {
        found.unreadable()
                .forEach(pack -> warnings.tell(
                        pack.name().value(),
                        "its table of contents is damaged, and no index segment that can be read has what is in it"));
        if (!found.archived().isEmpty()) {
            warnings.tell(
                    found.archived().getFirst().name().value(),
                    "is archived, and no index segment that can be read has what is in it"
                            + (found.archived().size() > 1
                                    ? "; so are " + (found.archived().size() - 1) + " more"
                                    : ""));
        }
    }

    /** Makes the packs known to others: puts a segment with their tables of contents, and returns it. */
    synchronized IndexSegment publish(SegmentBuilder builder) {
        return publish(builder.build());
    }

    /**
     * Merges the smallest segments where there are more than {@link #MAX_SEGMENTS}.
     *
     * @return the index afterwards
     */
    public synchronized Index mergeWhereNeeded(Index index) {
        List<IndexSegment> segments = new ArrayList<>(index.segments());
        if (segments.size() <= MAX_SEGMENTS) {
            return index;
        }
        segments.sort(Comparator.comparingInt(IndexSegment::entryCount));
        List<IndexSegment> merged = new ArrayList<>();
        long entries = 0;
        for (IndexSegment segment : segments) {
            entries += segment.entryCount();
            if (merged.size() == MERGED_AT_ONCE || entries > MAX_ENTRIES) {
                break;
            }
            merged.add(segment);
        }
        if (merged.size() < 2) {
            return index;
        }
        return ownOnly ? joinOwn(index, merged) : replace(index, merged, pack -> true);
    }

    /**
     * Joins segments in the cache alone.
     *
     * @return the same packs as in {@code index}, and no others of the cache: a session takes its own for there without looking
     */
    private Index joinOwn(Index index, List<IndexSegment> old) {
        List<IndexSegment> segments = new ArrayList<>(index.segments());
        segments.removeAll(old);
        try {
            Path merged = cache.temporary();
            Path file = cache.temporary();
            try {
                new SegmentMerger(old, pack -> true, index::isGivenUp).writeTo(merged);
                SegmentFile.write(file, IndexSegment.map("joined", merged).memory());
                // No object holds it: any name will do that no other segment has.
                String name = Bytes.wrap(Sha256.of(file.toString().getBytes(StandardCharsets.UTF_8)))
                        .toHex();
                IndexSegment joined = SegmentFile.map(name, file);
                cache.add(joined, file);
                segments.add(joined);
            } finally {
                Files.deleteIfExists(merged);
                Files.deleteIfExists(file);
            }
            for (IndexSegment segment : old) {
                cache.forget(segment.name());
            }
        } catch (IOException e) {
            cache.tell(e);
            return index;
        }
        return new Index(segments);
    }

    /** Puts segments without the packs that {@code keep} refuses, then deletes those that had them. */
    public synchronized Index removePacks(Index index, Predicate<PackId> keep) {
        List<IndexSegment> affected = new ArrayList<>();
        for (IndexSegment segment : index.segments()) {
            for (int pack = 0; pack < segment.packCount(); pack++) {
                if (!keep.test(segment.pack(pack).id())) {
                    affected.add(segment);
                    break;
                }
            }
        }
        return affected.isEmpty() ? index : replace(index, affected, keep);
    }

    /**
     * Puts segments in which these packs are marked as given up, then deletes those in which they are not. Their entries stay, because a
     * collection counts on the order of a pack's entries.
     */
    public synchronized Index giveUp(Index index, Set<PackId> packs) {
        Index changed = index;
        for (IndexSegment segment : index.segments()) {
            boolean lacksMark = false;
            for (int pack = 0; pack < segment.packCount(); pack++) {
                lacksMark |= !segment.isGivenUp(pack)
                        && packs.contains(segment.pack(pack).id());
            }
            if (lacksMark) {
                List<IndexSegment> old = List.of(segment);
                SegmentMerger marking =
                        new SegmentMerger(old, pack -> true, pack -> packs.contains(pack) || index.isGivenUp(pack));
                changed = replace(changed, marking, old);
            }
        }
        return changed;
    }

    private Index replace(Index index, List<IndexSegment> old, Predicate<PackId> keep) {
        return replace(index, new SegmentMerger(old, keep, index::isGivenUp), old);
    }

    /** The new segment is durable before the old ones go: nobody ever misses an entry. */
    private Index replace(Index index, SegmentMerger merger, List<IndexSegment> old) {
        List<IndexSegment> segments = new ArrayList<>(index.segments());
        segments.removeAll(old);
        if (merger.entryCount() > 0) {
            try {
                Path file = cache.temporary();
                merger.writeTo(file);
                segments.add(publish(IndexSegment.map("merged", file).memory()));
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.NO_SPACE,
                        "index segments cannot be merged in " + cache.directory() + ": " + e.getMessage(),
                        "Name another directory with --cache-dir.",
                        e);
            }
        }
        for (IndexSegment segment : old) {
            Deletes.unlessRefused(store, ObjectName.of(PREFIX + segment.name()));
            cache.forget(segment.name());
        }
        return new Index(segments);
    }

    synchronized IndexSegment publish(MemorySegment plain) {
        try {
            Path sealedFile = cache.temporary();
            Path plainFile = cache.temporary();
            try {
                String name;
                try (FileChannel out = FileChannel.open(sealedFile, StandardOpenOption.WRITE)) {
                    name = SegmentUpload.seal(sealer, plain, out);
                }
                SegmentFile.write(plainFile, plain);
                SegmentUpload.put(store, ObjectName.of(PREFIX + name), sealedFile);
                // Mapped before it gets its name: another process may clear it away at once, and the map stays good.
                IndexSegment segment = SegmentFile.map(name, plainFile);
                cache.add(segment, plainFile);
                return segment;
            } finally {
                Files.deleteIfExists(sealedFile);
                Files.deleteIfExists(plainFile);
            }
        } catch (IOException e) {
            cache.tell(e);
            return publishFromMemory(plain);
        }
    }

    private IndexSegment publishFromMemory(MemorySegment plain) {
        SegmentCache.requireFitsInMemory(plain.byteSize());
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        String name;
        try {
            name = SegmentUpload.seal(sealer, plain, Channels.newChannel(sealed));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // A stream in memory has no disk that could fail.
        }
        store.put(ObjectName.of(PREFIX + name), ByteBuffer.wrap(sealed.toByteArray()));
        IndexSegment segment = IndexSegment.of(name, MemorySegment.ofArray(plain.toArray(ValueLayout.JAVA_BYTE)));
        cache.addInMemory(segment);
        return segment;
    }

    private Optional<Index> tryLoad() {
        List<String> names = names();
        List<IndexSegment> segments = new ArrayList<>();
        List<String> damaged = new ArrayList<>();
        for (String name : names) {
            IndexSegment segment = cache.find(name);
            try {
                if (segment == null) {
                    segment = download(name, true);
                }
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                warnings.tell(
                        PREFIX + name,
                        "this index segment is damaged: " + e.getMessage() + "; 'holdfast prune' makes it anew");
                damaged.add(name);
                continue;
            }
            if (segment == null) {
                return Optional.empty(); // It vanished, so that the list is stale.
            }
            segments.add(segment);
        }
        cache.dropAllBut(new HashSet<>(names));
        return Optional.of(new Index(segments, damaged));
    }

    /** Whether this is how the last part of a segment's name looks. */
    public static boolean isName(String leaf) {
        return SEGMENT_NAME.matcher(leaf).matches();
    }

    /** Leaves of all segments in the store; what has another name is none. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        store.list(PREFIX, object -> {
            if (isName(object.name().leaf())) {
                names.add(object.name().leaf());
            }
        });
        return names;
    }

    /**
     * A segment as it is in the store, checked; the cache is neither asked nor changed.
     *
     * @return empty where there is none
     * @throws HoldfastException {@code DAMAGED} where it is not what was written
     */
    public synchronized Optional<IndexSegment> readFromStore(String name) {
        return Optional.ofNullable(download(name, false));
    }

    /**
     * Puts segments anew that are damaged in the store and whole in the cache, then deletes the damaged ones. The cached copy would hide the
     * damage from the one who can make it good; and it may be all that is left where a table of contents is damaged, too.
     */
    public synchronized void putDamagedFromCache() {
        List<String> names = names();
        for (String name : names) {
            if (!isDamagedInStore(name)) {
                continue;
            }
            IndexSegment copy = cache.find(name);
            if (copy != null) {
                publish(copy.memory());
                Deletes.unlessRefused(store, ObjectName.of(PREFIX + name));
            }
            cache.forget(name);
        }
    }

    private boolean isDamagedInStore(String name) {
        try {
            boolean ignored = new SegmentDownload(store, sealer, name).run((plain, length) -> {});
            return false;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // The sink does nothing.
        }
    }

    /** Null where there is none. */
    private @Nullable IndexSegment download(String name, boolean keep) {
        SegmentDownload download = new SegmentDownload(store, sealer, name);
        try {
            Path temporary = cache.temporary();
            try {
                try (SegmentFile.Writer writer = new SegmentFile.Writer(temporary)) {
                    if (!download.run((plain, length) -> writer.append(ByteBuffer.wrap(plain, 0, length)))) {
                        return null;
                    }
                    writer.finish();
                }
                IndexSegment segment = SegmentFile.map(name, temporary);
                HostSegments.requireOwnPacks(store, ObjectName.of(PREFIX + name), segment);
                if (keep) {
                    cache.add(segment, temporary);
                }
                return segment;
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            cache.tell(e);
            IndexSegment segment = downloadIntoMemory(name, download);
            if (keep && segment != null) {
                cache.addInMemory(segment);
            }
            return segment;
        }
    }

    private @Nullable IndexSegment downloadIntoMemory(String name, SegmentDownload download) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try {
            boolean there = download.run((piece, length) -> {
                SegmentCache.requireFitsInMemory((long) plain.size() + length);
                plain.write(piece, 0, length);
            });
            if (!there) {
                return null;
            }
            IndexSegment segment = IndexSegment.of(name, MemorySegment.ofArray(plain.toByteArray()));
            HostSegments.requireOwnPacks(store, ObjectName.of(PREFIX + name), segment);
            return segment;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // A stream in memory has no disk that could fail.
        }
    }
}
