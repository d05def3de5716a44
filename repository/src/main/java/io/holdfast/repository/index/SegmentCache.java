package io.holdfast.repository.index;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.Warnings;
import io.holdfast.repository.TemporaryFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decrypted index segments in a local directory, mapped into memory, each under the name of its object. It is only a copy: where the directory cannot
 * be used, that is told once, and small segments stay in memory. Not thread-safe; other processes may use the same directory.
 */
final class SegmentCache {
    /** What a segment that cannot be kept in the directory may take of the memory. */
    private static final long MAX_BYTES_IN_MEMORY = 64L << 20;

    private final Path directory;
    private final Warnings warnings;
    private final AtomicBoolean told = new AtomicBoolean();
    private final Map<String, IndexSegment> mapped = new HashMap<>();

    /** @param directory made where missing */
    SegmentCache(Path directory, Warnings warnings) {
        this.directory = directory;
        this.warnings = warnings;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            tell(e);
        }
    }

    Path directory() {
        return directory;
    }

    /** The segment of this name; null where it is not here, or damaged here. */
    @Nullable
    IndexSegment find(String name) {
        IndexSegment known = mapped.get(name);
        if (known != null) {
            return known;
        }
        Path file = directory.resolve(name);
        try {
            if (!Files.exists(file)) {
                return null;
            }
            IndexSegment segment = SegmentFile.map(name, file);
            mapped.put(name, segment);
            return segment;
        } catch (IOException | HoldfastException e) {
            return null; // The cache is only a copy: it is fetched again.
        }
    }

    /** All segments that are here: what this machine has put and kept, whether or not they are still in the store. */
    List<IndexSegment> all() {
        List<IndexSegment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                IndexSegment segment = IndexStore.isName(name) ? find(name) : null;
                if (segment != null) {
                    segments.add(segment);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            tell(e);
        }
        return segments;
    }

    /** Gives a file that {@link #temporary} made, and that this segment was mapped from, its name. */
    void add(IndexSegment segment, Path file) throws IOException {
        Files.move(file, directory.resolve(segment.name()), StandardCopyOption.ATOMIC_MOVE);
        mapped.put(segment.name(), segment);
    }

    void addInMemory(IndexSegment segment) {
        mapped.put(segment.name(), segment);
    }

    /** A segment that no object holds: it lies in the directory without a name, or in memory. */
    IndexSegment keepWithoutName(MemorySegment plain) {
        try {
            Path file = temporary();
            try {
                SegmentFile.write(file, plain);
                return SegmentFile.map("found", file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            tell(e);
            requireFitsInMemory(plain.byteSize());
            return IndexSegment.of("found", plain);
        }
    }

    void forget(String name) {
        mapped.remove(name);
        try {
            Files.deleteIfExists(directory.resolve(name));
        } catch (IOException e) {
            tell(e);
        }
    }

    /** Forgets all others. */
    void dropAllBut(Set<String> names) {
        mapped.keySet().retainAll(names);
        delete(leaf -> IndexStore.isName(leaf) && !names.contains(leaf));
    }

    /** A process that was killed leaves its temporary files; whoever comes next clears them away. */
    void dropLeftovers() {
        try {
            TemporaryFiles.dropLeftovers(directory);
        } catch (IOException e) {
            tell(e);
        }
    }

    private void delete(Predicate<String> unwanted) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (unwanted.test(String.valueOf(file.getFileName()))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            tell(e);
        }
    }

    /** A new file for what gets its name later, or none; the caller deletes it. */
    Path temporary() throws IOException {
        return TemporaryFiles.create(directory);
    }

    /** @throws HoldfastException {@code NO_SPACE} where it does not */
    static void requireFitsInMemory(long bytes) {
        if (bytes > MAX_BYTES_IN_MEMORY) {
            throw new HoldfastException(
                    ErrorCode.NO_SPACE,
                    "an index segment of " + (bytes >> 20)
                            + " MiB fits neither into the cache directory nor into memory",
                    "Name another directory with --cache-dir.");
        }
    }

    /** Tells once that the directory cannot be used. */
    void tell(Exception e) {
        if (e instanceof ClosedByInterruptException) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
        if (told.getAndSet(true)) {
            return;
        }
        warnings.tell(
                directory.toString(),
                "this cache directory cannot be used, so the index stays in memory (" + e.getMessage()
                        + "); --cache-dir names another one");
    }
}
