package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A real MariaDB server on loopback, with a binary log ({@code scripts/mariadb}). Thread-safe. */
public final class MariadbServer implements AutoCloseable {
    private static final AtomicReference<@Nullable MariadbServer> SHARED = new AtomicReference<>();

    private final Path script;
    private final Path directory;
    private final int port;

    private MariadbServer(Path script, Path directory, int port) {
        this.script = script;
        this.directory = directory;
        this.port = port;
    }

    /** One for all tests of a process; started at the first call, it ends with the process. */
    public static synchronized MariadbServer shared() {
        MariadbServer running = SHARED.get();
        if (running == null) {
            running = start();
            MariadbServer started = running;
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            SHARED.set(running);
        }
        return running;
    }

    /** One of its own in a directory of its own, with further options of {@code mariadbd}; the caller closes it. */
    public static MariadbServer start(String... options) {
        try {
            return startIn(
                    Files.createTempDirectory(
                            "mariadb-",
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))),
                    options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same in an empty directory that its user {@code mysql} can reach. */
    public static MariadbServer startIn(Path directory, String... options) {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            MariadbServer server =
                    new MariadbServer(ProjectFiles.find("scripts/mariadb"), directory, free.getLocalPort());
            free.close();
            List<String> arguments = new ArrayList<>(List.of("start", directory.toString(), "" + server.port));
            arguments.addAll(Arrays.asList(options));
            server.run(arguments.toArray(String[]::new));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens for programs of this machine; {@code root} needs no password there. */
    public Path socket() {
        return directory.resolve("socket");
    }

    /** Where its files are, those of the binary log ({@code bin.000001} and so on) among them. */
    public Path data() {
        return directory.resolve("data");
    }

    /** Where it listens on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Stops it as a loss of power would, and starts it again. */
    public synchronized void restart() {
        run("restart", directory.toString());
    }

    /** Stops it as a loss of power would. */
    public synchronized void kill() {
        run("kill", directory.toString());
    }

    /** Ends it, and removes all it has. */
    @Override
    public synchronized void close() {
        run("stop", directory.toString());
    }

    private void run(String... arguments) {
        Scripts.run(script, directory.resolveSibling(directory.getFileName() + ".log"), arguments);
    }
}
