package io.holdfast.media;

import io.holdfast.stores.StorePlace;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.Optional;

/** Room on the disk of a store. */
public record StoreRoom(long freeBytes, long totalBytes) {
    /** How much is left where a repository lies; empty where nobody can tell, as with buckets. */
    public static Optional<StoreRoom> of(String url) {
        return StorePlace.parse(url).directory().flatMap(directory -> {
            try {
                FileStore disk = Files.getFileStore(directory);
                return Optional.of(new StoreRoom(disk.getUsableSpace(), disk.getTotalSpace()));
            } catch (IOException e) {
                // It is away, which is told elsewhere.
                return Optional.empty();
            }
        });
    }
}
