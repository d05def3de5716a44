package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Jobs;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Places;
import io.holdfast.catalog.SecretHash;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.Grant;
import io.holdfast.catalog.Token.MediaEnrolment;
import io.holdfast.catalog.TokenId;
import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.MediaChannel;
import io.holdfast.protocol.machine.MediaChannel.Admission;
import io.holdfast.protocol.machine.MediaChannel.Admitted;
import io.holdfast.protocol.machine.MediaChannel.Answer;
import io.holdfast.protocol.machine.MediaChannel.JobQuestion;
import io.holdfast.protocol.machine.MediaChannel.Question;
import io.holdfast.protocol.machine.MediaChannel.Served;
import io.holdfast.protocol.machine.MediaChannel.Terms;
import io.holdfast.protocol.machine.Poll;
import io.holdfast.security.Authority;
import io.holdfast.security.CertificateMark;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.MachineName;
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
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What media servers on machines of their own may ask, and who may not, over real TLS. */
final class MediaChannelTest {
    private static final String KEY = "the key of main";

    private final SecureRandom random = new SecureRandom();
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private final InstantSource clock =
            () -> io.holdfast.core.WallClock.system().instant().plus(ahead.get());

    @TempDir
    private Path root;

    private Catalog catalog;
    private Authority authority;
    private ControlServer server;

