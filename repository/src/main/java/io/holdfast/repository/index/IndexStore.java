package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SegmentCipher;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
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
    private static final int PUT_SLICE_BYTES = 1 << 20;
    private static final String TEMPORARY = "tmp-";

    private final ObjectStore store;
    private final Sealer sealer;
    private final Path cache;
    private final Map<String, IndexSegment> mapped = new HashMap<>();

    /** @param cache a directory of this repository alone; made where missing */
    public IndexStore(ObjectStore store, Sealer sealer, Path cache) {
        this.store = store;
        this.sealer = sealer;
        this.cache = cache;
        try {
            Files.createDirectories(cache);
        } catch (IOException e) {
            throw cacheFailed(e);
        }
    }

    /** All segments that are in the store now. */
    public synchronized Index load() {
        for (int attempt = 0; attempt < LIST_ATTEMPTS; attempt++) {
            Optional<List<IndexSegment>> segments = tryLoad();
            if (segments.isPresent()) {
                return new Index(segments.get());
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED, "the index changed " + LIST_ATTEMPTS + " times while it was read", "Try again.");
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
        return replace(index, merged, pack -> true);
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

    /** The new segment is durable before the old ones go: nobody ever misses an entry. */
    private Index replace(Index index, List<IndexSegment> old, Predicate<PackId> keep) {
        SegmentMerger merger = new SegmentMerger(old, keep);
        List<IndexSegment> segments = new ArrayList<>(index.segments());
        segments.removeAll(old);
        if (merger.entryCount() > 0) {
            try {
                Path file = temporary();
                merger.writeTo(file);
                segments.add(publish(IndexSegment.map("merged", file).memory()));
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw cacheFailed(e);
            }
        }
        for (IndexSegment segment : old) {
            store.delete(ObjectName.of(PREFIX + segment.name()));
            forget(segment.name());
        }
        return new Index(segments);
    }

    synchronized IndexSegment publish(MemorySegment plain) {
        try {
            Path sealedFile = temporary();
            Path plainFile = temporary();
            try {
                String name = seal(plain, sealedFile);
                try (FileChannel out =
                        FileChannel.open(plainFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    writeAll(out, plain);
                }
                put(name, sealedFile);
                // Mapped before it gets its name: another process may clear it away at once, and the map stays good.
                IndexSegment segment = IndexSegment.map(name, plainFile);
                Files.move(plainFile, cache.resolve(name), StandardCopyOption.ATOMIC_MOVE);
                mapped.put(name, segment);
                return segment;
            } finally {
                Files.deleteIfExists(sealedFile);
                Files.deleteIfExists(plainFile);
            }
        } catch (IOException e) {
            throw cacheFailed(e);
        }
    }

    /** Encrypts into {@code file}; returns the hash of what was written, in hex. */
    private String seal(MemorySegment plain, Path file) throws IOException {
        Envelope envelope = sealer.newEnvelope(ObjectKind.INDEX_SEGMENT);
        SegmentCipher cipher = sealer.cipher(envelope);
        MessageDigest digest = Sha256.digest();
        byte[] header = envelope.encode();
        byte[] in = new byte[SegmentCipher.SEGMENT_BYTES];
        byte[] out = new byte[SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            digest.update(header);
            channel.write(ByteBuffer.wrap(header));
            long size = plain.byteSize();
            int segment = 0;
            for (long done = 0; done < size; ) {
                int count = (int) Math.min(in.length, size - done);
                MemorySegment.copy(plain, ValueLayout.JAVA_BYTE, done, in, 0, count);
                done += count;
                int stored = cipher.encryptSegment(0, segment++, done == size, in, count, out);
                digest.update(out, 0, stored);
                ByteBuffer buffer = ByteBuffer.wrap(out, 0, stored);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
        }
        return Bytes.wrap(digest.digest()).toHex();
    }

    private void put(String name, Path sealedFile) throws IOException {
        try (FileChannel channel = FileChannel.open(sealedFile, StandardOpenOption.READ)) {
            ByteBuffer all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            List<ByteBuffer> slices = new ArrayList<>();
            for (int at = 0; at < all.capacity(); at += PUT_SLICE_BYTES) {
                slices.add(all.slice(at, Math.min(PUT_SLICE_BYTES, all.capacity() - at)));
            }
            store.put(ObjectName.of(PREFIX + name), slices);
        }
    }

    private Optional<List<IndexSegment>> tryLoad() {
        List<String> names = new ArrayList<>();
        store.list(PREFIX, object -> names.add(object.name().leaf()));
        List<IndexSegment> segments = new ArrayList<>();
        for (String name : names) {
            IndexSegment segment = mapped.get(name);
            if (segment == null) {
                segment = cached(name);
            }
            if (segment == null) {
                segment = fetch(name);
            }
            if (segment == null) {
                return Optional.empty();
            }
            mapped.put(name, segment);
            segments.add(segment);
        }
        dropAllBut(new HashSet<>(names));
        return Optional.of(segments);
    }

    private @Nullable IndexSegment cached(String name) {
        Path file = cache.resolve(name);
        try {
            return Files.exists(file) ? IndexSegment.map(name, file) : null;
        } catch (IOException | HoldfastException e) {
            return null; // The cache is only a copy: fetch it again.
        }
    }

    /** Null where the segment vanished, so that the list is stale. */
    private @Nullable IndexSegment fetch(String name) {
        Optional<ByteBuffer> object = store.get(ObjectName.of(PREFIX + name));
        if (object.isEmpty()) {
            return null;
        }
        byte[] bytes = new byte[object.get().remaining()];
        object.get().get(bytes);
        byte[] plain = open(sealer, name, bytes);
        try {
            Path temporary = temporary();
            try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                writeAll(out, MemorySegment.ofArray(plain));
            }
            IndexSegment segment = IndexSegment.map(name, temporary);
            Files.move(temporary, cache.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            return segment;
        } catch (IOException e) {
            throw cacheFailed(e);
        }
    }

    /**
     * Checks and decrypts a segment.
     *
     * @throws HoldfastException {@code DAMAGED} where the bytes do not hash to the name or do not decrypt
     */
    public static byte[] open(Sealer sealer, String name, byte[] object) {
        if (!Bytes.wrap(Sha256.of(object)).toHex().equals(name)) {
            throw HoldfastException.damaged(PREFIX + name + ": its bytes do not hash to its name");
        }
        return sealer.open(ObjectKind.INDEX_SEGMENT, ObjectName.of(PREFIX + name), object);
    }

    /**
     * A segment in memory, checked and decrypted.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not what was written
     */
    public static IndexSegment decode(Sealer sealer, String name, byte[] object) {
        return IndexSegment.of(PREFIX + name, MemorySegment.ofArray(open(sealer, name, object)));
    }

    private void dropAllBut(Set<String> names) {
        mapped.keySet().retainAll(names);
        try (var files = Files.list(cache)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String leaf = file.getFileName().toString();
                boolean stale = leaf.startsWith(TEMPORARY)
                        ? isOfDeadProcess(leaf)
                        : leaf.length() == 2 * Sha256.BYTES && !names.contains(leaf);
                if (stale) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "the cache " + cache + " cannot be cleaned: " + e.getMessage(), null, e);
        }
    }

    private void forget(String name) {
        mapped.remove(name);
        try {
            Files.deleteIfExists(cache.resolve(name));
        } catch (IOException e) {
            throw cacheFailed(e);
        }
    }

    private Path temporary() throws IOException {
        return Files.createTempFile(cache, TEMPORARY + ProcessHandle.current().pid() + "-", "");
    }

    /** A process that was killed leaves its temporary files; whoever comes next clears them away. */
    private static boolean isOfDeadProcess(String leaf) {
        String[] parts = leaf.split("-");
        try {
            return parts.length > 1
                    && ProcessHandle.of(Long.parseLong(parts[1])).isEmpty();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static void writeAll(FileChannel out, MemorySegment plain) throws IOException {
        for (long done = 0; done < plain.byteSize(); ) {
            long count = Math.min(PUT_SLICE_BYTES, plain.byteSize() - done);
            ByteBuffer buffer = plain.asSlice(done, count).asByteBuffer();
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            done += count;
        }
        // Durable before it gets its name: a torn cache file must never answer for the index.
        out.force(true);
    }

    private HoldfastException cacheFailed(IOException e) {
        return new HoldfastException(
                ErrorCode.FAILED,
                "the cache directory " + cache + " cannot be used: " + e.getMessage(),
                "Name another one with --cache-dir.",
                e);
    }
}
