package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.control.watch.Lookout;
import io.holdfast.control.watch.Targets;
import io.holdfast.control.watch.Watch.Room;
import io.holdfast.control.watch.Watcher;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Router;
import io.holdfast.http.WebServer;
import io.holdfast.security.Authority;
import io.holdfast.security.MachineName;
import io.holdfast.security.Passwords;
import io.holdfast.security.SealingKey;
import io.holdfast.security.TlsContexts;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** A control server at work: its port, its scheduler, and what both need. Thread-safe. */
public final class ControlServer implements AutoCloseable {
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final int TICKS_BETWEEN_LOOKS = 5;
    /** How long tokens that have expired are shown. */
    private static final Duration TOKENS_SHOWN = Duration.ofDays(30);

    /** How long alerts are shown that are closed. */
    private static final Duration ALERTS_SHOWN = Duration.ofDays(90);

    private static final int TICKS_BETWEEN_NEIGHBOURS = 10;
    private static final int TICKS_AN_HOUR = 3_600;
    private static final int TICKS_A_DAY = 24 * TICKS_AN_HOUR;

    private final WebServer web;
    private final Catalog catalog;
    private final ControlApi api;
    private final JobBell bell;
    private final ServerAddresses addresses;
    private final Scheduler scheduler;
    private final Housekeeping housekeeping;
    private final ServerIdentity identity;
    private final Settings settings;
    private final WatchDuty watch;
    private final Thread ticker;
    private volatile boolean closed;

    /**
     * What a server is given.
     *
     * @param version of the program
     * @param listen on which address
     * @param names under which it is called, hosts and addresses, for its certificate
     * @param reachedAs those of them under which all machines reach it, so that they may be told
     * @param repositories who has them open
     * @param parts adds what else this process answers, such as a media server
     */
    public record Settings(
            String version,
            InetSocketAddress listen,
            List<String> names,
            List<String> reachedAs,
            InstantSource clock,
            MonotonicClock monotonic,
            SecureRandom random,
            EventLog log,
            RepositoryDesk repositories,
            BiConsumer<Router, ControlApi> parts) {
        private Settings with(RepositoryDesk other) {
            return new Settings(version, listen, names, reachedAs, clock, monotonic, random, log, other, parts);
        }
    }

    private ControlServer(
            WebServer web,
            Catalog catalog,
            ControlApi api,
            JobBell bell,
            ServerAddresses addresses,
            Scheduler scheduler,
            Housekeeping housekeeping,
            ServerIdentity identity,
            WatchDuty watch,
            Settings settings) {
        this.watch = watch;
        this.housekeeping = housekeeping;
        this.web = web;
        this.catalog = catalog;
        this.api = api;
        this.bell = bell;
        this.addresses = addresses;
        this.scheduler = scheduler;
        this.identity = identity;
        this.settings = settings;
        this.ticker = Thread.ofVirtual().name("holdfast-ticker").unstarted(this::tick);
    }

    /** Listens, and begins to decide what is due. */
    public static ControlServer start(ServerDirectory directory, Catalog catalog, Settings given) {
        Errands errands = new Errands(given.random(), given.monotonic());
        Settings settings = given.with(new RoutedRepositories(given.repositories(), catalog, errands, given.clock()));
        Authority authority = Authority.open(directory.authority(), settings.clock(), settings.random());
        ServerIdentity identity = new ServerIdentity(authority, directory.tls(), settings.names(), settings.clock());
        JobBell bell = new JobBell(catalog.jobs());
        ServerAddresses addresses = new ServerAddresses(catalog.settings(), settings.clock());
        Scheduler scheduler = new Scheduler(catalog, settings.clock(), settings.log());
        Metrics metrics = new Metrics(catalog, settings.repositories(), settings.clock(), settings.monotonic());
        Router router = new Router();
        new MachineApi(
                        catalog,
                        authority,
                        new HostDesk(catalog, metrics, settings.clock(), settings.log()),
                        bell,
                        addresses,
                        settings.version(),
                        settings.clock(),
                        settings.monotonic(),
                        settings.log())
                .addTo(router);
        SealingKey sealing = SealingKey.open(directory.hostKey(), settings.random());
        new MediaApi(
                        catalog,
                        sealing,
                        new MediaDesk(catalog, settings.clock()),
                        errands,
                        addresses,
                        bell,
                        settings.monotonic())
                .addTo(router);
        Retention retention = new Retention(catalog, settings.repositories(), settings.clock(), settings.log());
        ControlApi api = api(
                catalog,
                authority,
                sealing,
                scheduler,
                retention,
                bell,
                new ServerService(catalog, authority, identity, directory, settings),
                settings);
        new Api(authority, api, new Idempotency(catalog, sealing), settings.version()).addTo(router);
        new Health(catalog, settings.repositories(), api.sessions(), metrics).addTo(router);
        settings.parts().accept(router, api);
        WebServer web = WebServer.start(
                settings.listen(),
                new WebServer.Tls(
                        TlsContexts.people(identity::current),
                        TlsContexts.machines(identity::current, authority.certificate()),
                        MachineName.SERVER_NAME),
                new SecurityHeaders(router),
                (method, pattern, status, took, failure) -> {
                    metrics.answered(method, pattern, status, took, failure);
                    if (failure != null) {
                        settings.log()
                                .error(
                                        "request met a defect",
                                        Map.of("request", method + " " + pattern, "defect", failure));
                    }
                },
                settings.monotonic());
        WatchDuty watch = WatchDuty.start(watcher(catalog, sealing, settings), settings.monotonic(), settings.log());
        Housekeeping housekeeping = new Housekeeping(
                catalog, retention, settings.clock(), settings.monotonic(), settings.random(), settings.log());
        ControlServer server = new ControlServer(
                web, catalog, api, bell, addresses, scheduler, housekeeping, identity, watch, settings);
        server.ticker.start();
        housekeeping.start();
        return server;
    }

