package io.holdfast.control;

import io.holdfast.catalog.Catalog;
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
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** A control server at work: its port, its scheduler, and what both need. Thread-safe. */
public final class ControlServer implements AutoCloseable {
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final int TICKS_BETWEEN_LOOKS = 5;
    /** How long tokens that have expired are shown. */
    private static final Duration TOKENS_SHOWN = Duration.ofDays(30);

    private static final int TICKS_A_DAY = 24 * 3_600;

    private final WebServer web;
    private final Catalog catalog;
    private final ControlApi api;
    private final JobBell bell;
    private final Scheduler scheduler;
    private final ServerIdentity identity;
    private final Settings settings;
    private final Thread ticker;
    private volatile boolean closed;

    /**
     * What a server is given.
     *
     * @param version of the program
     * @param listen on which address
     * @param names under which it is called, hosts and addresses, for its certificate
     * @param repositories who has them open
     * @param parts adds what else this process answers, such as a media server
     */
    public record Settings(
            String version,
            InetSocketAddress listen,
            List<String> names,
            InstantSource clock,
            MonotonicClock monotonic,
            SecureRandom random,
            EventLog log,
            RepositoryDesk repositories,
            BiConsumer<Router, ControlApi> parts) {}

    private ControlServer(
            WebServer web,
            Catalog catalog,
            ControlApi api,
            JobBell bell,
            Scheduler scheduler,
            ServerIdentity identity,
            Settings settings) {
        this.web = web;
        this.catalog = catalog;
        this.api = api;
        this.bell = bell;
        this.scheduler = scheduler;
        this.identity = identity;
        this.settings = settings;
        this.ticker = Thread.ofVirtual().name("holdfast-ticker").unstarted(this::tick);
    }

    /** Listens, and begins to decide what is due. */
    public static ControlServer start(ServerDirectory directory, Catalog catalog, Settings settings) {
        Authority authority = Authority.open(directory.authority(), settings.clock(), settings.random());
        ServerIdentity identity = new ServerIdentity(authority, directory.tls(), settings.names(), settings.clock());
        JobBell bell = new JobBell(catalog.jobs());
        Scheduler scheduler = new Scheduler(catalog, settings.clock(), settings.log());
        Router router = new Router();
        new MachineApi(
                        catalog,
                        authority,
                        new Dispatch(catalog, settings.log()),
                        bell,
                        settings.clock(),
                        settings.monotonic(),
                        settings.log())
                .addTo(router);
        SealingKey sealing = SealingKey.open(directory.hostKey(), settings.random());
        ControlApi api = api(
                catalog,
                authority,
                sealing,
                scheduler,
                bell,
                new ServerService(catalog, authority, identity, directory, settings),
                settings);
        new Api(catalog, authority, api, settings.version()).addTo(router);
        settings.parts().accept(router, api);
        WebServer web = WebServer.start(
                settings.listen(),
                new WebServer.Tls(
                        TlsContexts.people(identity::current),
                        TlsContexts.machines(identity::current, authority.certificate()),
                        MachineName.SERVER_NAME),
                new SecurityHeaders(router),
                (method, pattern, status, took, failure) -> {
                    if (failure != null) {
                        settings.log()
                                .error(
                                        "request met a defect",
                                        Map.of("request", method + " " + pattern, "defect", failure));
                    }
                },
                settings.monotonic());
        ControlServer server = new ControlServer(web, catalog, api, bell, scheduler, identity, settings);
        server.ticker.start();
        return server;
    }

    private static ControlApi api(
            Catalog catalog,
            Authority authority,
            SealingKey sealing,
            Scheduler scheduler,
            JobBell bell,
            ServerService server,
            Settings settings) {
        Passwords passwords = new Passwords(Passwords.Cost.DEFAULT, settings.random());
        Sessions sessions = new Sessions(catalog, passwords, settings.random());
        Audit audit = new Audit(catalog.audit());
        SnapshotService snapshots =
                new SnapshotService(catalog, settings.repositories(), bell, settings.clock(), audit);
        BrowseService browse = new BrowseService(catalog, snapshots, settings.repositories());
        return new ControlApi(
                sessions,
                new FirstAdministrator(catalog, passwords, settings.clock(), settings.random()),
                new AccessService(catalog, sessions, passwords, authority, settings.clock(), settings.random(), audit),
                new OverviewService(catalog, settings.clock()),
                new PlanService(catalog, scheduler, bell, settings.clock(), audit),
                new HostService(catalog, audit),
                new JobService(catalog, bell, settings.monotonic(), audit),
                snapshots,
                browse,
                new DownloadService(catalog, snapshots, browse, audit),
                new RepositoryService(
                        catalog, settings.repositories(), sealing, settings.clock(), settings.version(), audit),
                new AuditService(catalog.audit()),
                server);
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
    }
}
