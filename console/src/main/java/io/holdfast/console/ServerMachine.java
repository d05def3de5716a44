package io.holdfast.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The machine that the server runs on, which saves itself, too.
 *
 * @param host the name under which the server knows it; empty as long as it has no agent
 * @param store where the first repository lies
 */
public record ServerMachine(Supplier<Optional<String>> host, Path store) {
    /** Whether a folder and the store are on one file system, and so on one disk. */
    boolean keepsBeside(Path folder) {
        try {
            return Files.getFileStore(folder).equals(Files.getFileStore(existing(store)));
        } catch (IOException e) {
            // What cannot be looked at is not warned of; the backup will tell.
            return false;
        }
    }

    private static Path existing(Path path) {
        Path at = path.toAbsolutePath();
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }
}
