package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.OwnCertificate;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.Router;
import io.holdfast.http.WebServer;
import io.holdfast.media.AssignedRepositories;
import io.holdfast.media.HostDoor;
import io.holdfast.media.HostReads;
import io.holdfast.media.HostSessions;
import io.holdfast.media.HttpJobDesk;
import io.holdfast.media.MediaRoutes;
import io.holdfast.media.NameIndexes;
import io.holdfast.media.OpenRepositories;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.repository.Repository;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineName;
import io.holdfast.security.TlsContexts;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A media server on a machine of its own: what {@code holdfast media run} runs. */
final class RemoteMedia implements AutoCloseable {
    private static final Duration DRAIN = Duration.ofSeconds(20);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final InstantSource CLOCK = WallClock.system();
    private static final MonotonicClock MONOTONIC = MonotonicClock.system();

    private final WebServer web;
    private final AssignedRepositories assigned;
    private final String id;
    private final String address;
    /** The last that was opened first, as they lean on each other. */
    private final Deque<Runnable> opened;

    /**
     * How a media server is started.
     *
     * @param address host and port under which agents reach it; absent for the name of this machine and the port that it listens on
     */
    record Options(AgentDirectory directory, InetSocketAddress listen, Optional<String> address, EventLog log) {}

    private RemoteMedia(
            WebServer web, AssignedRepositories assigned, String id, String address, Deque<Runnable> opened) {
        this.web = web;
        this.assigned = assigned;
        this.id = id;
        this.address = address;
        this.opened = opened;
    }

    /** @throws HoldfastException {@code REFUSED} where it has not joined, or cannot listen there */
    static RemoteMedia start(Options options) {
        Deque<Runnable> opened = new ArrayDeque<>();
        try {
            return start(options, opened);
        } catch (RuntimeException e) {
            opened.forEach(Runnable::run);
            throw e;
        }
    }

    private static RemoteMedia start(Options options, Deque<Runnable> opened) {
        AgentDirectory directory = options.directory();
        EventLog log = options.log();
        OwnCertificate certificate = new OwnCertificate(directory, CLOCK, MONOTONIC, RANDOM, log);
        opened.push(certificate::close);
        String id = id(directory, certificate.identity());
        MachineLink link = certificate.link();
        OpenRepositories repositories = new OpenRepositories(LocalServer.settings(directory.cache(), log));
        opened.push(repositories::close);
        NameIndexes names = NameIndexes.start(repositories, directory.root().resolve("names"), log, MONOTONIC);
        opened.push(names::close);
        HttpJobDesk desk = new HttpJobDesk(link, CLOCK, names::look);
        Path sent = directory.root().resolve("sent");
        HostSessions sessions = new HostSessions(
                desk,
                repository -> open(repositories, repository),
                HostSessions.Settings.usual(sent, RANDOM, CLOCK, MONOTONIC));
        opened.push(sessions::close);
        HostReads reads = new HostReads(desk, repository -> open(repositories, repository), RANDOM, MONOTONIC);
        opened.push(reads::close);
        LocalRepositories local = new LocalRepositories(repositories, reads, names);
        opened.push(local::close);
        ErrandRunner errands = new ErrandRunner(
                local,
                server -> new MachineLink(
                        List.of(server),
                        certificate::identity,
                        certificate.identity().chain().getLast()),
                MONOTONIC,
                log);
        opened.push(errands::close);
        Router router = new Router();
        new MediaRoutes(sessions, reads, Optional.empty(), new HostDoor(link, MONOTONIC)::forHosts).addTo(router);
        WebServer web = WebServer.start(
                options.listen(),
                new WebServer.Tls(
                        TlsContexts.people(certificate::identity),
                        TlsContexts.machines(
                                certificate::identity,
                                certificate.identity().chain().getLast()),
                        MachineName.mediaServerName(id)),
                router,
                (method, pattern, status, took, failure) -> {
                    if (failure != null) {
                        log.error("request met a defect", Map.of("request", method + " " + pattern, "defect", failure));
                    }
                },
                MONOTONIC);
        opened.push(() -> web.drain(DRAIN));
        String address = options.address().orElseGet(() -> ownAddress(options.listen(), web.port()));
        AssignedRepositories assigned = AssignedRepositories.start(
                link,
                repositories,
                new AssignedRepositories.Settings(
                        VersionCommand.program(),
                        address,
                        AgentCommand.facts(),
                        servers -> {
                            learn(directory, link, servers, log);
                            errands.know(directory.servers());
                            tellAgain(desk, log);
                        },
                        names::look,
                        MONOTONIC,
                        log));
        opened.push(assigned::close);
        certificate.start();
        return new RemoteMedia(web, assigned, id, address, opened);
    }

    /** What is not heard now is told after the next poll; repositories are opened meanwhile. */
    private static void tellAgain(HttpJobDesk desk, EventLog log) {
        try {
            desk.tellAgain();
        } catch (HoldfastException e) {
            log.warning("a commit is not heard", Map.of("why", String.valueOf(e.getMessage())));
        }
    }

    private static String id(AgentDirectory directory, Identity identity) {
        return MachineName.of(identity.certificate())
                .filter(name -> name.role() == MachineName.Role.MEDIA)
                .map(MachineName::id)
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.REFUSED,
                        directory.root() + " is the directory of an agent",
                        "Name that of a media server with --data, or join: holdfast media join."));
    }

    /** Hosts that come before it is open, or after its store went away, go to another media server or come again. */
    private static Optional<Repository> open(OpenRepositories repositories, Bytes id) {
        Optional<Repository> open = repositories.of(id);
        if (open.isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "repository " + id + " is not open at this media server",
                    "Look why: holdfast media show.");
        }
        return open;
    }

    private static String ownAddress(InetSocketAddress listen, int port) {
        String host = listen.getAddress().isAnyLocalAddress()
                ? HostIdentity.ofThisProcess().host()
                : listen.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** Of control servers that this machine does not know yet. */
    private static void learn(AgentDirectory directory, MachineLink link, List<String> told, EventLog log) {
        if (told.isEmpty() || directory.servers().containsAll(told)) {
            return;
        }
        try {
            directory.keepTold(told);
            link.know(directory.servers());
        } catch (HoldfastException e) {
            log.warning("servers are not kept", Map.of("why", String.valueOf(e.getMessage())));
        }
    }

    String id() {
        return id;
    }

    /** Host and port under which agents reach it. */
    String address() {
        return address;
    }

    int port() {
        return web.port();
    }

    /** Waits until the control server has been told what is open here; says whether that was so in time. */
    boolean awaitKnown(Duration patience) throws InterruptedException {
        return assigned.awaitKnown(patience);
    }

    /** Lets what runs end for a while, and stops. */
    @Override
    public void close() {
        opened.forEach(Runnable::run);
    }
}
