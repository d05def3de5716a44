package io.holdfast.databases;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/**
 * How a server is reached, without any secret: those stand in files of the host, which the server's own programs read.
 *
 * @param connectionFile for MariaDB an option file with a group {@code [client]}, for PostgreSQL a service file (libpq) with one section; absent for the socket
 *     of this machine
 * @param runAs the user of this machine who runs the programs, for servers that know people by it; absent for the one of this process
 * @param programs the directory with the server's programs; absent for those of PATH
 */
public record ServerAccess(Optional<Path> connectionFile, Optional<String> runAs, Optional<Path> programs) {
    private static final String USER = "[a-z_][a-z0-9_.-]{0,31}";

    public ServerAccess {
        if (runAs.stream().anyMatch(user -> !user.matches(USER))) {
            throw HoldfastException.usage(
                    "'" + runAs.orElse("") + "' is no user of this machine", "Write one such as postgres.");
        }
    }

    /** By the socket of this machine, as whoever runs this process. */
    public static ServerAccess local() {
        return new ServerAccess(Optional.empty(), Optional.empty(), Optional.empty());
    }

    public static ServerAccess by(Path connectionFile) {
        return new ServerAccess(Optional.of(connectionFile), Optional.empty(), Optional.empty());
    }

    /**
     * The connection file, looked at.
     *
     * @throws HoldfastException {@code USAGE} where it is not there, or everybody can read it
     */
    public Optional<Path> checkedFile() {
        connectionFile.ifPresent(ServerAccess::check);
        return connectionFile.map(Path::toAbsolutePath);
    }

    private static void check(Path file) {
        if (!Files.isRegularFile(file)) {
            throw HoldfastException.usage(
                    "the connection file " + file + " is not there",
                    "Write host, user and password into it; docs/databases.md has an example.");
        }
        try {
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                throw HoldfastException.usage(
                        "the connection file " + file + " can be read by every user of this machine",
                        "Run 'chmod 600 " + file + "'.");
            }
        } catch (UnsupportedOperationException e) {
            // A system without such rights has others, that its administrator sets.
        } catch (IOException e) {
            throw HoldfastException.usage("the connection file " + file + " cannot be read: " + e.getMessage(), "");
        }
    }
}
