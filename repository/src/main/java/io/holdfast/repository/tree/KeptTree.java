package io.holdfast.repository.tree;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.TemporaryFiles;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.SegmentCipher;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a snapshot in a local file: what a host that can only write keeps of its last backup, since it cannot read it in the repository. It tells which files have not
 * changed, and what they consist of; whether that is still there is asked for each chunk. Losing it, or a damage, costs reading every file once.
 *
 * <p>The file: 8 bytes {@code HFKEPT01}; 32 bytes of salt; pages and at last their list, each an encrypted run (see {@link SegmentCipher}) numbered from
 * zero, under a key of its own ({@link Keys}); 16 bytes in big-endian order: where the list begins, and its number. A page is compressed with zstd. The
 * list is a CBOR array: seconds and nanoseconds when the backup began; the root page; its length; of each page its id, 8 bytes offset, 4 bytes length in the
 * file and 4 bytes length decompressed, big-endian. Immutable; safe for many threads.
 */
public final class KeptTree implements ChunkSource, AutoCloseable {
    private static final byte[] MAGIC = {'H', 'F', 'K', 'E', 'P', 'T', '0', '1'};
    private static final int SALT_BYTES = 32;
    private static final int TRAILER_BYTES = 16;
    private static final int ITEM_BYTES = ChunkId.BYTES + 16;
    private static final int MAX_PAGE_BYTES = 4 << 20;
    /** Of a hundred million files. */
    private static final int MAX_LIST_BYTES = 64 << 20;
    /** What it leaves to the index, which is needed more: without that everything would be sent again. */
    private static final long SPARE_BYTES = 16 << 20;

    private static final long LOOKS_EACH_BYTES = 1 << 20;
    private static final int LEVEL = 1;

    private final FileChannel file;
    private final byte[] key;
    private final Map<ChunkId, Place> places = new HashMap<>();
    private final Timestamp started;
    private final PageRef root;

    /** @param number of the run */
    private record Place(int number, long offset, int storedBytes, int plainBytes) {}

    /** Gives the keys of such files. */
    @FunctionalInterface
    public interface Keys {
        /** The key of the file with this salt. */
        byte[] of(byte[] salt);
    }

    /**
     * Where a host keeps its trees.
     *
     * @param directory may be missing
     */
    public record Home(Path directory, Keys keys) {}

    /**
     * Opens what was kept.
     *
     * @param path as a {@link Keeper} wrote it
     * @param keys of the host that kept it
     * @return empty where there is nothing, or nothing of use
     */
    public static Optional<KeptTree> open(Path path, Keys keys) {
        FileChannel file;
        try {
            if (!Files.isRegularFile(path)) {
                return Optional.empty(); // Opening a FIFO would wait for somebody.
            }
            file = FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            return Optional.of(new KeptTree(file, path, keys));
        } catch (IOException | HoldfastException e) {
            closeQuietly(file);
            return Optional.empty();
        }
    }

    private KeptTree(FileChannel file, Path path, Keys keys) throws IOException {
        this.file = file;
        byte[] head = read(file, 0, MAGIC.length + SALT_BYTES);
        if (!Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw HoldfastException.damaged(path + ": is no kept tree");
        }
        this.key = keys.of(Arrays.copyOfRange(head, MAGIC.length, head.length));
        long end = file.size() - TRAILER_BYTES;
        ByteBuffer trailer = ByteBuffer.wrap(read(file, end, TRAILER_BYTES));
        long at = trailer.getLong();
        long number = trailer.getLong();
        if (at < head.length || at > end || end - at > MAX_LIST_BYTES || number < 0 || number > Integer.MAX_VALUE) {
            throw HoldfastException.damaged(path + ": was cut");
        }
        byte[] list = decrypt((int) number, at, (int) (end - at), path.toString());
        CborReader in = new CborReader(list, path.toString());
        in.array(5);
        this.started = new Timestamp(in.integer(), in.unsigned(999_999_999));
        this.root = new PageRef(ChunkId.read(in.bytes(ChunkId.BYTES), 0), in.unsigned(MAX_PAGE_BYTES));
        ByteBuffer items = ByteBuffer.wrap(in.bytes());
        in.finish();
        for (int i = 0; items.remaining() >= ITEM_BYTES; i++) {
            ChunkId id = ChunkId.read(items.array(), items.position());
            items.position(items.position() + ChunkId.BYTES);
            places.put(id, new Place(i, items.getLong(), items.getInt(), items.getInt()));
        }
    }

    /** When the backup began of which this is. */
    public Timestamp started() {
        return started;
    }

    public PageRef root() {
        return root;
    }

