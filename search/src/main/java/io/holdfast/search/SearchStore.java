package io.holdfast.search;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.TemporaryFiles;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The segments of a repository, with copies, encrypted as they are, in a local directory. Safe for many threads. */
final class SearchStore {
    static final String PREFIX = "search/";
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
    private static final int PIECE_BYTES = 1 << 20;

    private final ObjectStore store;
    private final Sealer sealer;
    private final Path cache;

    /** @param cache for this repository alone; made where missing */
    SearchStore(Repository repository, Path cache) throws IOException {
        this.store = repository.store();
        this.sealer = repository.sealer();
        this.cache = Files.createDirectories(cache);
        TemporaryFiles.dropLeftovers(cache);
    }

    /** The names of all segments that are in the store. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        store.list(PREFIX, object -> {
            String leaf = object.name().value().substring(PREFIX.length());
            if (NAME.matcher(leaf).matches()) {
                names.add(leaf);
            }
        });
        return names;
    }

    /**
     * A segment, fetched where it is not here yet.
     *
     * @return empty where it is not in the store any more
     * @throws HoldfastException {@code DAMAGED} where it is not what its name says
     */
    Optional<NameSegment> open(String name) throws IOException {
        Path file = cache.resolve(name);
        if (Files.exists(file)) {
            try {
                return Optional.of(map(name, file));
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                // The copy may be what is damaged: the store says.
                Files.deleteIfExists(file);
            }
        }
        return fetch(name, file) ? Optional.of(map(name, file)) : Optional.empty();
    }

    private NameSegment map(String name, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            return new NameSegment(name, new SealedFile(mapped, sealer, PREFIX + name));
        }
    }

    private boolean fetch(String name, Path file) throws IOException {
        ObjectName object = ObjectName.of(PREFIX + name);
        Optional<ObjectStat> stat = store.stat(object);
        if (stat.isEmpty()) {
            return false;
        }
        long size = stat.get().sizeBytes();
        Path temporary = TemporaryFiles.create(cache);
        try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            MessageDigest digest = Sha256.digest();
            ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
            for (long at = 0; at < size; at += piece.limit()) {
                piece.clear().limit((int) Math.min(PIECE_BYTES, size - at));
                if (!store.getRange(object, at, piece)) {
                    return false;
                }
                digest.update(piece.array(), 0, piece.limit());
                piece.flip();
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
            if (!HexFormat.of().formatHex(digest.digest()).equals(name)) {
                throw HoldfastException.damaged(object + ": its bytes do not hash to its name");
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Writes what is added to a writer. */
    @FunctionalInterface
    interface Filler {
        /** Adds all entries and returns the name that {@link SegmentWriter#finish} gave. */
        String fill(SegmentWriter writer) throws IOException;
    }

    /** Makes a segment, and puts it into the store. */
    NameSegment make(Filler filler) throws IOException {
        Path temporary = TemporaryFiles.create(cache);
        try {
            String name;
            try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                name = filler.fill(new SegmentWriter(sealer, out));
            }
            put(name, temporary);
            Path file = cache.resolve(name);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            return map(name, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void put(String name, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            List<ByteBuffer> pieces = new ArrayList<>();
            for (int at = 0; at < all.capacity(); at += PIECE_BYTES) {
                pieces.add(all.slice(at, Math.min(PIECE_BYTES, all.capacity() - at)));
            }
            var ignored = store.put(ObjectName.of(PREFIX + name), pieces);
        }
    }

    /** Deletes what something else stands for now. */
    void delete(String name) throws IOException {
        var ignored = store.delete(ObjectName.of(PREFIX + name));
        Files.deleteIfExists(cache.resolve(name));
    }

    /** Deletes copies of what is not in the store any more. */
    void keepCopiesOf(Set<String> names) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(cache)) {
            for (Path file : files) {
                String leaf = String.valueOf(file.getFileName());
                if (NAME.matcher(leaf).matches() && !names.contains(leaf)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
