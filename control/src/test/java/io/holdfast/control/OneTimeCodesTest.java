package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Role;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Access;
import io.holdfast.protocol.api.AuditApi.AuditPage;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.TotpApi;
import io.holdfast.security.Authority;
import io.holdfast.security.Passwords;
import io.holdfast.security.SealingKey;
import io.holdfast.security.TlsContexts;
import io.holdfast.testkit.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logging in with a phone, as scripts and people do it over HTTP. */
class OneTimeCodesTest {
    private static final String PASSWORD = "correct horse battery";

    /** Time goes on from where a test puts it. */
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    private final InstantSource clock = () -> WallClock.system().instant().plus(ahead.get());
    private final SecureRandom random = new SecureRandom();
    private final List<String> log = new CopyOnWriteArrayList<>();

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
        String hash = new Passwords(Passwords.Cost.DEFAULT, random).hash(PASSWORD);
        for (String name : List.of("admin", "ada")) {
            var ignored = catalog.users().add(name, Role.ADMINISTRATOR, new TreeSet<>(), hash);
        }
        server = started();
    }

    private ControlServer started() {
        return ControlServer.start(
                directory,
                catalog,
                new ControlServer.Settings(
                        "test",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of("127.0.0.1"),
                        List.of(),
                        clock,
                        MonotonicClock.system(),
                        random,
                        (level, what, details) -> log.add(what + " " + details),
                        new NoRepositories(),
                        (router, api) -> {}));
    }

    @AfterEach
    void stop() {
        server.close();
        catalog.close();
    }

    private HttpCaller caller(ControlServer which, Optional<String> bearer) {
        return new HttpCaller(
                URI.create("https://127.0.0.1:" + which.port()),
                TlsContexts.client(Optional.empty(), authority.certificate()),
                new SSLParameters(),
                bearer);
    }

    private String login(String user, String password, String code) {
        return login(server, user, password, code);
    }

    private String login(ControlServer which, String user, String password, String code) {
        try (HttpCaller caller = caller(which, Optional.empty())) {
            Access.Login login =
                    new Access.Login(user, password, Optional.of(code).filter(text -> !text.isEmpty()));
            return caller.sendUnless("code-needed", "POST", "/api/v1/login", login, Access.LoggedIn.class)
                    .map(Access.LoggedIn::token)
                    .orElse("code needed");
        }
    }

    private HttpCaller ada() {
        return caller(server, Optional.of(login("ada", PASSWORD, "")));
    }

    private static TotpApi.Setup setUp(HttpCaller ada) {
        return ada.send("POST", "/api/v1/me/totp", new TotpApi.Password(PASSWORD), TotpApi.Setup.class);
    }

    private static List<String> confirm(HttpCaller ada, TotpApi.Setup setup, String code) {
        return ada.send(
                        "POST",
                        "/api/v1/me/totp/confirm",
                        new TotpApi.Confirmation(setup.setup(), code),
                        TotpApi.RecoveryCodes.class)
                .codes();
    }

    private void pass(Duration time) {
        ahead.updateAndGet(time::plus);
    }

    private List<String> audited() {
        try (HttpCaller admin = caller(server, Optional.of(login("admin", PASSWORD, "")))) {
            return admin.get("/api/v1/audit?action=totp.", AuditPage.class).items().reversed().stream()
                    .map(entry -> entry.actor() + " " + entry.action() + " " + entry.object())
                    .toList();
        }
    }

    @Test
    void aLoginTakesPasswordAndCodeAndEachCodeOnce() {
        try (HttpCaller ada = ada();
                ControlServer second = started()) {
            TotpApi.Setup setup = setUp(ada);
            Authenticator phone = new Authenticator(setup.secret());
            assertThat(setup.uri())
                    .startsWith("otpauth://totp/Holdfast:ada?secret=" + setup.secret() + "&issuer=Holdfast");
            assertThat(login("ada", PASSWORD, "")).as("not confirmed yet").startsWith("hs_");
            assertThatThrownBy(() -> confirm(ada, setup, "000 000")).hasMessageContaining("one-time code is wrong");
            String first = phone.code(clock.instant());
            assertThat(confirm(ada, setup, first))
                    .hasSize(10)
                    .allMatch(code -> code.matches("([a-z2-7]{4}-){3}[a-z2-7]{4}"));

            assertThat(login("ada", PASSWORD, "")).isEqualTo("code needed");
            assertThatThrownBy(() -> login("ada", "wrong password", ""))
                    .as("who has no password learns nothing of codes")
                    .hasMessage("user and password are not right together");
            assertThatThrownBy(() -> login("ada", "wrong password", phone.nextCode(clock.instant())))
                    .hasMessage("user and password are not right together");
            assertThatThrownBy(() -> login("ada", PASSWORD, first))
                    .as("it has confirmed the secret")
                    .hasMessageContaining("was used before");
            pass(Duration.ofSeconds(30));
            String code = phone.code(clock.instant());
            assertThat(login("ada", PASSWORD, code)).startsWith("hs_");
            assertThatThrownBy(() -> login(second, "ada", PASSWORD, code))
                    .as("by another server, too")
                    .hasMessageContaining("was used before");
            pass(Duration.ofMinutes(2));
            assertThatThrownBy(() -> login("ada", PASSWORD, code)).hasMessageContaining("one-time code is wrong");
            assertThat(ada.get("/api/v1/me", Access.Me.class).user())
                    .as("sessions go on")
                    .isEqualTo("ada");
        }
        assertThat(audited()).containsExactly("ada totp.enable ada");
        assertThat(catalog.users().credentials("ada").orElseThrow().sealedTotp())
                .isNotNull();
    }

    @Test
    void aRecoveryCodeCountsOnceAndCodesAreSwitchedOffWithBoth() {
        List<String> codes;
        try (HttpCaller ada = ada()) {
            TotpApi.Setup setup = setUp(ada);
            Authenticator phone = new Authenticator(setup.secret());
            codes = confirm(ada, setup, phone.code(clock.instant()));
            assertThatThrownBy(() -> setUp(ada)).hasMessageContaining("switched on already");
            assertThatThrownBy(() -> confirm(ada, setup, phone.nextCode(clock.instant())))
                    .hasMessageContaining("switched on already");
        }
        assertThat(login("ada", PASSWORD, codes.getFirst())).startsWith("hs_");
        assertThatThrownBy(() -> login("ada", PASSWORD, codes.getFirst())).hasMessageContaining("used before");
        String bearer = login("ada", PASSWORD, codes.get(1).replace("-", " ").toUpperCase(java.util.Locale.ROOT));
        try (HttpCaller ada = caller(server, Optional.of(bearer))) {
            assertThatThrownBy(() -> disable(ada, "wrong password", codes.get(2)))
                    .hasMessageContaining("not right");
            assertThatThrownBy(() -> disable(ada, PASSWORD, "")).hasMessageContaining("code is needed");
            assertThatThrownBy(() -> disable(ada, PASSWORD, codes.get(1))).hasMessageContaining("used before");
            disable(ada, PASSWORD, codes.get(2));
            assertThat(login("ada", PASSWORD, "")).startsWith("hs_");
            TotpApi.Setup again = setUp(ada);
            var others = confirm(ada, again, new Authenticator(again.secret()).code(clock.instant()));
            assertThat(others).doesNotContainAnyElementsOf(codes);
            assertThatThrownBy(() -> login("ada", PASSWORD, codes.get(3)))
                    .as("codes of the phone before")
                    .hasMessageContaining("wrong");
        }
        assertThat(audited())
                .containsExactly(
                        "ada totp.enable ada",
                        "ada totp.recovery ada",
                        "ada totp.recovery ada",
                        "ada totp.recovery ada",
                        "ada totp.disable ada",
                        "ada totp.enable ada");
        assertThat(String.join("\n", log)).doesNotContain(codes).doesNotContain(PASSWORD);
    }

    private static void disable(HttpCaller ada, String password, String code) {
        Nothing ignored = ada.send("POST", "/api/v1/me/totp/disable", new TotpApi.Proof(password, code), Nothing.class);
    }

    @Test
    void anAdministratorResetsAndTokensNeedNoCode() {
        String token;
        try (HttpCaller ada = ada();
                HttpCaller admin = caller(server, Optional.of(login("admin", PASSWORD, "")))) {
            token = ada.send(
                            "POST",
                            "/api/v1/tokens",
                            new Access.NewToken(
                                    "api",
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.empty(),
                                    List.of(),
                                    List.of(),
                                    List.of(),
                                    List.of()),
                            Access.MadeToken.class)
                    .token();
            TotpApi.Setup setup = setUp(ada);
            assertThat(confirm(ada, setup, new Authenticator(setup.secret()).code(clock.instant())))
                    .hasSize(10);
            try (HttpCaller script = caller(server, Optional.of(token))) {
                assertThat(script.get("/api/v1/me", Access.Me.class).user()).isEqualTo("ada");
            }
            assertThat(admin.get("/api/v1/users", Access.UserList.class).items().stream()
                            .filter(Access.UserView::totp)
                            .map(Access.UserView::name))
                    .containsExactly("ada");
            assertThatThrownBy(() -> admin.tell("DELETE", "/api/v1/users/nobody/totp"))
                    .hasMessageContaining("there is no user 'nobody'");
            assertThatThrownBy(() -> admin.tell("DELETE", "/api/v1/users/admin/totp"))
                    .hasMessageContaining("not switched on");
            admin.tell("DELETE", "/api/v1/users/ada/totp");
            assertThat(login("ada", PASSWORD, "")).startsWith("hs_");
        }
        assertThat(audited()).containsExactly("ada totp.enable ada", "admin totp.reset ada");
    }

    @Test
    void setupsExpireAndAreTheirUsersAlone() {
        try (HttpCaller ada = ada();
                HttpCaller admin = caller(server, Optional.of(login("admin", PASSWORD, "")))) {
            assertThatThrownBy(() -> ada.send(
                            "POST", "/api/v1/me/totp", new TotpApi.Password("wrong password"), TotpApi.Setup.class))
                    .hasMessageContaining("not right together");
            TotpApi.Setup setup = setUp(ada);
            Authenticator phone = new Authenticator(setup.secret());
            assertThatThrownBy(() -> confirm(admin, setup, phone.code(clock.instant())))
                    .hasMessageContaining("never given out");
            pass(Duration.ofMinutes(16));
            assertThatThrownBy(() -> confirm(ada, setup, phone.code(clock.instant())))
                    .hasMessageContaining("older than 15 minutes");
            for (String wrong : List.of("", "AAAA", "not base64!")) {
                assertThatThrownBy(() -> ada.send(
                                "POST",
                                "/api/v1/me/totp/confirm",
                                new TotpApi.Confirmation(wrong, "123456"),
                                TotpApi.RecoveryCodes.class))
                        .as(wrong)
                        .hasMessageContaining("never given out");
            }
        }
        assertThat(audited()).isEmpty();
    }

    @Test
    void codesAreNotGuessedFastAndAskingForThemForgetsNoGuess() {
        try (HttpCaller ada = ada()) {
            TotpApi.Setup setup = setUp(ada);
            assertThat(confirm(ada, setup, new Authenticator(setup.secret()).code(clock.instant())))
                    .hasSize(10);
        }
        for (int i = 0; i < 40; i++) {
            assertThat(login("ada", PASSWORD, "")).as("that is no guess").isEqualTo("code needed");
        }
        String last = "";
        for (int i = 0; i < 20 && !last.contains("too many"); i++) {
            try {
                assertThat(login("ada", PASSWORD, "")).isEqualTo("code needed");
                last = login("ada", PASSWORD, "aaaa-aaaa-aaaa-aaaa");
            } catch (io.holdfast.core.HoldfastException e) {
                last = String.valueOf(e.getMessage());
            }
        }
        assertThat(last).contains("too many wrong passwords");
    }
}
