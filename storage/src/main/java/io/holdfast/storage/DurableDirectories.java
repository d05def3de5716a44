package io.holdfast.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Directories that survive loss of power: a new directory is only there for certain once its parent was synced, and so on up
 * to the root. Remembers which ones it has seen to that for, so that the usual put syncs one directory. Thread-safe.
 */
final class DurableDirectories {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path root;
    private final Set<Path> known = ConcurrentHashMap.newKeySet();

    DurableDirectories(Path root) {
        this.root = root;
    }

    /** Makes {@code directory} below the root, and all between, durably. */
    void ensure(Path directory) throws IOException {
        if (directory.equals(root) || known.contains(directory)) {
            return;
        }
        Path parent = parentOf(directory);
        ensure(parent);
        create(directory);
        // Also where it was there already: another process may have made it a moment ago and not have synced it yet.
        sync(parent);
        known.add(directory);
    }

    /** Forgets what was seen: somebody removed directories behind our back. */
    void forget() {
        known.clear();
    }

    /** Makes one directory for this user only; nothing happens where it is there. */
    static void create(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, PRIVATE);
        } catch (FileAlreadyExistsException e) {
            // A symbolic link would lead writes out of the store, so it does not count as a directory.
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                NotDirectoryException notDirectory = new NotDirectoryException(directory.toString());
                notDirectory.initCause(e);
                throw notDirectory;
            }
        }
    }

    /** Makes the entries of {@code directory} durable. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static Path parentOf(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("no parent: " + path);
        }
        return parent;
    }
}
