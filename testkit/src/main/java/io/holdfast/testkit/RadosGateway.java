package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A real S3 server: Ceph's gateway with a cluster in memory, on loopback, started once for all tests of a process ({@code scripts/radosgw}).
 * Thread-safe.
 */
public final class RadosGateway {
    public static final String ACCESS_KEY = "holdfast";
    public static final String SECRET_KEY = "holdfast-secret";

    private static final int PORTS = 4;
    private static final AtomicReference<@Nullable RadosGateway> SHARED = new AtomicReference<>();

    private final Path script;
    private final Path directory;
    private final int port;

    private RadosGateway(Path script, Path directory, int port) {
        this.script = script;
        this.directory = directory;
        this.port = port;
    }

    /** Starts it at the first call; it ends with the process. */
    public static synchronized RadosGateway shared() {
        RadosGateway running = SHARED.get();
        if (running == null) {
            running = start();
            SHARED.set(running);
        }
        return running;
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** The same server over TLS, with the certificate in {@link #certificate}. */
    public URI secureEndpoint() {
        return URI.create("https://localhost:" + (port + 1));
    }

    public Path certificate() {
        return directory.resolve("tls.crt");
    }

    /** Kills the gateway in the middle of whatever it does, and starts it again; what is stored stays. */
    public synchronized void restart() {
        run("restart", directory.toString());
    }

    private static RadosGateway start() {
        try {
            Path script = ProjectFiles.find("scripts/radosgw");
            Path directory = Files.createTempDirectory("radosgw-").toRealPath();
            RadosGateway gateway = new RadosGateway(script, directory, freePorts());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> gateway.run("stop", directory.toString())));
            gateway.run("start", directory.toString(), Integer.toString(gateway.port));
            return gateway;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first of {@link #PORTS} ports in a row that nobody listens on. */
    private static int freePorts() throws IOException {
        while (true) {
            List<ServerSocket> sockets = new ArrayList<>();
            try {
                ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(first);
                for (int i = 1; i < PORTS; i++) {
                    sockets.add(new ServerSocket(first.getLocalPort() + i, 1, InetAddress.getLoopbackAddress()));
                }
                return first.getLocalPort();
            } catch (IOException | IllegalArgumentException e) {
                // One of them is taken: try others.
            } finally {
                for (ServerSocket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    private void run(String... arguments) {
        Scripts.run(script, directory.resolveSibling(directory.getFileName() + ".log"), arguments);
    }
}
