package io.holdfast.control.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.holdfast.catalog.Alert;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Places;
import io.holdfast.catalog.Retries;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.AlertApi.NewTarget;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.Pem;
import io.holdfast.security.SealingKey;
import io.holdfast.security.TlsContexts;
import io.holdfast.testkit.ManualClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** One who watches a real catalog, and tells real servers. */
@Timeout(120)
class WatcherTest {
    private static final Instant START = Instant.parse("2060-03-01T12:00:00Z");
    private static final String SECRET = "wire secret";
    private static final String PLAN = "plan: nightly\ncron: \"0 3 * * *\"\nsources:\n  - files: [/etc]\n";

    private final ManualClock passed = new ManualClock();
    private final InstantSource clock = () -> START.plus(passed.elapsed());
    private final SecureRandom random = new SecureRandom();
    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final EventLog log = (level, what, details) -> logged.add(level + " " + what + " " + details);

    /** What a web server was told, and how it answers. */
    private final List<Told> told = new CopyOnWriteArrayList<>();

    private final AtomicInteger status = new AtomicInteger(204);

    private record Told(String signature, String body) {
        Notice notice() {
            return Json.parse(body, Notice.class);
        }
    }

    @TempDir
    private Path root;

    private Catalog catalog;
    private Targets targets;
    private Watcher watcher;
    private HttpServer web;
    private HostId web1;

