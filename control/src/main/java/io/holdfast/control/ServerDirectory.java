package io.holdfast.control;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What a server keeps on its own disk. Nobody else can read it.
 *
 * @param root with everything below
 */
public record ServerDirectory(Path root) {
    private static final Set<String> OURS = Set.of("authority", "tls", "agent", "media", "repository");

    /**
     * Makes it, where it is not there.
     *
     * @throws HoldfastException {@code REFUSED} where it has something else in it, {@code FAILED} where it cannot be made
     */
    public static ServerDirectory create(Path root) {
        ServerDirectory directory = new ServerDirectory(root.toAbsolutePath().normalize());
        try {
            if (Files.exists(directory.root) && !directory.isServer() && !hasOnlyOurs(directory.root)) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        directory.root + " has something in it that is no server's",
                        "Name an empty directory, or one that does not exist yet, with --data.");
            }
            for (Path made : new Path[] {
                directory.root, directory.authority(), directory.tls(), directory.agent(), directory.media()
            }) {
                Files.createDirectories(made);
                if (made.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx------"));
                }
            }
            return directory;
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    directory.root + " cannot be made: " + e,
                    "Check the path, its rights and space, or name another one with --data.",
                    e);
        }
    }

    /** A server whose making was cut off is made to its end the next time. */
    private static boolean hasOnlyOurs(Path directory) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!OURS.contains(name) && !name.startsWith("catalog.db") && !name.startsWith("host.key")) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Whether a server was made here. */
    public boolean isServer() {
        return Files.exists(authority().resolve("authority.pem"));
    }

    /** The key that signs, and its certificate. */
    public Path authority() {
        return root.resolve("authority");
    }

    /** The server's own key and certificate. */
    public Path tls() {
        return root.resolve("tls");
    }

    /** The key that opens what the catalog keeps sealed. */
    public Path hostKey() {
        return root.resolve("host.key");
    }

    /** The catalog, where it is no PostgreSQL. */
    public Path catalog() {
        return root.resolve("catalog.db");
    }

    /** Where the first repository lies unless somebody says otherwise. */
    public Path repository() {
        return root.resolve("repository");
    }

    /** State of the agent of this machine. */
    public Path agent() {
        return root.resolve("agent");
    }

    /** State of the media server of this machine: copies of indexes, sessions. */
    public Path media() {
        return root.resolve("media");
    }
}