    @Override
    public byte[] read(ChunkId id) {
        Place place = places.get(id);
        String what = "kept page " + id;
        if (place == null) {
            throw HoldfastException.damaged(what + ": is missing");
        }
        try {
            byte[] packed = decrypt(place.number(), place.offset(), place.storedBytes(), what);
            byte[] page = Zstd.decompress(packed, place.plainBytes());
            if (page.length != place.plainBytes()) {
                throw HoldfastException.damaged(what + ": has another length");
            }
            return page;
        } catch (ClosedByInterruptException e) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted: " + what, null, e);
        } catch (IOException | ZstdException e) {
            throw HoldfastException.damaged(what + ": cannot be read: " + e.getMessage());
        }
    }

    private byte[] decrypt(int number, long offset, int storedBytes, String what) throws IOException {
        byte[] stored = read(file, offset, storedBytes);
        byte[] plain = new byte[stored.length];
        int length = new SegmentCipher(key).decrypt(number, stored, 0, stored.length, plain, 0);
        if (length < 0) {
            throw HoldfastException.damaged(what + ": is not what was written");
        }
        return Arrays.copyOf(plain, length);
    }

    private static byte[] read(FileChannel file, long offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        while (target.hasRemaining()) {
            if (offset < 0 || file.read(target, offset + target.position()) < 0) {
                throw new EOFException("too short");
            }
        }
        return target.array();
    }

    @Override
    public void close() {
        closeQuietly(file);
    }

    private static void closeQuietly(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            // It was only read, or is given up.
        }
    }

    /**
     * Keeps the pages of a backup that is under way. Where the disk does not take them, nothing is kept, and nobody is told: it would only have saved
     * time. Thread-safe.
     */
    public static final class Keeper implements AutoCloseable {
        private final Path path;
        private final SegmentCipher cipher;
        private final Map<ChunkId, Place> places = new LinkedHashMap<>();
        private @Nullable Path temporary;
        private @Nullable FileChannel file;
        private long end;
        private long looksForSpaceAt;

        /**
         * @param directory is made where missing
         * @param name of the file that is replaced when all is kept
         */
        public Keeper(Path directory, String name, Keys keys, SecureRandom random) {
            byte[] salt = new byte[SALT_BYTES];
            random.nextBytes(salt);
            this.path = directory.resolve(name);
            this.cipher = new SegmentCipher(keys.of(salt));
            try {
                Files.createDirectories(directory);
                TemporaryFiles.dropLeftovers(directory);
                requireSpace(directory);
                // Of its own: the same host may save the same twice at once.
                Path made = TemporaryFiles.create(directory);
                this.temporary = made;
                this.file = FileChannel.open(made, StandardOpenOption.WRITE);
                append(MAGIC);
                append(salt);
            } catch (IOException e) {
                giveUp();
            }
        }

        /** Keeps a page, unless it is kept. */
        public synchronized void keep(ChunkId id, byte[] page, int offset, int length) {
            if (file == null || places.containsKey(id)) {
                return;
            }
            byte[] plain = Arrays.copyOfRange(page, offset, offset + length);
            int number = places.size();
            long at = end;
            try {
                if (end >= looksForSpaceAt) {
                    requireSpace(path.toAbsolutePath().getParent());
                }
                int stored = appendRun(number, Zstd.compress(plain, LEVEL));
                places.put(id, new Place(number, at, stored, length));
            } catch (IOException e) {
                giveUp();
            }
        }

        /** All of it is in the repository: from now on this is what is kept. */
        public synchronized void finish(PageRef root, Timestamp started) {
            FileChannel open = file;
            Path from = temporary;
            if (open == null || from == null) {
                return;
            }
            ByteBuffer items = ByteBuffer.allocate(places.size() * ITEM_BYTES);
            places.forEach((id, place) -> items.put(id.toByteArray())
                    .putLong(place.offset())
                    .putInt(place.storedBytes())
                    .putInt(place.plainBytes()));
            CborWriter list = new CborWriter();
            list.array(5)
                    .integer(started.seconds())
                    .unsigned(started.nanos())
                    .bytes(root.id().toByteArray())
                    .unsigned(root.lengthBytes())
                    .bytes(items.array());
            try {
                long at = end;
                int number = places.size();
                int ignored = appendRun(number, list.toByteArray());
                append(ByteBuffer.allocate(TRAILER_BYTES)
                        .putLong(at)
                        .putLong(number)
                        .array());
                open.close();
                Files.move(from, path, StandardCopyOption.ATOMIC_MOVE);
                temporary = null;
                file = null;
            } catch (IOException e) {
                giveUp();
            }
        }

        /** @return the length of what was written */
        private int appendRun(int number, byte[] plain) throws IOException {
            byte[] stored = new byte[Math.toIntExact(SegmentCipher.storedLength(plain.length))];
            int ignored = cipher.encrypt(number, plain, 0, plain.length, stored, 0);
            append(stored);
            return stored.length;
        }

        private void append(byte[] bytes) throws IOException {
            FileChannel open = file;
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (open != null && left.hasRemaining()) {
                end += open.write(left);
            }
        }

        /** On a small disk it is the tree that gives way, that of the last backup, too. */
        private void requireSpace(@Nullable Path directory) throws IOException {
            if (directory != null && Files.getFileStore(directory).getUsableSpace() < SPARE_BYTES + end) {
                Files.deleteIfExists(path);
                throw new IOException("no space to spare");
            }
            looksForSpaceAt = end + LOOKS_EACH_BYTES;
        }

        private void giveUp() {
            if (file != null) {
                closeQuietly(file);
                file = null;
            }
            try {
                if (temporary != null) {
                    Files.deleteIfExists(temporary);
                    temporary = null;
                }
            } catch (IOException e) {
                // It stays until the next backup clears it away.
            }
        }

        /** Forgets what was kept where it was not finished. */
        @Override
        public synchronized void close() {
            giveUp();
        }
    }
}
