package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Certificates;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.MachineId;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Api;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.Grant;
import io.holdfast.catalog.Token.MediaEnrolment;
import io.holdfast.catalog.TokenId;
import io.holdfast.catalog.Tokens;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.http.Router;
import io.holdfast.protocol.machine.Poll;
import io.holdfast.protocol.machine.Report;
import io.holdfast.protocol.machine.ServerNow;
import io.holdfast.security.Authority;
import io.holdfast.security.MachineName;
import io.holdfast.security.Pem;
import io.holdfast.security.Token;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The control channel (docs/server.md): how machines come in, get work and tell how it goes. Thread-safe. */
final class MachineApi {
    /** A worker is heard every few seconds; who is silent for so long is taken for dead. */
    static final Duration LEASE = Duration.ofSeconds(60);

    private static final Duration PAUSE_AT_STOP = Duration.ofSeconds(2);
    private static final Duration HELD = Duration.ofSeconds(25);

    private final Catalog catalog;
    private final Authority authority;
    private final HostDesk desk;
    private final JobBell bell;
    private final ServerAddresses addresses;
    private final String version;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final EventLog log;

    MachineApi(
            Catalog catalog,
            Authority authority,
            HostDesk desk,
            JobBell bell,
            ServerAddresses addresses,
            String version,
            InstantSource clock,
            MonotonicClock monotonic,
            EventLog log) {
        this.catalog = catalog;
        this.authority = authority;
        this.desk = desk;
        this.bell = bell;
        this.addresses = addresses;
        this.version = version;
        this.clock = clock;
        this.monotonic = monotonic;
        this.log = log;
    }

    void addTo(Router router) {
        MachineDoor door = new MachineDoor(catalog.certificates());
        router.add("POST", "/machine/v1/enrol", this::enrol)
                .add("POST", "/machine/v1/certificate", door.forMachines(this::renew))
                .add("GET", "/machine/v1/server", door.forMachines(exchange -> exchange.answerJson(200, now())))
                .add("POST", "/machine/v1/poll", door.forHosts(this::poll))
                .add("POST", "/machine/v1/jobs/{id}/report", door.forHosts(this::report));
    }

    private ServerNow now() {
        return new ServerNow(version, clock.instant());
    }

    private void enrol(Exchange exchange) throws IOException {
        var request = exchange.json(io.holdfast.protocol.machine.Enrolment.Request.class);
        Token token = Token.parse(request.token());
        boolean isMedia = request.role().equals("media");
        if (!isMedia && !request.role().equals("host")) {
            throw HttpProblem.badRequest("'" + request.role() + "' is no role in which machines join: host or media");
        }
        var answer = catalog.transaction(() -> {
            // First, so that nobody without a token learns which names there are.
            Tokens.Use use = catalog.tokens()
                    .enrol(
                            new TokenId(token.idText()),
                            SecretHash.of(token.secret().unsafeArray()),
                            isMedia ? MediaEnrolment.class : Enrolment.class,
                            exchange.remoteAddress());
            MachineId machine = switch (accepted(use, isMedia, exchange)) {
                case Enrolment grant -> addHost(request.name(), grant);
                case MediaEnrolment grant -> addMedia(request);
                case Api grant -> throw new IllegalStateException("a machine with a token for scripts");
            };
            List<X509Certificate> chain = authority.forMachine(name(machine), request.request());
            if (!catalog.certificates().issue(machine, MachineDoor.issued(chain.getFirst()))) {
                throw new IllegalStateException("a machine that is gone as soon as it has come");
            }
            return new io.holdfast.protocol.machine.Enrolment.Answer(
                    machine.text(), request.name(), Pem.certificates(chain));
        });
        log.info("machine enrolled", Map.of("role", request.role(), "name", request.name(), "id", answer.id()));
        exchange.answerJson(201, answer);
    }

