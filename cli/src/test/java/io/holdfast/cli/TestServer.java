package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.EventLog;
import io.holdfast.core.WallClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** A server in this process, with its own agent, and people who are logged in to it. */
final class TestServer implements AutoCloseable {
    static final String PASSWORD = "correct horse battery";

    private final Path root;
    private final ServerDirectory directory;
    private final Optional<String> catalog;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private LocalServer server;
    private int port;

    private TestServer(Path root, Optional<String> catalog, Optional<String> password) {
        this.root = root;
        this.catalog = catalog;
        this.directory = ServerDirectory.create(root.resolve("server"));
        LocalServer.init(directory, catalog, password, Optional.empty(), log());
        this.server = started();
        this.port = server.port();
    }

    static TestServer start(Path root) {
        return new TestServer(root, Optional.empty(), Optional.of(PASSWORD));
    }

    /** One at which nobody can log in yet. */
    static TestServer startWithoutAdministrator(Path root) {
        return new TestServer(root, Optional.empty(), Optional.empty());
    }

    /** The secret of a link for the first administrator. */
    Optional<String> offerFirst() {
        return server.offerFirst();
    }

    private LocalServer started() {
        return LocalServer.start(new LocalServer.Options(
                directory, catalog, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(), log()));
    }

    private EventLog log() {
        return (level, what, details) -> log.add(level + " " + what + " " + details);
    }

    /** What it has written to its log. */
    List<String> logged() {
        return log;
    }

    String url() {
        return "https://127.0.0.1:" + port;
    }

    /** The certificate of its authority. */
    Path authority() {
        return directory.authority().resolve("authority.pem");
    }

    ServerDirectory directory() {
        return directory;
    }

    /** Its catalog, while it does not run. */
    Catalog openCatalog() {
        return Catalog.open(directory.catalog(), WallClock.system(), new SecureRandom());
    }

    /** What each start does first. */
    void makeWhatIsMissing() {
        LocalServer.init(directory, catalog, Optional.empty(), Optional.empty(), log());
    }

    /** Waits until the server knows a name that fits; what was saved shows up a little later. */
    void awaitNames(TestHome home, String question) {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (home.json("search", question).isEmpty()) {
            assertThat(System.nanoTime()).as("no name fits " + question).isLessThan(end);
            LockSupport.parkNanos(50_000_000);
        }
    }

    /** Waits until its catalog says that a server runs. */
    void awaitLeader() {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        try (Catalog seen = openCatalog()) {
            while (seen.leaderships().current().isEmpty()) {
                assertThat(System.nanoTime()).as("nobody leads").isLessThan(end);
                LockSupport.parkNanos(50_000_000);
            }
        }
    }

    void stop() {
        server.close();
    }

    /** Starts it again on the same port. */
    void startAgain() {
        server = started();
    }

    /** Somebody with a home directory of their own, logged in as the administrator. */
    TestHome administrator() throws IOException {
        TestHome home = new TestHome(Files.createDirectories(root.resolve("home-of-admin")));
        home.set("HOLDFAST_PASSWORD", PASSWORD);
        home.run("login", url(), "--user", "admin", "--ca-file", authority().toString())
                .succeeded();
        return home;
    }

    /** A file with a plan. */
    Path plan(String name, String... sources) throws IOException {
        Path file = root.resolve(name + ".yaml");
        StringBuilder text = new StringBuilder("plan: " + name + "\ncron: \"0 3 * * *\"\nsources:\n");
        for (String source : sources) {
            text.append("  - ").append(source).append('\n');
        }
        Files.writeString(file, text);
        return file;
    }

    static Map<String, Object> only(List<Map<String, Object>> lines, String type) {
        return lines.stream()
                .filter(line -> type.equals(line.get("type")))
                .findFirst()
                .orElseThrow();
    }

    /** The first snapshot that a job made, as a line of JSON tells it. */
    static String snapshotOf(Map<String, Object> job) {
        return job.get("snapshots") instanceof List<?> made ? String.valueOf(made.getFirst()) : "";
    }

    @Override
    public void close() {
        server.close();
    }
}