    @BeforeEach
    void start() throws IOException {
        catalog = Catalog.open(root.resolve("catalog.db"), clock, random);
        targets = new Targets(catalog.settings(), SealingKey.create(root.resolve("host.key"), random));
        watcher = watcher("one");
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.createContext("/hook", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (status.get() < 300) {
                told.add(new Told(String.valueOf(exchange.getRequestHeaders().getFirst(Webhook.SIGNATURE)), body));
            }
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        web.start();
        web1 = catalog.hosts().add("web1").id();
        catalog.hosts().seen(web1, "1", "::1", "{}");
    }

    @AfterEach
    void stop() {
        web.stop(0);
        catalog.close();
    }

    private Watcher watcher(String owner) {
        return new Watcher(catalog, new Lookout(catalog, url -> Optional.empty()), targets, clock, owner, log);
    }

    private static NewTarget webhook(String name, String url) {
        return new NewTarget(
                name,
                "webhook",
                Optional.of(url),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(SECRET),
                Optional.empty());
    }

    private void addWebhook() {
        var added = targets.add(
                webhook("hook", "http://127.0.0.1:" + web.getAddress().getPort() + "/hook"));
        assertThat(added.hasSecret()).isTrue();
    }

    private void look(Watcher which) {
        try {
            which.look();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void pass(Duration time) {
        passed.advance(time);
    }

    @Test
    void anAlertOpensOnceIsToldOnceByTheLeaderAndClosesByItself() {
        addWebhook();
        Watcher other = watcher("two");
        look(watcher);
        assertThat(catalog.alerts().current()).isEmpty();
        pass(Duration.ofHours(25));
        look(watcher);
        look(other);
        pass(Duration.ofMinutes(1));
        look(watcher);
        look(other);
        Alert alert = catalog.alerts().current().getFirst();
        assertThat(alert.kind()).isEqualTo("host-silent");
        assertThat(alert.count()).as("nothing has changed").isEqualTo(1);
        assertThat(alert.isTold()).isTrue();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst().notice().opened()).singleElement().satisfies(view -> {
            assertThat(view.id()).isEqualTo(alert.id().text());
            assertThat(view.host()).contains("web1");
            assertThat(view.text()).isEqualTo("not heard of since " + START);
        });
        assertThat(catalog.alerts().acknowledge(alert.id(), "ada")).isTrue();
        look(watcher);
        assertThat(catalog.alerts().current().getFirst().state()).isEqualTo(Alert.State.ACKNOWLEDGED);
        watcher.release();
        catalog.hosts().seen(web1, "1", "::1", "{}");
        look(other);
        assertThat(catalog.alerts().current()).isEmpty();
        assertThat(told).hasSize(2);
        assertThat(told.get(1).notice().closed())
                .singleElement()
                .satisfies(view -> assertThat(view.state()).isEqualTo("closed"));
    }

    @Test
    void noticesAreSignedAndSecretsAreSealed() {
        addWebhook();
        targets.test("hook", START);
        Told notice = told.getFirst();
        assertThat(notice.signature()).isEqualTo(Webhook.signature(SECRET, START.getEpochSecond(), notice.body()));
        assertThat(Webhook.signature(SECRET, 1_700_000_000, "{\"event\":\"test\"}"))
                .as("as Python's hmac has it")
                .isEqualTo("t=1700000000,v1=90e895b326c69f94f5145d12b9d76780d415cdeedf5ec45d93004f4219289e15");
        assertThat(notice.notice().event()).isEqualTo("test");
        assertThat(catalog.settings().all().toString()).contains("hook").doesNotContain(SECRET);
        assertThat(targets.list().toString()).doesNotContain(SECRET);
        assertThat(webhook("x", "https://localhost/").toString()).doesNotContain(SECRET);
        assertThat(targets.named("hook").orElseThrow().toString()).doesNotContain(SECRET);
        assertThatThrownBy(() -> targets.add(webhook("hook", "https://localhost/")))
                .hasMessageContaining("already");
        assertThatThrownBy(() -> targets.add(webhook("other", "ftp://localhost/")))
                .hasMessageContaining("needs a URL");
        assertThatThrownBy(() -> targets.add(webhook("../x", "https://localhost/")))
                .hasMessageContaining("no name");
    }

    @Test
    void whoCannotBeToldIsTriedAgainAndGivenUpInTheEnd() {
        addWebhook();
        look(watcher);
        pass(Duration.ofHours(25));
        status.set(500);
        look(watcher);
        look(watcher);
        assertThat(logged).singleElement().asString().contains("status 500").doesNotContain(SECRET);
        status.set(200);
        look(watcher);
        assertThat(told).as("it is not time yet").isEmpty();
        look(watcher("two"));
        assertThat(told).as("another one leads").isEmpty();
        pass(Duration.ofSeconds(11));
        look(watcher);
        assertThat(told).hasSize(1);
        catalog.hosts().seen(web1, "1", "::1", "{}");
        look(watcher);
        pass(Duration.ofHours(25));
        status.set(500);
        for (int i = 0; i < Outbox.ATTEMPTS; i++) {
            look(watcher);
            assertThat(catalog.alerts().untold(10)).hasSize(i < Outbox.ATTEMPTS - 1 ? 1 : 0);
            pass(Duration.ofMinutes(31));
        }
        assertThat(logged.getLast()).startsWith("ERROR").contains("given up");
    }

    private SnapshotFacts facts(int number, long files) {
        return new SnapshotFacts(
                "0" + number,
                "web1",
                web1,
                "/etc",
                "nightly",
                null,
                clock.instant(),
                clock.instant(),
                files,
                files << 20,
                1 << 20,
                1 << 19,
                null,
                new TreeSet<>());
    }

    @Test
    void anOddBackupIsNoticedAndTheNextOneThatIsUsualClosesThat() {
        catalog.repositories().add("main", "/srv/main", null, "ab");
        for (int i = 0; i < 6; i++) {
            var ignored = catalog.snapshots().put("main", facts(i, 100 + i));
        }
        look(watcher);
        var odd = catalog.snapshots().put("main", facts(6, 3));
        look(watcher);
        look(watcher);
        assertThat(catalog.alerts().current()).singleElement().satisfies(alert -> {
            assertThat(alert.kind()).isEqualTo("backup-unusual");
            assertThat(alert.object()).isEqualTo("web1/nightly//etc");
            assertThat(alert.text())
                    .contains("unusually small")
                    .contains(odd.facts().id());
        });
        var usual = catalog.snapshots().put("main", facts(7, 101));
        assertThat(usual.sequence()).isGreaterThan(odd.sequence());
        look(watcher);
        assertThat(catalog.alerts().current()).isEmpty();
    }

    private Jobs.AfterFailure failOnce() {
        var id = catalog.jobs()
                .put(new NewJob(JobKind.BACKUP, "nightly", web1, "main", "{}", clock.instant()))
                .orElseThrow();
        var job = catalog.jobs()
                .takeOf(web1, new Jobs.Worker("web1", Duration.ofMinutes(1), Places.UNLIMITED))
                .orElseThrow();
        return catalog.jobs()
                .fail(id, job.fence(), "no room", new Retries(0, Duration.ofMinutes(1), Duration.ofMinutes(1)));
    }

    @Test
    void runsThatAreMissedOrFailAreNoticed() {
        var applied = catalog.plans().apply("nightly", PLAN);
        assertThat(applied).isNotNull();
        catalog.hosts().seen(web1, "1", "::1", "{}");
        pass(Duration.ofHours(15));
        look(watcher);
        assertThat(catalog.alerts().current()).as("its window is not over").isEmpty();
        pass(Duration.ofHours(2));
        look(watcher);
        assertThat(catalog.alerts().current()).singleElement().satisfies(alert -> {
            assertThat(alert.kind()).isEqualTo("run-missed");
            assertThat(alert.object()).isEqualTo("web1/nightly");
            assertThat(alert.text()).contains("2060-03-02T03:00:00Z");
        });
        assertThat(failOnce()).isEqualTo(Jobs.AfterFailure.ENDED);
        look(watcher);
        assertThat(catalog.alerts().current()).singleElement().satisfies(alert -> {
            assertThat(alert.kind()).as("it has begun").isEqualTo("job-failed");
            assertThat(alert.text()).isEqualTo("no room");
        });
        assertThat(catalog.hosts().remove(web1)).isTrue();
        look(watcher);
        assertThat(catalog.alerts().current()).as("nobody misses it").isEmpty();
    }

    @Test
    void theSummaryComesOnceADayAtItsHour() {
        addWebhook();
        new WatchSettings(
                        Duration.ofDays(1),
                        Duration.ofDays(14),
                        10,
                        Optional.of(new WatchSettings.SummaryTime(7, WatchSettings.zone(Optional.of("Europe/Berlin")))))
                .put(catalog.settings());
        look(watcher);
        assertThat(told).as("today's hour is past").isEmpty();
        catalog.hosts().seen(web1, "1", "::1", "{}");
        pass(Duration.ofHours(17));
        look(watcher);
        assertThat(told).as("it is 6 o'clock in Berlin").isEmpty();
        pass(Duration.ofHours(1));
        look(watcher);
        look(watcher);
        look(watcher("another"));
        assertThat(told).hasSize(1);
        Notice.Summary summary = told.getFirst().notice().summary().orElseThrow();
        assertThat(summary.hosts()).isEqualTo(1);
        assertThat(summary.never()).isEqualTo(1);
    }

    /** A mail server that wants TLS and a password. */
    private SMTPServer mailServer(Authority authority, List<String> mails, boolean fromTheStart) {
        Identity identity = authority.forServer(List.of("localhost", "127.0.0.1"));
        SSLContext tls = TlsContexts.people(() -> identity);
        SMTPServer.Builder builder = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .requireAuth()
                .authenticationHandlerFactory(new EasyAuthenticationHandlerFactory((user, password, context) -> {
                    if (!user.equals("holdfast") || !password.equals(SECRET)) {
                        throw new LoginFailedException();
                    }
                }))
                .messageHandler((context, from, to, data) ->
                        mails.add(from + " > " + to + "\n" + new String(data, StandardCharsets.UTF_8)));
        SMTPServer server = fromTheStart
                ? builder.serverSocketFactory(tls).build()
                : builder.startTlsSocketFactory(tls).requireTLS().build();
        server.start();
        return server;
    }

    private static NewTarget mail(
            String name, int port, String security, Optional<String> password, Optional<String> authority) {
        return new NewTarget(
                name,
                "email",
                Optional.empty(),
                Optional.of("localhost:" + port),
                Optional.of(security),
                password.map(given -> "holdfast"),
                Optional.of("holdfast@example.org"),
                List.of("ada@example.org", "Bob <bob@example.org>"),
                password,
                authority);
    }

    @Test
    void mailGoesThroughAServerThatWantsTlsAndAPassword() throws IOException {
        Authority authority =
                Authority.create(Files.createDirectories(root.resolve("authority")), clockOfToday(), random);
        String pem = Pem.certificates(List.of(authority.certificate()));
        List<String> mails = new CopyOnWriteArrayList<>();
        for (boolean fromTheStart : new boolean[] {false, true}) {
            SMTPServer server = mailServer(authority, mails, fromTheStart);
            try {
                String name = fromTheStart ? "tls" : "starttls";
                int port = server.getPortAllocated();
                var added = targets.add(mail(name, port, name, Optional.of(SECRET), Optional.of(pem)));
                assertThat(added.toString()).doesNotContain(SECRET);
                targets.test(name, START);
                var wrong = targets.add(mail(name + "-wrong", port, name, Optional.of("guess"), Optional.of(pem)));
                assertThatThrownBy(() -> targets.test(wrong.name(), START))
                        .isInstanceOf(HoldfastException.class)
                        .hasMessageContaining("cannot be told")
                        .hasMessageNotContaining("guess");
                var unknown = targets.add(mail(name + "-unknown", port, name, Optional.of(SECRET), Optional.empty()));
                assertThatThrownBy(() -> targets.test(unknown.name(), START))
                        .as("its certificate is signed by nobody who is known")
                        .isInstanceOf(HoldfastException.class);
            } finally {
                server.stop();
            }
        }
        assertThat(mails)
                .hasSize(2)
                .allSatisfy(mail -> assertThat(mail)
                        .contains("holdfast@example.org > ")
                        .contains("Subject: [Holdfast] this is a test")
                        .contains("Auto-Submitted: auto-generated")
                        .contains("Whoever reads this is told of alerts."));
        assertThat(catalog.settings().all().toString()).doesNotContain(SECRET);
        assertThatThrownBy(() -> targets.add(mail("open", 25, "none", Optional.of(SECRET), Optional.empty())))
                .hasMessageContaining("everybody to read");
    }

    private static InstantSource clockOfToday() {
        return WallClock.system();
    }

    @Test
    void aMailServerWithoutTlsGetsNothingThatIsNotMeantForEverybody() {
        List<String> mails = new CopyOnWriteArrayList<>();
        SMTPServer server = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .messageHandler((context, from, to, data) -> mails.add(new String(data, StandardCharsets.UTF_8)))
                .build();
        server.start();
        try {
            var strict = targets.add(
                    mail("strict", server.getPortAllocated(), "starttls", Optional.empty(), Optional.empty()));
            assertThatThrownBy(() -> targets.test(strict.name(), START)).hasMessageContaining("STARTTLS");
            assertThat(mails).isEmpty();
            assertThat(targets.remove("strict")).isTrue();
            var plain =
                    targets.add(mail("plain", server.getPortAllocated(), "none", Optional.empty(), Optional.empty()));
            assertThat(plain.hasSecret()).isFalse();
            look(watcher);
            pass(Duration.ofHours(25));
            look(watcher);
            assertThat(mails).singleElement().asString().contains("host-silent  web1: not heard of since");
        } finally {
            server.stop();
        }
    }
}
