package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A real PostgreSQL server on loopback, started once for all tests of a process ({@code scripts/postgresql}). Thread-safe. */
public final class PostgresqlServer {
    private static final AtomicReference<@Nullable PostgresqlServer> SHARED = new AtomicReference<>();

    private final Path script;
    private final Path directory;
    private final int port;

    private PostgresqlServer(Path script, Path directory, int port) {
        this.script = script;
        this.directory = directory;
        this.port = port;
    }

    /** Starts it at the first call; it ends with the process. */
    public static synchronized PostgresqlServer shared() {
        PostgresqlServer running = SHARED.get();
        if (running == null) {
            running = start();
            SHARED.set(running);
        }
        return running;
    }

    /** Of a database there; {@code postgres} always is. */
    public String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
    }

    /** Where it listens on 127.0.0.1; {@code postgres} needs no password there. */
    public int port() {
        return port;
    }

    /** Stops it as a loss of power would, and starts it again. */
    public synchronized void restart() {
        run("restart", directory.toString());
    }

    private static PostgresqlServer start() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path script = ProjectFiles.find("scripts/postgresql");
            Path directory = Files.createTempDirectory(
                    "postgresql-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            PostgresqlServer server = new PostgresqlServer(script, directory, free.getLocalPort());
            free.close();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> server.run("stop", directory.toString())));
            server.run("start", directory.toString(), Integer.toString(server.port));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run(String... arguments) {
        Scripts.run(script, directory.resolveSibling(directory.getFileName() + ".log"), arguments);
    }
}
