package io.holdfast.testkit;

import io.holdfast.core.MonotonicClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Another S3 server than {@link RadosGateway}, by other people: Adobe's S3Mock, on loopback, started once for all tests of a process
 * ({@code scripts/s3mock}). Needs no root. Thread-safe.
 */
public final class S3Mock {
    private static final int ATTEMPTS = 600;
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final AtomicReference<@Nullable S3Mock> SHARED = new AtomicReference<>();

    private final Path directory;
    private final int port;

    private S3Mock(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /** Starts it at the first call; it ends with the process, however that ends. */
    public static synchronized S3Mock shared() {
        S3Mock running = SHARED.get();
        if (running == null) {
            running = start();
            SHARED.set(running);
        }
        return running;
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** The server's process. */
    public long pid() {
        try {
            return Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static S3Mock start() {
        try {
            Path directory = Files.createTempDirectory("s3mock-").toRealPath();
            S3Mock mock = new S3Mock(directory, freePort());
            // Its standard input is this process's end of a pipe: it ends when that is closed, by a kill -9, too.
            Process process = new ProcessBuilder(
                            ProjectFiles.find("scripts/s3mock").toString(),
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            ProjectFiles.find("testkit/target/s3mock.jar").toString(),
                            directory.toString(),
                            Integer.toString(mock.port))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
            mock.await();
            return mock;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void end(Process process) {
        try {
            process.getOutputStream().close();
            int ignored = process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void await() throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (answers()) {
                return;
            }
            try {
                MonotonicClock.system().sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        throw new IllegalStateException("S3Mock does not answer: " + Files.readString(directory.resolve("log")));
    }

    private boolean answers() {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) endpoint().toURL().openConnection();
            try {
                return connection.getResponseCode() > 0;
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
