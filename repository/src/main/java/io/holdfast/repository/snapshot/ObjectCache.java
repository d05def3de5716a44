package io.holdfast.repository.snapshot;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Copies of small immutable objects on the local disk, as they are in the store: still sealed, so that a damaged copy is noticed
 * when it is opened. Thread-safe, also between processes.
 */
public final class ObjectCache {
    private final Path directory;

    /** @param directory of this repository alone; made where missing */
    public ObjectCache(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw failed(e);
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
        } catch (NoSuchFileException e) {
            // Fetched below.
        } catch (IOException e) {
            throw failed(e);
        }
        Optional<byte[]> object = origin.get();
        if (object.isPresent()) {
            try {
                Path temporary = Files.createTempFile(directory, "tmp-", "");
                Files.write(temporary, object.get());
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw failed(e);
            }
        }
        return object;
    }

    /** Forgets a copy that turned out to be damaged. */
    void drop(ObjectName name) {
        try {
            Files.deleteIfExists(directory.resolve(name.leaf()));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private HoldfastException failed(IOException e) {
        return new HoldfastException(
                ErrorCode.FAILED,
                "the cache directory " + directory + " cannot be used: " + e.getMessage(),
                "Name another one with --cache-dir.",
                e);
    }
}
