package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.AuditLog;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.Role;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.TokenId;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.Access;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.Poll;
import io.holdfast.protocol.machine.Report;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.MachineName;
import io.holdfast.security.Passwords;
import io.holdfast.security.Pem;
import io.holdfast.security.SealingKey;
import io.holdfast.security.TlsContexts;
import io.holdfast.security.Token;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A control server as machines and people meet it, with machines that do not behave. */
class ControlServerTest {
    private static final String PLAN = "plan: nightly\ncron: \"0 3 * * *\"\nsources:\n  - files: [/etc]\n";
    private static final String PASSWORD = "correct horse battery";

    /** Time goes on from where a test puts it. */
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    private final InstantSource clock = () -> WallClock.system().instant().plus(ahead.get());
    private final SecureRandom random = new SecureRandom();

    @TempDir
    private Path root;

    private ServerDirectory directory;
    private Authority authority;
    private Catalog catalog;
    private ControlServer server;

    @BeforeEach
    void start() {
        directory = ServerDirectory.create(root.resolve("server"));
        var sealing = SealingKey.create(directory.hostKey(), random);
        assertThat(sealing).isNotNull();
        authority = Authority.create(directory.authority(), clock, random);
        catalog = Catalog.open(directory.catalog(), clock, random);
        catalog.users()
                .add(
                        "admin",
                        Role.ADMINISTRATOR,
                        new TreeSet<>(),
                        new Passwords(Passwords.Cost.DEFAULT, random).hash(PASSWORD));
        var ignored = catalog.mediaServers().add("local", MediaPlace.IN_CONTROL, "");
        server = started();
    }

    @AfterEach
    void stop() {
        server.close();
        catalog.close();
    }

