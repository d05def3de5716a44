package io.holdfast.console;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Places;
import io.holdfast.catalog.Retries;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.control.ControlApi;
import io.holdfast.control.ControlServer;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.security.Authority;
import io.holdfast.security.Passwords;
import io.holdfast.security.SealingKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/** A control server with its console, on a port of its own; what agents would do, tests do in its catalog. */
final class ConsoleServer implements AutoCloseable {
    static final String PASSWORD = "correct horse battery";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final InstantSource CLOCK = WallClock.system();
    private static final Duration LEASE = Duration.ofMinutes(5);

    private final Catalog catalog;
    private final ControlServer control;
    private final String hash = new Passwords(Passwords.Cost.DEFAULT, RANDOM).hash(PASSWORD);
    private final List<String> defects = new CopyOnWriteArrayList<>();

    ConsoleServer(Path root) {
        ServerDirectory directory = ServerDirectory.create(root.resolve("server"));
        var sealing = SealingKey.create(directory.hostKey(), RANDOM);
        if (!directory.hostKey().toFile().exists()) {
            throw new AssertionError(sealing);
        }
        Authority ignored = Authority.create(directory.authority(), CLOCK, RANDOM);
        catalog = Catalog.open(directory.catalog(), CLOCK, RANDOM);
        control = ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        "1.2.3",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of("127.0.0.1"),
                        List.of(),
                        CLOCK,
                        MonotonicClock.system(),
                        RANDOM,
                        (level, what, details) -> {
                            if (details.containsKey("defect")) {
                                defects.add(what + " " + details);
                            }
                        },
                        new NoRepositories(),
                        (router, api) -> new Console(
                                        api,
                                        new ServerMachine(() -> Optional.of("loom"), directory.repository()),
                                        CLOCK)
                                .addTo(router)));
    }

    String url(String path) {
        return "https://127.0.0.1:" + control.port() + path;
    }

    ControlApi api() {
        return control.api();
    }

    Catalog catalog() {
        return catalog;
    }

    /** What the server has met that nobody has thought of. */
    List<String> defects() {
        return defects;
    }

    void user(String name, Role role, String... groups) {
        var ignored = catalog.users().add(name, role, Set.of(groups), hash);
    }

    HostId host(String name, String... groups) {
        HostId host = catalog.hosts().add(name).id();
        catalog.hosts().setGroups(host, Set.of(groups));
        return host;
    }

    /** A job that its host has begun. */
    Job begun(HostId host, String plan) {
        Instant now = CLOCK.instant();
        JobId id = catalog.jobs()
                .put(new NewJob(JobKind.BACKUP, plan, host, "main", "{}", now))
                .orElseThrow();
        Job job = catalog.jobs()
                .takeOf(host, new Jobs.Worker("worker", LEASE, Places.UNLIMITED))
                .orElseThrow();
        if (!job.id().equals(id)) {
            throw new AssertionError("another job was first");
        }
        return job;
    }

    /** What an agent says of a job. */
    void report(Job job, long bytes, long totalBytes, long eventsBefore, String... events) {
        List<Jobs.News> news = List.of(events).stream()
                .map(text -> new Jobs.News(CLOCK.instant(), Job.Level.WARNING, text))
                .toList();
        Jobs.Lease lease = catalog.jobs()
                .report(
                        job.id(),
                        job.fence(),
                        LEASE,
                        new Jobs.Report(new Job.Progress(bytes, totalBytes, 7, 0), eventsBefore, news));
        if (lease == Jobs.Lease.LOST) {
            throw new AssertionError("the job is not ours");
        }
    }

    /** It is to be tried again later. */
    void fails(Job job, String message) {
        Jobs.AfterFailure after = catalog.jobs().fail(job.id(), job.fence(), message, new Retries(2, LEASE, LEASE));
        if (after != Jobs.AfterFailure.QUEUED) {
            throw new AssertionError(after);
        }
    }

    /** A snapshot that the host encrypted itself. */
    void sealed(HostId host, String name) {
        var ignored = catalog.repositories().add("main", "/nowhere", Bytes.wrap(new byte[1]), "00".repeat(16));
        Instant at = Instant.parse("2026-01-01T02:00:00Z");
        var entry = catalog.snapshots()
                .put(
                        "main",
                        new SnapshotFacts(
                                "00000000-" + "ab".repeat(16),
                                name,
                                host,
                                "/srv/payroll",
                                "nightly",
                                null,
                                at,
                                at,
                                7,
                                900,
                                300,
                                400,
                                null,
                                new TreeSet<>(),
                                host.text()));
        if (entry.facts().isReadable()) {
            throw new IllegalStateException("a snapshot of a vault is none");
        }
    }

    void end(Job job, JobState state, String message) {
        String made = state == JobState.DONE
                ? "[{\"snapshot\":\"0123456789abcdef\",\"source\":\"/home\",\"files\":7,\"bytes\":900,\"addedBytes\":300,\"newFiles\":7,\"changedFiles\":0,\"unreadable\":0}]"
                : "";
        if (!catalog.jobs().finish(job.id(), job.fence(), new Jobs.End(state, message, made, 0))) {
            throw new AssertionError("the job is not ours");
        }
    }

    @Override
    public void close() {
        control.close();
        catalog.close();
    }
}
