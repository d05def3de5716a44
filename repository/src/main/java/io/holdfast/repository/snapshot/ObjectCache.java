package io.holdfast.repository.snapshot;

import io.holdfast.storage.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies of small immutable objects on the local disk, as they are in the store: still sealed, so that a damaged copy is noticed
 * when it is opened. Where the directory cannot be used, objects come from the store each time. Thread-safe, also between processes.
 */
public final class ObjectCache {
    private final Path directory;

    /** @param directory of this repository alone; made where missing */
    public ObjectCache(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            // Then nothing is kept: it would only have saved time.
        }
    }

    /** The object from the cache, else from {@code origin}. Names of different prefixes must not share leaves. */
    Optional<byte[]> get(ObjectName name, Supplier<Optional<byte[]>> origin) {
        Path file = directory.resolve(name.leaf());
        try {
            byte[] cached = Files.readAllBytes(file);
            if (cached.length > 0) {
                return Optional.of(cached);
            }
        } catch (IOException e) {
            // Not there, mostly: fetched below.
        }
        Optional<byte[]> object = origin.get();
        if (object.isPresent()) {
            keep(file, object.get());
        }
        return object;
    }

    /** Forgets a copy that turned out to be damaged. */
    void drop(ObjectName name) {
        try {
            Files.deleteIfExists(directory.resolve(name.leaf()));
        } catch (IOException e) {
            // A directory that cannot be written: the copy is opened in vain again, and the store asked.
        }
    }

    private void keep(Path file, byte[] object) {
        Path temporary = null;
        try {
            temporary = Files.createTempFile(directory, "tmp-", "");
            Files.write(temporary, object);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            deleteQuietly(temporary);
        }
    }

    private static void deleteQuietly(@Nullable Path temporary) {
        try {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // It takes a few hundred bytes.
        }
    }
}