    private ControlServer started() {
        return ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        "test",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of("localhost", "127.0.0.1"),
                        List.of("control.example"),
                        clock,
                        MonotonicClock.system(),
                        random,
                        (level, what, details) -> {},
                        new NoRepositories(),
                        (router, api) -> {}));
    }

    private URI url() {
        return URI.create("https://127.0.0.1:" + server.port());
    }

    private Token token(long uses) {
        Token token = Token.generate(Token.Kind.ENROL, authority.fingerprint(), random);
        var ignored = catalog.tokens()
                .add(
                        new TokenId(token.idText()),
                        SecretHash.of(token.secret().unsafeArray()),
                        new Enrolment(uses, List.of(), new TreeSet<>(List.of("berlin")), new TreeSet<>()),
                        "",
                        "test",
                        null);
        return token;
    }

    private Identity enrol(Token token, String name) {
        MachineKeys keys = MachineKeys.generate(random);
        try (HttpCaller caller = new HttpCaller(
                url(), TlsContexts.clientKnowing(token.authority()), new SSLParameters(), Optional.empty())) {
            var answer = caller.send(
                    "POST",
                    "/machine/v1/enrol",
                    new io.holdfast.protocol.machine.Enrolment.Request(
                            token.text(), "host", name, keys.request(), Optional.empty()),
                    io.holdfast.protocol.machine.Enrolment.Answer.class);
            return new Identity(keys.key(), Pem.certificates(answer.certificates(), "the answer"));
        }
    }

    private MachineLink link(Identity identity) {
        return new MachineLink(List.of("127.0.0.1:" + server.port()), () -> identity, authority.certificate());
    }

    private static Optional<JobOrder> poll(MachineLink link) {
        return poll(link, false);
    }

    private static Optional<JobOrder> poll(MachineLink link, boolean fresh) {
        return link.ask(caller -> caller.send(
                        "POST",
                        "/machine/v1/poll",
                        new Poll.Question("test", Map.of("os", "Linux"), fresh),
                        Poll.Answer.class))
                .order();
    }

    private static String report(MachineLink link, String job, long fence, Optional<Report.End> end) {
        return link.ask(caller -> caller.send(
                        "POST",
                        "/machine/v1/jobs/" + job + "/report",
                        new Report.Word(fence, Report.Progress.NONE, 0, List.of(), end),
                        Report.Answer.class))
                .lease();
    }

    private static final Optional<Report.End> DONE = Optional.of(new Report.End("done", "", List.of()));

    private void putPlan() {
        assertThat(catalog.plans().apply("nightly", PLAN)).isEqualTo(Plans.Applied.NEW);
    }

    @Test
    void aRunThatIsDueIsGivenToEachHostOnceHoweverManyServersLook() {
        putPlan();
        try (ControlServer second = started();
                MachineLink loom = link(enrol(token(1), "loom"));
                MachineLink mill = link(enrol(token(1), "mill"))) {
            assertThat(second.port()).isNotEqualTo(server.port());
            ahead.set(Duration.ofDays(1));
            JobOrder ofLoom = poll(loom).orElseThrow();
            JobOrder ofMill = poll(mill).orElseThrow();
            assertThat(ofLoom.host()).isEqualTo("loom");
            assertThat(ofLoom.backup().orElseThrow().sources().getFirst().paths())
                    .containsExactly("/etc");
            assertThat(report(loom, ofLoom.job(), ofLoom.fence(), DONE)).isEqualTo("held");
            assertThat(report(mill, ofMill.job(), ofMill.fence(), DONE)).isEqualTo("held");
            // Long enough for both servers to have looked again.
            LockSupport.parkNanos(Duration.ofSeconds(6).toNanos());
            assertThat(catalog.history().counts(JobHistory.Filter.ALL))
                    .containsEntry(JobState.DONE, 2L)
                    .satisfies(counts ->
                            assertThat(counts.getOrDefault(JobState.QUEUED, 0L)).isZero());
        }
    }

    @Test
    void nobodyReportsOnAnothersJobOrWithAnOldFence() {
        putPlan();
        Token token = token(2);
        try (MachineLink loom = link(enrol(token, "loom"));
                MachineLink mill = link(enrol(token, "mill"))) {
            ahead.set(Duration.ofDays(1));
            JobOrder order = poll(loom).orElseThrow();
            assertThatThrownBy(() -> report(mill, order.job(), order.fence(), DONE))
                    .isInstanceOf(HoldfastException.class)
                    .hasMessageContaining("this host has no job");
            assertThat(report(loom, order.job(), order.fence() - 1, DONE)).isEqualTo("lost");
            assertThat(report(loom, order.job(), order.fence() + 1, DONE)).isEqualTo("lost");
            assertThat(report(loom, order.job(), order.fence(), Optional.empty()))
                    .isEqualTo("held");
            assertThat(report(loom, order.job(), order.fence(), DONE)).isEqualTo("held");
            assertThat(report(loom, order.job(), order.fence(), DONE))
                    .as("it has ended")
                    .isEqualTo("lost");
            assertThatThrownBy(() -> report(loom, "../../plans", 1, DONE)).isInstanceOf(HoldfastException.class);
        }
    }

    @Test
    void aWorkerThatIsSilentLosesItsJobToItsOwnNextAttempt() {
        putPlan();
        Identity identity = enrol(token(1), "loom");
        try (MachineLink before = link(identity);
                MachineLink after = link(identity)) {
            ahead.set(Duration.ofDays(1));
            JobOrder first = poll(before).orElseThrow();
            ahead.set(Duration.ofDays(1).plus(MachineApi.LEASE).plusSeconds(1));
            JobOrder second = poll(after).orElseThrow();
            assertThat(second.job()).isEqualTo(first.job());
            assertThat(second.fence()).isGreaterThan(first.fence());
            assertThat(report(before, first.job(), first.fence(), DONE)).isEqualTo("lost");
            assertThat(report(after, second.job(), second.fence(), DONE)).isEqualTo("held");
        }
    }

    @Test
    void anAgentThatIsStartedAnewGoesOnAtOnce() {
        putPlan();
        Identity identity = enrol(token(1), "loom");
        try (MachineLink before = link(identity);
                MachineLink after = link(identity)) {
            ahead.set(Duration.ofDays(1));
            JobOrder first = poll(before, true).orElseThrow();
            JobOrder second = poll(after, true).orElseThrow();
            assertThat(second.job()).isEqualTo(first.job());
            assertThat(second.fence()).isGreaterThan(first.fence());
            assertThat(report(before, first.job(), first.fence(), DONE)).isEqualTo("lost");
        }
    }

    @Test
    void aMachineThatWasRemovedIsRefusedAtOnce() {
        Identity identity = enrol(token(1), "loom");
        try (MachineLink loom = link(identity)) {
            String id = MachineName.of(identity.certificate()).orElseThrow().id();
            assertThatThrownBy(() -> report(loom, "0".repeat(32), 1, Optional.empty()))
                    .hasMessageContaining("has no job");
            Host host = catalog.hosts().named("loom").orElseThrow();
            assertThat(host.id().text()).isEqualTo(id);
            assertThat(host.groups()).containsExactly("berlin");
            assertThat(catalog.hosts().remove(host.id())).isTrue();
            assertThatThrownBy(() -> report(loom, "0".repeat(32), 1, Optional.empty()))
                    .hasMessageContaining("not known, or its certificate does not count");
        }
    }

    @Test
    void aTokenOpensAsOftenAsItIsForAndNamesAreTakenOnce() {
        Token token = token(2);
        var ignored = enrol(token, "loom");
        assertThatThrownBy(() -> enrol(token, "loom")).hasMessageContaining("there is a host 'loom' already");
        assertThat(enrol(token, "mill").chain()).hasSize(2);
        assertThatThrownBy(() -> enrol(token, "third")).hasMessageContaining("used up");
        Token unknown = Token.generate(Token.Kind.ENROL, authority.fingerprint(), random);
        assertThatThrownBy(() -> enrol(unknown, "fourth")).hasMessageContaining("not known here");
        Token wrong = new Token(Token.Kind.ENROL, token.id(), unknown.secret(), token.authority());
        assertThatThrownBy(() -> enrol(wrong, "fifth")).hasMessageContaining("not known here");
        assertThat(catalog.hosts().page("", 10)).extracting(Host::name).containsExactly("loom", "mill");
    }

    @Test
    void machinesWithoutACertificateThatCountsGetNowhere() {
        Identity good = enrol(token(1), "loom");
        // Signed by the right authority, and the catalog has never heard of it.
        MachineKeys keys = MachineKeys.generate(random);
        MachineName name = MachineName.of(good.certificate()).orElseThrow();
        Identity copy = new Identity(keys.key(), authority.forMachine(name, keys.request()));
        try (MachineLink link = link(copy)) {
            assertThatThrownBy(() -> poll(link)).hasMessageContaining("does not count");
        }
        Authority late = Authority.open(
                directory.authority(), () -> WallClock.system().instant().minus(Duration.ofDays(8)), random);
        Identity expired = new Identity(keys.key(), late.forMachine(name, keys.request()));
        try (MachineLink link = link(expired)) {
            assertThatThrownBy(() -> poll(link)).isInstanceOf(HoldfastException.class);
        }
        try (HttpCaller people = new HttpCaller(
                url(),
                TlsContexts.client(Optional.of(() -> good), authority.certificate()),
                new SSLParameters(),
                Optional.empty())) {
            assertThatThrownBy(() -> people.send(
                            "POST", "/machine/v1/poll", new Poll.Question("x", Map.of(), false), Poll.Answer.class))
                    .as("under the name for people no certificate is seen")
                    .hasMessageContaining("machines show a certificate");
        }
    }

    private HttpCaller people(Optional<String> bearer) {
        return new HttpCaller(
                url(), TlsContexts.client(Optional.empty(), authority.certificate()), new SSLParameters(), bearer);
    }

    private String login() {
        return login("admin");
    }

    private String login(String user) {
        try (HttpCaller caller = people(Optional.empty())) {
            return caller.send(
                            "POST",
                            "/api/v1/login",
                            new Access.Login(user, PASSWORD, Optional.empty()),
                            Access.LoggedIn.class)
                    .token();
        }
    }

    @Test
    void everyOperationThatIsDescribedIsThereAndGuarded() {
        String bearer = login();
        try (HttpCaller nobody = people(Optional.empty());
                HttpCaller admin = people(Optional.of(bearer))) {
            Map<String, Object> document = Json.parseObject(admin.stream(
                    "/api/v1/openapi.json",
                    "application/json",
                    in -> new String(in.readAllBytes(), StandardCharsets.UTF_8)));
            assertThat(document).containsEntry("openapi", "3.1.0");
            Map<?, ?> paths = (Map<?, ?>) document.getOrDefault("paths", Map.of());
            assertThat(paths).hasSizeGreaterThan(15);
            paths.forEach((path, operations) -> ((Map<?, ?>) operations).forEach((method, operation) -> {
                String concrete = String.valueOf(path).replaceAll("\\{[a-z]+}", "none");
                boolean isOpen = ((Map<?, ?>) operation).containsKey("security");
                if (!isOpen) {
                    assertThatThrownBy(() -> nobody.tell(String.valueOf(method).toUpperCase(Locale.ROOT), concrete))
                            .as(method + " " + path + " without a login")
                            .hasMessageContaining("nobody is logged in");
                }
            }));
            assertThat(document.toString()).doesNotContain("$ref=#/components/schemas/null");
            assertThat(admin.get("/api/v1/hosts", HostPage.class).items()).isEmpty();
        }
    }

    @Test
    void passwordsAreNotGuessedFast() {
        try (HttpCaller caller = people(Optional.empty())) {
            String last = "";
            for (int i = 0; i < 30 && !last.contains("too many wrong passwords"); i++) {
                try {
                    var ignored = caller.send(
                            "POST",
                            "/api/v1/login",
                            new Access.Login("admin", "wrong password " + i, Optional.empty()),
                            Access.LoggedIn.class);
                } catch (HoldfastException e) {
                    last = String.valueOf(e.getMessage());
                }
            }
            assertThat(last).contains("too many wrong passwords");
        }
    }

    @Test
    void noTokenMakesWhatCouldPassForTheServer() {
        Token token = token(1);
        MachineKeys keys = MachineKeys.generate(random);
        try (HttpCaller caller = new HttpCaller(
                url(), TlsContexts.clientKnowing(token.authority()), new SSLParameters(), Optional.empty())) {
            assertThatThrownBy(() -> caller.send(
                            "POST",
                            "/machine/v1/enrol",
                            new io.holdfast.protocol.machine.Enrolment.Request(
                                    token.text(), "server", "loom", keys.request(), Optional.empty()),
                            io.holdfast.protocol.machine.Enrolment.Answer.class))
                    .hasMessageContaining("no role");
        }
        for (MachineName.Role role : MachineName.Role.values()) {
            var signed = authority.forMachine(new MachineName(role, "0".repeat(32)), keys.request());
            assertThatCode(() -> assertThat(signed.getFirst().getSubjectAlternativeNames().stream()
                                    .map(name -> String.valueOf(name.get(1))))
                            .as("none has the name of the server")
                            .doesNotContain(MachineName.SERVER_NAME))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void whoIsThereForSomeGroupsDecidesForTheseAlone() {
        var mill = catalog.hosts().add("mill");
        catalog.hosts().setGroups(mill.id(), new TreeSet<>(List.of("berlin")));
        var attic = catalog.hosts().add("attic");
        assertThat(attic.groups()).isEmpty();
        String own = PLAN + "select:\n  groups: [berlin]\n";
        putPlan();
        try (HttpCaller admin = people(Optional.of(login()))) {
            assertThatThrownBy(() -> admin.send(
                            "POST",
                            "/api/v1/users",
                            new Access.NewUser("eve", PASSWORD, "administrator", List.of("berlin")),
                            Access.UserView.class))
                    .hasMessageContaining("for all hosts");
            var ignored = admin.send(
                    "POST",
                    "/api/v1/users",
                    new Access.NewUser("bob", PASSWORD, "operator", List.of("berlin")),
                    Access.UserView.class);
        }
        try (HttpCaller bob = people(Optional.of(login("bob")))) {
            for (String text : List.of(
                    PLAN,
                    own,
                    own.replace("nightly", "mine").replace("[berlin]", "[berlin, munich]"),
                    PLAN.replace("nightly", "mine") + "select:\n  hosts: [mill, attic]\n",
                    PLAN.replace("nightly", "mine") + "select:\n  hosts: ['m*']\n",
                    PLAN.replace("nightly", "mine") + "select:\n  tags: [berlin]\n")) {
                assertThatThrownBy(() -> bob.send(
                                "POST", "/api/v1/plans", new PlanText(text, Optional.empty()), PlanApplied.class))
                        .as(text)
                        .hasMessageContaining("other hosts than those of your groups");
            }
            assertThatThrownBy(() -> bob.tell("DELETE", "/api/v1/plans/nightly"))
                    .hasMessageContaining("other hosts than those of your groups");
            for (String selection : List.of("groups: [berlin]", "hosts: [mill]")) {
                assertThat(bob.send(
                                        "POST",
                                        "/api/v1/plans",
                                        new PlanText(
                                                PLAN.replace("nightly", "mine") + "select:\n  " + selection + "\n",
                                                Optional.empty()),
                                        PlanApplied.class)
                                .hosts())
                        .isEqualTo(1);
            }
            bob.tell("DELETE", "/api/v1/plans/mine");
        }
    }

    @Test
    void whoDidWhatIsNoted() {
        try (HttpCaller admin = people(Optional.of(login()))) {
            var ignored = admin.send("POST", "/api/v1/plans", new PlanText(PLAN, Optional.empty()), PlanApplied.class);
            admin.tell("DELETE", "/api/v1/plans/nightly");
        }
        assertThat(catalog.audit().page(AuditLog.Filter.ALL, Long.MAX_VALUE, 10))
                .extracting(entry -> entry.actor() + " " + entry.action() + " " + entry.object())
                .startsWith("admin plan.delete nightly", "admin plan.apply nightly");
        assertThat(catalog.audit().verify()).isInstanceOf(AuditLog.Verification.Intact.class);
    }
}
