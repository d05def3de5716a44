package io.holdfast.cli;

import io.holdfast.agent.Agent;
import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.Enroller;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.TokenId;
import io.holdfast.console.Console;
import io.holdfast.console.ServerMachine;
import io.holdfast.control.ControlServer;
import io.holdfast.control.MachineDoor;
import io.holdfast.control.MediaDesk;
import io.holdfast.control.RepositoryService;
import io.holdfast.control.Retention;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.media.HostReads;
import io.holdfast.media.HostSessions;
import io.holdfast.media.MediaRoutes;
import io.holdfast.media.NameIndexes;
import io.holdfast.media.OpenRepositories;
import io.holdfast.media.Vaults;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.security.Authority;
import io.holdfast.security.MachineName;
import io.holdfast.security.Passwords;
import io.holdfast.security.SealingKey;
import io.holdfast.security.Token;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Control server, media server and agent of this machine in one process: what {@code holdfast server} runs. */
final class LocalServer implements AutoCloseable {
    private static final String FIRST_REPOSITORY = "main";
    private static final String FIRST_REPOSITORY_MADE = "repository." + FIRST_REPOSITORY + ".made";
    private static final String ADMINISTRATOR = "admin";
    private static final String LOCAL_MEDIA = "local";
    private static final Duration DRAIN = Duration.ofSeconds(20);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final InstantSource CLOCK = WallClock.system();

    private final Catalog catalog;
    private final OpenRepositories repositories;
    private final NameIndexes names;
    private final HostSessions sessions;
    private final HostReads reads;
    private final LocalRepositories browsed;
    private final ControlServer control;
    private final CatalogSync sync;
    private final RepositoryWorker worker;
    private @Nullable Agent agent;

    private LocalServer(
            Catalog catalog,
            OpenRepositories repositories,
            NameIndexes names,
            HostSessions sessions,
            HostReads reads,
            LocalRepositories browsed,
            ControlServer control,
            CatalogSync sync,
            RepositoryWorker worker) {
        this.sync = sync;
        this.worker = worker;
        this.catalog = catalog;
        this.repositories = repositories;
        this.names = names;
        this.sessions = sessions;
        this.reads = reads;
        this.browsed = browsed;
        this.control = control;
    }

    /** How a server is started. */
    record Options(
            ServerDirectory directory,
            Optional<String> catalogUrl,
            InetSocketAddress listen,
            List<String> names,
            EventLog log) {}

    static Catalog catalog(ServerDirectory directory, Optional<String> url) {
        return url.map(given -> Catalog.openPostgresql(given, CLOCK, RANDOM))
                .orElseGet(() -> Catalog.open(directory.catalog(), CLOCK, RANDOM));
    }

    static RepositorySettings settings(Path cache, EventLog log) {
        return RepositorySettings.of(
                cache,
                "holdfast " + VersionCommand.program(),
                (what, why) -> log.warning("repository", Map.of("object", what, "why", why)));
    }

    /**
     * Makes what a server needs and does not have: it may be called again where it was cut off.
     *
     * @param password of the user {@code admin}; empty for no user
     * @param repository where the first repository is to be, as {@code --repo} takes it; empty for the server's own directory. Where there is one, it stays where it is
     * @throws HoldfastException {@code REFUSED} where the catalog is another server's, whose keys are not here, or where a repository that nobody knows lies there already
     */
    static void init(
            ServerDirectory directory,
            Optional<String> catalogUrl,
            Optional<String> password,
            Optional<String> repository,
            EventLog log) {
        try (Catalog catalog = catalog(directory, catalogUrl);
                OpenRepositories repositories =
                        new OpenRepositories(settings(directory.media().resolve("cache"), log))) {
            // A catalog with keys in it belongs to a host key: another one would open none of them.
            boolean isNew = !Files.exists(directory.hostKey())
                    && catalog.repositories().all().isEmpty();
            if (!isNew) {
                requireKeys(directory);
            } else if (!Authority.exists(directory.authority())) {
                var ignored = Authority.create(directory.authority(), CLOCK, RANDOM);
            }
            SealingKey sealing = isNew
                    ? SealingKey.create(directory.hostKey(), RANDOM)
                    : SealingKey.open(directory.hostKey(), RANDOM);
            String hash = password.map(new Passwords(Passwords.Cost.DEFAULT, RANDOM)::hash)
                    .orElse("");
            if (catalog.repositories().named(FIRST_REPOSITORY).isEmpty()) {
                repository.ifPresent(LocalServer::requireNone);
                KeyFile key = KeyFile.generate(RANDOM);
                // The key is kept before anything is encrypted with it.
                var ignored = catalog.repositories()
                        .add(
                                FIRST_REPOSITORY,
                                repository.orElse(directory.repository().toString()),
                                sealing.seal(
                                        key.toText().getBytes(StandardCharsets.UTF_8),
                                        RepositoryService.purpose(FIRST_REPOSITORY)),
                                Repository.newId(settings(directory.media(), log))
                                        .toHex());
            }
            RepositoryEntry entry =
                    catalog.repositories().named(FIRST_REPOSITORY).orElseThrow();
            Credential credential = RepositoryKeeper.credential(sealing, entry);
            // Made once: where it is away later, its disk is missing, and another one in its place would hide that.
            if (catalog.settings().of(FIRST_REPOSITORY_MADE).isEmpty()) {
                if (!OpenRepositories.exists(entry.url())) {
                    var ignored =
                            repositories.create(entry.url(), Bytes.ofHex(entry.repositoryId()), credential, "server");
                }
                catalog.settings().put(FIRST_REPOSITORY_MADE, entry.repositoryId());
            }
            if (password.isPresent()) {
                catalog.transaction(() -> setAdministrator(catalog, hash));
            }
        }
    }

