package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.core.Warnings;
import io.holdfast.http.Router;
import io.holdfast.http.WebServer;
import io.holdfast.media.HostReads;
import io.holdfast.media.HostSessions;
import io.holdfast.media.MediaRoutes;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.MachineName;
import io.holdfast.security.TlsContexts;
import io.holdfast.sources.backup.BackupListener;
import io.holdfast.sources.backup.BackupRequest;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.backup.FileBackup;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A repository, a media server on the loopback that can be started again, and hosts with certificates. */
final class MediaLab implements AutoCloseable {
    /** Later than any file that a test makes: none looks as if it had changed just before a backup began. No two moments are the same. */
    private final AtomicLong now =
            new AtomicLong(Instant.parse("2060-01-01T00:00:00Z").getEpochSecond());

    private final InstantSource clock = () -> Instant.ofEpochSecond(now.getAndIncrement());

    private static final RetryPolicy QUICK = new RetryPolicy(40, Duration.ofMillis(50), Duration.ofMillis(250));

    private final SecureRandom random = new SecureRandom();
    /** How often a backup says that it is there. */
    static final Duration SIGNS = Duration.ofMillis(200);

    private final Path directory;
    private final ObjectStore store;
    private final RepositorySettings settings;
    private final Credential key = new Credential.Key(KeyFile.generate(random));
    private final Authority authority;
    private final Identity mediaIdentity;
    private final List<Host> hosts = new ArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Throwable> defects = new CopyOnWriteArrayList<>();
    private int port;
    private Repository repository;
    private Desk desk;
    private @Nullable HostSessions sessions;
    private @Nullable HostReads reads;
    private @Nullable WebServer server;

    MediaLab(ObjectStore store, Path directory, boolean smallChunks) throws Exception {
        this.store = store;
        this.directory = directory;
        this.settings = settings(directory.resolve("media"), smallChunks);
        Path authorityPlace = Files.createDirectories(directory.resolve("authority"));
        this.authority = Authority.create(authorityPlace, WallClock.system(), random);
        this.mediaIdentity = authority.forServer(List.of("127.0.0.1"));
        Bytes id = Repository.newId(settings);
        this.repository = Repository.create(store, id, key, "test", settings).repository();
        this.desk = new Desk(id);
        start();
    }

    private RepositorySettings settings(Path cache, boolean smallChunks) {
        ChunkerParameters chunker =
                smallChunks ? new ChunkerParameters(1 << 10, 4 << 10, 16 << 10) : ChunkerParameters.DEFAULT;
        int packs = smallChunks ? 64 << 10 : RepositorySettings.DISK_DATA_PACK_BYTES;
        return new RepositorySettings(
                cache, 2, random, clock, "test", chunker, packs, packs, Optional.empty(), Warnings.NONE);
    }

    private MachineName name(MachineName.Role role) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        return new MachineName(role, Bytes.wrap(id).toHex());
    }

    Desk desk() {
        return desk;
    }

    Repository repository() {
        return repository;
    }

    /** What was asked of the media server, such as {@code POST /media/v1/sessions 201}. */
    List<String> requests() {
        return requests;
    }

    /** What went wrong at the media server that nobody said might. */
    List<Throwable> defects() {
        return defects;
    }

    final void start() {
        HostSessions made = new HostSessions(
                desk,
                id -> Optional.of(repository)
                        .filter(r -> r.config().repositoryId().equals(id)),
                HostSessions.Settings.usual(
                        directory.resolve("sent"), random, WallClock.system(), MonotonicClock.system()));
        HostReads madeReads = new HostReads(desk, id -> Optional.of(repository), random, MonotonicClock.system());
        Router router = new Router();
        new MediaRoutes(made, madeReads, Optional.empty(), handler -> handler).addTo(router);
        server = WebServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                new WebServer.Tls(
                        TlsContexts.people(() -> mediaIdentity),
                        TlsContexts.machines(() -> mediaIdentity, authority.certificate()),
                        MachineName.SERVER_NAME),
                router,
                (method, pattern, status, took, failure) -> {
                    requests.add(method + " " + pattern + " " + status);
                    if (failure != null) {
                        defects.add(failure);
                    }
                },
                MonotonicClock.system());
        port = server.port();
        sessions = made;
        reads = madeReads;
    }

    /** Ends as if the machine had lost power: sessions stay open in the repository, and what was not durable is gone. */
    void kill() {
        if (server != null) {
            server.close();
        }
        repository.close();
        repository = Repository.open(store, List.of(key), settings);
    }

    /** A host with a certificate. */
    Host host(String hostName) {
        Host host = new Host(hostName, name(MachineName.Role.HOST));
        hosts.add(host);
        return host;
    }

    Snapshot snapshot(SnapshotId id) {
        return repository.snapshots().live().stream()
                .filter(s -> s.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    static Bytes bytes(Path path) {
        return Bytes.wrap(path.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        hosts.forEach(host -> host.calls.close());
        if (server != null) {
            server.close();
        }
        if (sessions != null) {
            sessions.close();
        }
        if (reads != null) {
            reads.close();
        }
        repository.close();
    }

    /** An agent's side. */
    final class Host {
        private final String hostName;
        private final MachineName machine;
        private final HttpMediaCalls calls;
        private final RepositorySettings own;
        private int jobs;

        private Host(String hostName, MachineName machine) {
            this.hostName = hostName;
            this.machine = machine;
            MachineKeys keys = MachineKeys.generate(random);
            Identity identity = new Identity(keys.key(), authority.forMachine(machine, keys.request()));
            this.calls = new HttpMediaCalls(
                    new InetSocketAddress("localhost", port),
                    TlsContexts.client(Optional.of(() -> identity), authority.certificate()),
                    TlsContexts.machineParameters());
            this.own = MediaLab.this.settings(directory.resolve(machine.id()), false);
        }

        String id() {
            return machine.id();
        }

        HttpMediaCalls calls() {
            return calls;
        }

        RepositorySettings settings() {
            return own;
        }

        /** A new job of this host. */
        MediaJob job(List<Bytes> paths, SnapshotId... restores) {
            String job = hostName + "-" + ++jobs;
            desk.give(job, machine.id(), hostName, 1, paths, restores);
            return new MediaJob(job, 1, paths);
        }

        MediaBackups backups() {
            return new MediaBackups(calls, own, QUICK, SIGNS);
        }

        BackupResult backup(Path from) {
            return backup(job(List.of(bytes(from))));
        }

        BackupResult backup(MediaJob job) {
            return backup(backups(), job);
        }

        BackupResult backup(MediaBackups backups, Path from) {
            return backup(backups, job(List.of(bytes(from))));
        }

        private BackupResult backup(MediaBackups backups, MediaJob job) {
            BackupRequest request = new BackupRequest(
                    job.paths(),
                    ExcludeRules.of(List.of()),
                    false,
                    false,
                    List.of(),
                    "what a host says of itself",
                    Optional.empty());
            return backups.run(
                    job,
                    target -> new FileBackup(target, HostFiles.ofThisSystem(), request, BackupListener.SILENT).run());
        }
    }
}