    @BeforeEach
    void start() {
        ServerDirectory directory = ServerDirectory.create(root.resolve("server"));
        SealingKey sealing = SealingKey.create(directory.hostKey(), random);
        authority = Authority.create(directory.authority(), clock, random);
        catalog = Catalog.open(directory.catalog(), clock, random);
        for (String name : List.of("main", "berlin")) {
            Bytes key = sealing.seal(
                    ("the key of " + name).getBytes(StandardCharsets.UTF_8), RepositoryService.purpose(name));
            var ignored = catalog.repositories().add(name, "/srv/" + name, key, "id-of-" + name);
        }
        server = ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        "test",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of("localhost", "127.0.0.1"),
                        List.of(),
                        clock,
                        MonotonicClock.system(),
                        random,
                        (level, what, details) -> {},
                        new NoRepositories(),
                        (router, api) -> {}));
    }

    @AfterEach
    void stop() {
        server.close();
        catalog.close();
    }

    private Token token(Token.Kind kind, Grant grant) {
        Token token = Token.generate(kind, authority.fingerprint(), random);
        var ignored = catalog.tokens()
                .add(new TokenId(token.idText()), SecretHash.of(token.secret().unsafeArray()), grant, "", "test", null);
        return token;
    }

    private Identity enrol(Token token, String role, String name) {
        MachineKeys keys = MachineKeys.generate(random);
        try (HttpCaller caller = new HttpCaller(
                URI.create("https://127.0.0.1:" + server.port()),
                TlsContexts.clientKnowing(token.authority()),
                new SSLParameters(),
                Optional.empty())) {
            var answer = caller.send(
                    "POST",
                    "/machine/v1/enrol",
                    new io.holdfast.protocol.machine.Enrolment.Request(
                            token.text(), role, name, keys.request(), Optional.of("berlin")),
                    io.holdfast.protocol.machine.Enrolment.Answer.class);
            return new Identity(keys.key(), Pem.certificates(answer.certificates(), "the answer"));
        }
    }

    private Token hostToken() {
        return token(Token.Kind.ENROL, new Enrolment(9, List.of(), new TreeSet<>(), new TreeSet<>()));
    }

    private Token mediaToken() {
        return token(Token.Kind.MEDIA, new MediaEnrolment(9, List.of()));
    }

    private Identity host(String name) {
        return enrol(hostToken(), "host", name);
    }

    private Identity media(String name) {
        return enrol(mediaToken(), "media", name);
    }

    private static String id(Identity machine) {
        return MachineName.of(machine.certificate()).orElseThrow().id();
    }

    private <T> T ask(Identity who, String path, Object question, Class<T> answer) {
        try (MachineLink link =
                new MachineLink(List.of("127.0.0.1:" + server.port()), () -> who, authority.certificate())) {
            return link.ask(caller -> caller.send("POST", "/machine/v1/media/" + path, question, answer));
        }
    }

    private static Question question(String address, MediaChannel.Held... held) {
        return new Question("1.0", address, Map.of("os", "Linux"), List.of(held));
    }

    private static MediaChannel.Held open(String repository) {
        return new MediaChannel.Held("id-of-" + repository, Optional.empty(), 7, Optional.of(10L), Optional.of(20L));
    }

    /** A job that this host has, taken for it. */
    private Job job(Identity host) {
        Source source = Source.files(List.of("/etc"), List.of());
        BackupOrder order = new BackupOrder(
                "", "main", List.of(source), List.of(), Optional.empty(), Optional.empty(), Optional.empty());
        Instant now = clock.instant();
        var ignored = catalog.jobs()
                .put(new NewJob(JobKind.BACKUP, "", new HostId(id(host)), "main", Json.text(order), now, now, 0))
                .orElseThrow();
        return catalog.jobs()
                .takeOf(new HostId(id(host)), new Jobs.Worker("test", Duration.ofMinutes(1), Places.UNLIMITED))
                .orElseThrow();
    }

    @Test
    void aTokenForHostsMakesNoMediaServerAndTheOtherWayRound() {
        assertThatThrownBy(() -> enrol(hostToken(), "media", "mill")).hasMessageContaining("not known here");
        assertThatThrownBy(() -> enrol(mediaToken(), "host", "loom")).hasMessageContaining("not known here");
        assertThat(catalog.mediaServers().all()).isEmpty();
        Identity mill = media("mill");
        MediaServer made = catalog.mediaServers().named("mill").orElseThrow();
        assertThat(made.id().text()).isEqualTo(id(mill));
        assertThat(made.site()).isEqualTo("berlin");
        assertThatThrownBy(() -> media("mill")).hasMessageContaining("there is a media server 'mill' already");
    }

    @Test
    void aHostGetsNothingThatIsForMediaServers() {
        Identity loom = host("loom");
        Job job = job(loom);
        CertificateMark mark = CertificateMark.of(loom.certificate());
        assertThatThrownBy(() -> ask(loom, "poll", question("a:1"), Answer.class))
                .hasMessageContaining("only media servers");
        assertThatThrownBy(() ->
                        ask(loom, "admit", new Admission(id(loom), mark.serial(), mark.publicKey()), Admitted.class))
                .hasMessageContaining("only media servers");
        assertThatThrownBy(() ->
                        ask(loom, "confirm", new JobQuestion(id(loom), job.id().text(), job.fence()), Terms.class))
                .hasMessageContaining("only media servers");
        assertThatThrownBy(() -> ask(loom, "committed", Map.of(), Answer.class))
                .hasMessageContaining("only media servers");
    }

    @Test
    void aMediaServerGetsNoWorkOfAHost() {
        Identity mill = media("mill");
        try (MachineLink link =
                new MachineLink(List.of("127.0.0.1:" + server.port()), () -> mill, authority.certificate())) {
            assertThatThrownBy(() -> link.ask(caller -> caller.send(
                            "POST", "/machine/v1/poll", new Poll.Question("1", Map.of(), false), Poll.Answer.class)))
                    .hasMessageContaining("only hosts");
        }
    }

    @Test
    void keysGoToThoseWhoServeARepositoryAndOnlyOnce() {
        Identity mill = media("mill");
        Identity loft = media("loft");
        catalog.servedRepositories().assign("berlin", List.of(new MediaServerId(id(loft))));
        Answer first = ask(mill, "poll", question("127.0.0.1:4711"), Answer.class);
        assertThat(first.name()).isEqualTo("mill");
        assertThat(first.repositories())
                .as("berlin is not its own")
                .containsExactly(new Served("id-of-main", "main", "/srv/main", Optional.of(KEY), false));
        assertThat(first.repositories().getFirst().toString()).doesNotContain(KEY);
        Answer both = ask(loft, "poll", question("127.0.0.1:4712", open("main")), Answer.class);
        assertThat(both.repositories())
                .extracting(Served::name, Served::key)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("main", Optional.empty()),
                        org.assertj.core.groups.Tuple.tuple("berlin", Optional.of("the key of berlin")));
    }

    @Test
    void whatAMediaServerSaysOfItselfIsNoted() {
        Identity mill = media("mill");
        catalog.servedRepositories().assign("berlin", List.of());
        MediaChannel.Held shut =
                new MediaChannel.Held("id-of-berlin", Optional.of("away"), 0, Optional.empty(), Optional.empty());
        assertThat(catalog.repositories().remove("berlin")).isTrue();
        Answer answer = ask(mill, "poll", question("mill.example:8443", open("main"), shut), Answer.class);
        assertThat(answer.repositories()).extracting(Served::name).containsExactly("main");
        MediaServer noted = catalog.mediaServers().named("mill").orElseThrow();
        assertThat(noted.url()).isEqualTo("mill.example:8443");
        assertThat(noted.seen()).isNotNull();
        assertThat(catalog.servedRepositories().held())
                .containsExactly(new Held(new MediaServerId(id(mill)), "main", "", 7, 10, 20));
        for (String wrong : List.of("control", "", "mill.example", "a:1\nb", "https://a:1")) {
            assertThatThrownBy(() -> ask(mill, "poll", question(wrong), Answer.class))
                    .as(wrong)
                    .hasMessageContaining("no address of a media server");
        }
    }

    @Test
    void jobsAreConfirmedForThoseWhoServeTheirRepository() {
        Identity loom = host("loom");
        Identity mill = media("mill");
        Job job = job(loom);
        JobQuestion question = new JobQuestion(id(loom), job.id().text(), job.fence());
        Terms terms = ask(mill, "confirm", question, Terms.class);
        assertThat(terms.repositoryId()).isEqualTo("id-of-main");
        assertThat(terms.hostName()).isEqualTo("loom");
        assertThat(terms.backup().orElseThrow().sources()).hasSize(1);

        assertThatThrownBy(() ->
                        ask(mill, "confirm", new JobQuestion(id(loom), job.id().text(), job.fence() + 1), Terms.class))
                .hasMessageContaining("another's by now");
        assertThatThrownBy(() -> ask(
                        mill,
                        "confirm",
                        new JobQuestion("0".repeat(32), job.id().text(), job.fence()),
                        Terms.class))
                .hasMessageContaining("has no job");
        Identity loft = media("loft");
        catalog.servedRepositories().assign("main", List.of(new MediaServerId(id(loft))));
        assertThatThrownBy(() -> ask(mill, "confirm", question, Terms.class))
                .hasMessageContaining("does not serve repository 'main'");
        assertThat(ask(loft, "confirm", question, Terms.class).repository()).isEqualTo("main");
        assertThat(catalog.jobs().cancel(job.id())).isTrue();
        assertThatThrownBy(() -> ask(loft, "confirm", question, Terms.class)).hasMessageContaining("another's by now");
    }

    @Test
    void aRemovedMediaServerIsRefusedAtOnce() {
        Identity mill = media("mill");
        Answer there = ask(mill, "poll", question("a:1"), Answer.class);
        assertThat(there.repositories()).hasSize(2);
        assertThat(catalog.mediaServers().remove(new MediaServerId(id(mill)))).isTrue();
        assertThatThrownBy(() -> ask(mill, "poll", question("a:1"), Answer.class))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("not known, or its certificate does not count");
    }

    @Test
    void aCertificateOfAHostCountsAsLongAsTheCatalogSaysSo() {
        Identity loom = host("loom");
        Identity mill = media("mill");
        CertificateMark mark = CertificateMark.of(loom.certificate());
        Admission good = new Admission(id(loom), mark.serial(), mark.publicKey());
        assertThat(ask(mill, "admit", good, Admitted.class).counts()).isTrue();
        CertificateMark own = CertificateMark.of(mill.certificate());
        for (Admission wrong : List.of(
                new Admission("0".repeat(32), mark.serial(), mark.publicKey()),
                new Admission("../..", mark.serial(), mark.publicKey()),
                new Admission(id(loom), own.serial(), own.publicKey()),
                new Admission(id(mill), own.serial(), own.publicKey()))) {
            assertThat(ask(mill, "admit", wrong, Admitted.class).counts())
                    .as(wrong.toString())
                    .isFalse();
        }
        assertThat(catalog.hosts().remove(new HostId(id(loom)))).isTrue();
        assertThat(ask(mill, "admit", good, Admitted.class).counts()).isFalse();
    }

    @Test
    void hostsAreSentToTheNearestThatHasTheirRepository() {
        Identity loom = host("loom");
        HostId id = new HostId(id(loom));
        catalog.hosts().setTags(id, new TreeSet<>(List.of("site:berlin")));
        MediaServerId far = catalog.mediaServers().add("aachen", "", "aachen").id();
        Identity mill = media("mill");
        Identity loft = media("loft");
        assertThat(catalog.mediaServers().change(new MediaServerId(id(loft)), "", "munich", MediaServer.State.ACTIVE))
                .isTrue();
        for (Identity each : List.of(mill, loft)) {
            var ignored = ask(each, "poll", question("127.0.0.1:1", open("main")), Answer.class);
        }
        assertThat(catalog.servedRepositories().held()).hasSize(2);
        assertThat(choice(id)).extracting(MediaServer::name).containsExactly("mill", "loft");

        assertThat(catalog.mediaServers()
                        .change(new MediaServerId(id(mill)), "127.0.0.1:1", "berlin", MediaServer.State.DRAINING))
                .isTrue();
        assertThat(choice(id)).extracting(MediaServer::name).containsExactly("loft");
        catalog.servedRepositories().assign("main", List.of(far));
        assertThat(choice(id)).as("aachen never came").isEmpty();
        catalog.servedRepositories().assign("main", List.of());
        ahead.set(MediaChoice.SILENT.plusSeconds(1));
        assertThat(choice(id)).as("silent").isEmpty();
        MediaServerId local =
                catalog.mediaServers().add("local", MediaPlace.IN_CONTROL, "").id();
        assertThat(choice(id)).extracting(MediaServer::id).containsExactly(local);
    }

    private List<MediaServer> choice(HostId host) {
        return MediaChoice.read(catalog, clock).of(catalog.hosts().of(host).orElseThrow(), "main");
    }

    @Test
    void aHostIsToldWhichMediaServerItShallBelieve() {
        Identity loom = host("loom");
        Job taken = job(loom);
        assertThat(catalog.jobs().giveBack(taken.id(), taken.fence())).isTrue();
        Identity mill = media("mill");
        var ignored = ask(mill, "poll", question("127.0.0.1:1", open("main")), Answer.class);
        try (MachineLink link =
                new MachineLink(List.of("127.0.0.1:" + server.port()), () -> loom, authority.certificate())) {
            JobOrder order = link.ask(caller -> caller.send(
                            "POST", "/machine/v1/poll", new Poll.Question("1", Map.of(), false), Poll.Answer.class))
                    .order()
                    .orElseThrow();
            assertThat(order.media()).containsExactly(new MediaPlace("mill", "127.0.0.1:1", Optional.of(id(mill))));
        }
    }
}