    private Grant accepted(Tokens.Use use, boolean isMedia, Exchange exchange) {
        return switch (use) {
            case Tokens.Use.Accepted accepted -> accepted.token().grant();
            case Tokens.Use.Refused refused -> {
                log.warning(
                        "enrolment refused",
                        Map.of(
                                "reason",
                                refused.reason().toString(),
                                "from",
                                exchange.remoteAddress().getHostAddress()));
                throw new HttpProblem(
                        403,
                        "denied",
                        "the token is not known here, used up, expired, or not for this address",
                        "Make a new one: holdfast token create " + (isMedia ? "--media." : "--enroll."));
            }
        };
    }

    private HostId addHost(String name, Enrolment grant) {
        Host host = catalog.hosts().add(name);
        catalog.hosts().setGroups(host.id(), grant.groups());
        catalog.hosts().setTags(host.id(), grant.tags());
        return host.id();
    }

    /** Where it is reached it says with its first question. */
    private MediaServerId addMedia(io.holdfast.protocol.machine.Enrolment.Request request) {
        MediaServerId id = catalog.mediaServers()
                .add(request.name(), "", request.site().orElse(""))
                .id();
        catalog.audit()
                .append(
                        "media " + request.name(),
                        "media.join",
                        request.name(),
                        Json.text(Map.of("site", request.site().orElse(""))));
        return id;
    }

    static MachineName name(MachineId machine) {
        return switch (machine) {
            case HostId host -> new MachineName(MachineName.Role.HOST, host.text());
            case MediaServerId media -> new MachineName(MachineName.Role.MEDIA, media.text());
        };
    }

    private void renew(Exchange exchange) throws IOException {
        MachineId machine = exchange.attribute(MachineId.class).orElseThrow();
        var request = exchange.json(io.holdfast.protocol.machine.Enrolment.Renewal.class);
        List<X509Certificate> chain = authority.forMachine(name(machine), request.request());
        Certificates.Issued issued = MachineDoor.issued(chain.getFirst());
        if (!catalog.certificates().issue(machine, issued)) {
            throw HttpProblem.unauthorized("the machine is not known any more");
        }
        exchange.answerJson(200, new io.holdfast.protocol.machine.Enrolment.Renewed(Pem.certificates(chain)));
    }

    private void poll(Exchange exchange) throws IOException {
        HostId host = exchange.attribute(HostId.class).orElseThrow();
        Poll.Question question = exchange.json(Poll.Question.class);
        catalog.hosts()
                .seen(host, question.version(), exchange.remoteAddress().getHostAddress(), Json.text(question.facts()));
        if (question.fresh()) {
            desk.began(host);
        }
        Optional<Poll.Answer> answer = Optional.empty();
        long until = monotonic.nanoTime() + HELD.toNanos();
        while (answer.isEmpty()) {
            answer = bell.isClosed()
                    ? Optional.empty()
                    : desk.take(host).map(order -> new Poll.Answer(Optional.of(order), 0, addresses.known()));
            long left = until - monotonic.nanoTime();
            if (answer.isEmpty() && bell.isClosed()) {
                answer = Optional.of(new Poll.Answer(Optional.empty(), PAUSE_AT_STOP.toSeconds(), addresses.known()));
            } else if (answer.isEmpty() && left <= 0) {
                answer = Optional.of(new Poll.Answer(Optional.empty(), 0, addresses.known()));
            } else if (answer.isEmpty()) {
                try {
                    bell.await(host, Duration.ofNanos(left));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new HttpProblem(503, "interrupted", "the server is about to stop", null);
                }
            }
        }
        exchange.answerJson(200, answer.get());
    }

    private void report(Exchange exchange) throws IOException {
        HostId host = exchange.attribute(HostId.class).orElseThrow();
        String lease = desk.report(host, jobId(exchange.parameter("id")), exchange.json(Report.Word.class));
        exchange.answerJson(200, new Report.Answer(lease));
    }

    static JobId jobId(String text) {
        try {
            return new JobId(text);
        } catch (IllegalArgumentException e) {
            throw HoldfastException.notFound("there is no job '" + text + "'");
        }
    }
}
