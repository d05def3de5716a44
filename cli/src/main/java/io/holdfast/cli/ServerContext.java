package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A server that somebody has logged in to.
 *
 * @param url with scheme, host and port
 * @param user empty where only the token is known
 * @param token to be shown
 * @param authority certificate of the server's authority, in PEM; empty where the system's own are believed
 */
record ServerContext(String name, String url, String user, String token, String authority) {

    /** Where the contexts lie. */
    private static Path directory(Environment environment) {
        return environment.configHome().resolve("servers");
    }

    private static Path file(Environment environment, String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw HoldfastException.usage(
                    "'" + name + "' is no name of a server", "Write letters, digits, dots and dashes; 63 at most.");
        }
        return directory(environment).resolve(name + ".json");
    }

    /** The one of this name. */
    static Optional<ServerContext> named(Environment environment, String name) {
        Path file = file(environment, name);
        try {
            return Optional.of(Json.parse(Files.readString(file, StandardCharsets.UTF_8), ServerContext.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, file + " cannot be read: " + Reasons.text(e), "Check its rights.", e);
        }
    }

    /** The one that was logged in to last. */
    static Optional<ServerContext> last(Environment environment) {
        Path current = directory(environment).resolve("last");
        try {
            return named(
                    environment,
                    Files.readString(current, StandardCharsets.UTF_8).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, current + " cannot be read: " + Reasons.text(e), "Check its rights.", e);
        }
    }

    /** Keeps it; only its owner can read the token. */
    void keep(Environment environment) {
        Path file = file(environment, name);
        try {
            Files.createDirectories(directory(environment));
            writeSecret(file, Json.text(this));
            writeSecret(directory(environment).resolve("last"), name + "\n");
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    file + " cannot be written: " + Reasons.text(e),
                    "Check the directory, or set XDG_CONFIG_HOME to another one.",
                    e);
        }
    }

    private static void writeSecret(Path file, String text) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(temporary, text, StandardCharsets.UTF_8);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Never the token. */
    @Override
    public String toString() {
        return name + " (" + url + ")";
    }
}