    /** The key that is made would not open it. */
    private static void requireNone(String url) {
        if (OpenRepositories.exists(url)) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "there is a repository at " + url + " already",
                    "Name another place, and add this one to the server that is made: holdfast repository add --key-file.");
        }
    }

    /** Others would open no repository, and no machine would believe them. */
    private static void requireKeys(ServerDirectory directory) {
        for (Path needed : List.of(directory.hostKey(), directory.authority())) {
            if (!Files.exists(needed)) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "the catalog was made with keys that are not here: " + needed + " is missing",
                        "Copy host.key and authority/ from the directory of the server that made it.");
            }
        }
    }

    /** Also where an earlier attempt was cut off after that: the password that was given last counts. */
    private static void setAdministrator(Catalog catalog, String hash) {
        if (!catalog.users().setPassword(ADMINISTRATOR, hash)) {
            var ignored = catalog.users().add(ADMINISTRATOR, Role.ADMINISTRATOR, new TreeSet<>(), hash);
        }
        catalog.audit().append("server init", "user.add", ADMINISTRATOR, "{\"role\":\"administrator\"}");
    }

    /** Starts everything. What of it cannot be had later stops only who needs it. */
    static LocalServer start(Options options) {
        Deque<Runnable> opened = new ArrayDeque<>();
        try {
            return start(options, opened);
        } catch (RuntimeException e) {
            closeAll(opened, e);
            throw e;
        }
    }

    /** The last that was opened first, as they lean on each other. */
    private static void closeAll(Deque<Runnable> opened, RuntimeException cause) {
        for (Runnable close : opened) {
            try {
                close.run();
            } catch (RuntimeException further) {
                cause.addSuppressed(further);
            }
        }
    }

    /** @param opened takes what is to be closed where it does not come to the end */
    private static LocalServer start(Options options, Deque<Runnable> opened) {
        ServerDirectory directory = options.directory();
        EventLog log = options.log();
        SealingKey sealing = SealingKey.open(directory.hostKey(), RANDOM);
        Catalog catalog = catalog(directory, options.catalogUrl());
        opened.push(catalog::close);
        OpenRepositories repositories =
                new OpenRepositories(settings(directory.media().resolve("cache"), log));
        opened.push(repositories::close);
        RepositoryKeeper keeper = new RepositoryKeeper(catalog, repositories, sealing, log);
        keeper.open();
        registerMedia(catalog);
        NameIndexes names =
                NameIndexes.start(repositories, directory.media().resolve("names"), log, MonotonicClock.system());
        opened.push(names::close);
        CatalogDesk desk = new CatalogDesk(new MediaDesk(catalog, CLOCK), names::look);
        HostSessions sessions = new HostSessions(
                desk,
                repositories::of,
                HostSessions.Settings.usual(directory.media().resolve("sent"), RANDOM, CLOCK, MonotonicClock.system()));
        opened.push(sessions::close);
        HostReads reads = new HostReads(desk, repositories::of, RANDOM, MonotonicClock.system());
        opened.push(reads::close);
        Vaults vaults = new Vaults(
                desk,
                repositories::vault,
                new Vaults.Settings(directory.media().resolve("parts"), RANDOM, CLOCK, MonotonicClock.system()));
        LocalRepositories browsed = new LocalRepositories(repositories, reads, names);
        opened.push(browsed::close);
        ControlServer control = ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        VersionCommand.program(),
                        options.listen(),
                        names(options),
                        options.names(),
                        CLOCK,
                        MonotonicClock.system(),
                        RANDOM,
                        log,
                        browsed,
                        (router, api) -> {
                            new MediaRoutes(
                                            sessions,
                                            reads,
                                            Optional.of(vaults),
                                            new MachineDoor(catalog.certificates())::forHosts)
                                    .addTo(router);
                            new Console(api, machine(directory, catalog), CLOCK).addTo(router);
                        }));
        opened.push(control::close);
        CatalogSync sync = CatalogSync.start(catalog, repositories, keeper, MonotonicClock.system(), log);
        opened.push(sync::close);
        RepositoryWorker worker = worker(catalog, repositories, browsed, log).start();
        opened.push(worker::close);
        LocalServer server =
                new LocalServer(catalog, repositories, names, sessions, reads, browsed, control, sync, worker);
        server.startAgent(options);
        return server;
    }

    private static RepositoryWorker worker(
            Catalog catalog, OpenRepositories repositories, LocalRepositories local, EventLog log) {
        Retention retention = new Retention(catalog, local, CLOCK, log);
        return new RepositoryWorker(
                catalog,
                catalog.mediaServers().named(LOCAL_MEDIA).orElseThrow().id(),
                HostIdentity.ofThisProcess().host(),
                job -> OpenForJob.test(catalog, repositories, job),
                Map.of(
                        JobKind.PRUNE,
                        new PruneWork(catalog, repositories, retention),
                        JobKind.COPY,
                        new CopyWork(catalog, repositories, CLOCK)),
                CLOCK,
                MonotonicClock.system(),
                log);
    }

    /** This machine, under the name that it has in the catalog now. */
    private static ServerMachine machine(ServerDirectory directory, Catalog catalog) {
        AgentDirectory own = new AgentDirectory(directory.agent());
        return new ServerMachine(
                () -> own.isEnrolled()
                        ? MachineName.of(own.identity().certificate())
                                .flatMap(name -> catalog.hosts().of(new HostId(name.id())))
                                .map(Host::name)
                        : Optional.empty(),
                directory.repository());
    }

    /** Under which it is reached: what was said, and this machine's own. */
    private static List<String> names(Options options) {
        List<String> names = new ArrayList<>(options.names());
        names.add(HostIdentity.ofThisProcess().host());
        names.addAll(List.of("localhost", "127.0.0.1", "::1"));
        if (!options.listen().getAddress().isAnyLocalAddress()) {
            names.add(options.listen().getAddress().getHostAddress());
        }
        return names.stream().filter(name -> !name.isBlank()).distinct().toList();
    }

    private static void registerMedia(Catalog catalog) {
        Optional<MediaServer> there = catalog.mediaServers().named(LOCAL_MEDIA);
        if (there.isEmpty()) {
            var ignored = catalog.mediaServers().add(LOCAL_MEDIA, MediaPlace.IN_CONTROL, "");
        }
    }

    /** The agent of this machine comes in as any other does, with a token that nobody else has seen. */
    private void startAgent(Options options) {
        ServerDirectory directory = options.directory();
        EventLog log = options.log();
        AgentDirectory own = new AgentDirectory(directory.agent());
        String address = ListenAddress.local(options.listen(), control.port());
        URI server = URI.create("https://" + address);
        if (!own.isEnrolled()) {
            Authority authority = Authority.open(directory.authority(), CLOCK, RANDOM);
            Token token = Token.generate(Token.Kind.ENROL, authority.fingerprint(), RANDOM);
            Instant soon = CLOCK.instant().plus(Duration.ofMinutes(5));
            var ignored = catalog.tokens()
                    .add(
                            new TokenId(token.idText()),
                            SecretHash.of(token.secret().unsafeArray()),
                            new Enrolment(1, List.of(), new TreeSet<>(), new TreeSet<>()),
                            "this machine",
                            "server",
                            soon);
            try {
                String id = Enroller.enrol(
                        own, server, token, "host", HostIdentity.ofThisProcess().host(), RANDOM);
                log.info("this machine is a host", Map.of("id", id));
            } catch (HoldfastException e) {
                // A server without an agent of its own is a server: another one of its catalog may have the name.
                log.warning("this machine is no host", Map.of("why", String.valueOf(e.getMessage())));
                return;
            }
        } else {
            own.create(List.of(address));
        }
        agent = Agent.start(
                own, Works.of(own, List.of(directory.root().toString()), List.of(), log), AgentCommand.settings(log));
    }

    /** The secret of a one-time link for the first administrator; empty where there is one. */
    Optional<String> offerFirst() {
        return control.api().first().offer();
    }

    int port() {
        return control.port();
    }

    /** Lets what runs end for a while, and stops. */
    @Override
    public void close() {
        Agent own = agent;
        if (own != null) {
            own.close();
        }
        control.drain(DRAIN);
        worker.close();
        sync.close();
        sessions.close();
        reads.close();
        names.close();
        browsed.close();
        repositories.close();
        catalog.close();
    }
}