    private static ControlApi api(
            Catalog catalog,
            Authority authority,
            SealingKey sealing,
            Scheduler scheduler,
            Retention retention,
            JobBell bell,
            ServerService server,
            Settings settings) {
        Passwords passwords = new Passwords(Passwords.Cost.DEFAULT, settings.random());
        Audit audit = new Audit(catalog.audit());
        SecondFactor secondFactor = new SecondFactor(catalog, sealing, settings.clock(), settings.random(), audit);
        Sessions sessions = new Sessions(
                catalog, passwords, secondFactor, new LoginTickets(sealing, settings.clock()), settings.random());
        SnapshotService snapshots =
                new SnapshotService(catalog, settings.repositories(), bell, settings.clock(), audit);
        BrowseService browse = new BrowseService(catalog, snapshots, settings.repositories());
        return new ControlApi(
                sessions,
                new FirstAdministrator(catalog, passwords, settings.clock(), settings.random()),
                new AccessService(
                        catalog,
                        sessions,
                        passwords,
                        secondFactor,
                        authority,
                        settings.clock(),
                        settings.random(),
                        audit),
                new OverviewService(catalog, settings.clock()),
                new PlanService(catalog, settings.repositories(), scheduler, retention, bell, settings.clock(), audit),
                new HostService(catalog, audit),
                new JobService(catalog, bell, settings.monotonic(), audit),
                snapshots,
                new SearchService(catalog, settings.repositories(), settings.monotonic()),
                browse,
                new DownloadService(catalog, snapshots, browse, audit),
                new RepositoryService(
                        catalog,
                        settings.repositories(),
                        new RepositoriesElsewhere(catalog, settings.clock(), settings.monotonic(), settings.random()),
                        sealing,
                        settings.clock(),
                        settings.version(),
                        audit),
                new MediaService(catalog, settings.clock(), audit),
                new AlertService(catalog, new Targets(catalog.settings(), sealing), settings.clock(), audit),
                new ReportService(catalog, settings.repositories(), settings.clock()),
                new AuditService(catalog.audit()),
                server);
    }

    private static Watcher watcher(Catalog catalog, SealingKey sealing, Settings settings) {
        Lookout lookout = new Lookout(
                catalog,
                url -> settings.repositories().room(url).map(room -> new Room(room.freeBytes(), room.totalBytes())));
        byte[] owner = new byte[16];
        settings.random().nextBytes(owner);
        return new Watcher(
                catalog,
                lookout,
                new Targets(catalog.settings(), sealing),
                settings.clock(),
                HexFormat.of().formatHex(owner),
                settings.log());
    }

    /** What people can do with it. */
    public ControlApi api() {
        return api;
    }

    /** The port that it listens on. */
    public int port() {
        return web.port();
    }

    private void tick() {
        for (long ticks = 0; !closed; ticks++) {
            try {
                if (ticks % TICKS_BETWEEN_LOOKS == 0) {
                    boolean ignored = scheduler.look();
                }
                bell.look();
                if (ticks % TICKS_AN_HOUR == 0) {
                    addresses.say(settings.reachedAs().stream()
                            .map(name -> (name.contains(":") ? "[" + name + "]" : name) + ":" + port())
                            .toList());
                } else if (ticks % TICKS_BETWEEN_NEIGHBOURS == 0) {
                    addresses.look();
                }
                if (ticks % TICKS_A_DAY == 0) {
                    identity.renewIfOld();
                    clearAway();
                }
            } catch (HoldfastException e) {
                settings.log().error("looking for work failed", Map.of("why", String.valueOf(e.getMessage())));
            } catch (RuntimeException e) {
                // A database that does not answer is asked again.
                settings.log().error("looking for work failed", Map.of("defect", e));
            }
            try {
                settings.monotonic().sleep(TICK);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** What nobody needs any more. */
    private void clearAway() {
        catalog.loginThrottle().removeOld();
        catalog.loginSessions().removeExpired();
        catalog.idempotencyKeys().removeExpired();
        catalog.alerts().removeClosed(settings.clock().instant().minus(ALERTS_SHOWN));
        catalog.tokens().removeExpired(settings.clock().instant().minus(TOKENS_SHOWN));
    }

    /** Takes nothing new, lets what runs end for so long, and stops. */
    public void drain(Duration patience) {
        stop();
        web.drain(patience);
    }

    @Override
    public void close() {
        stop();
        web.close();
    }

    private void stop() {
        closed = true;
        ticker.interrupt();
        bell.close();
        watch.close();
        housekeeping.close();
    }
}
