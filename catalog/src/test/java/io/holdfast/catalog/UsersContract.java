package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.catalog.LoginSessions.LoginSession;
import io.holdfast.catalog.User.Credentials;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may log in, who is logged in, and who guesses. */
@Timeout(60)
abstract class UsersContract extends TimedContract {
    private static final SecretHash SECRET = secret("secret");
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration LONGEST = Duration.ofHours(12);
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("192.0.2.7");

    private static SecretHash secret(String text) {
        return SecretHash.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void add(Catalog catalog, String name, Role role) {
        assertThat(catalog.users().add(name, role, Set.of(), "$hash").name()).isEqualTo(name);
    }

    private static void isRefused(Supplier<?> call) {
        HoldfastException e = catchThrowableOfType(HoldfastException.class, call::get);
        assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
        assertThat(e.hint()).isPresent();
    }

    @Test
    void aUserIsThereAsItWasAddedAndChanged() {
        try (Catalog catalog = open()) {
            Users users = catalog.users();
            User ada = users.add("ada", Role.OPERATOR, Set.of("berlin", "web"), "$hash");
            add(catalog, "root", Role.ADMINISTRATOR);
            assertThat(users.named("ada")).hasValue(ada);
            assertThat(users.named("Ada")).isEmpty();
            isRefused(() -> users.add("ada", Role.AUDITOR, Set.of(), ""));
            assertThat(users.change("ada", Role.AUDITOR, Set.of("web"), false)).isTrue();
            assertThat(users.all())
                    .extracting(User::name, User::role, User::groups)
                    .containsExactly(
                            tuple("ada", Role.AUDITOR, new TreeSet<>(Set.of("web"))),
                            tuple("root", Role.ADMINISTRATOR, new TreeSet<>()));
            assertThat(users.change("none", Role.AUDITOR, Set.of("web"), false)).isFalse();
            assertThat(users.remove("ada")).isTrue();
            assertThat(users.remove("ada")).isFalse();
            for (String name : List.of("", "Ada", "a b", "-a", "a\0", "x".repeat(65), "ä")) {
                HoldfastException e = catchThrowableOfType(
                        HoldfastException.class, () -> users.add(name, Role.AUDITOR, Set.of(), ""));
                assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
            }
        }
    }

    @Test
    void oneAdministratorCanAlwaysLogIn() {
        try (Catalog catalog = open()) {
            Users users = catalog.users();
            add(catalog, "one", Role.ADMINISTRATOR);
            isRefused(() -> users.remove("one"));
            isRefused(() -> users.change("one", Role.OPERATOR, Set.of(), false));
            isRefused(() -> users.change("one", Role.ADMINISTRATOR, Set.of(), true));
            assertThat(users.named("one").orElseThrow().isDisabled()).isFalse();
            add(catalog, "two", Role.ADMINISTRATOR);
            assertThat(users.change("one", Role.ADMINISTRATOR, Set.of(), true)).isTrue();
            isRefused(() -> users.remove("two"));
            assertThat(users.remove("one")).isTrue();
        }
    }

    /** Each makes the other one less at the same time. */
    @Test
    void oneAdministratorIsLeftWhoeverComesAtOnce() {
        try (Catalog catalog = open()) {
            for (int i = 0; i < 8; i++) {
                add(catalog, "admin" + i, Role.ADMINISTRATOR);
            }
        }
        List<Boolean> removed = atOnce(8, (client, i) -> {
            try {
                return client.users().remove("admin" + i);
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
                return false;
            }
        });
        assertThat(removed.stream().filter(each -> each)).hasSize(7);
    }

    @Test
    void theFirstAdministratorComesByALinkThatCountsOnce() {
        try (Catalog catalog = open()) {
            catalog.users().offerFirst(secret("old"), START.plus(Duration.ofDays(1)));
            catalog.users().offerFirst(SECRET, START.plus(Duration.ofDays(1)));
            assertThat(catalog.users().isFirstOffered(secret("old"))).isFalse();
            assertThat(catalog.users().isFirstOffered(SECRET)).isTrue();
            assertThat(catalog.users().addFirst(secret("old"), "eve", "$hash")).isEmpty();
        }
        List<Optional<User>> came = atOnce(8, (client, i) -> client.users().addFirst(SECRET, "admin" + i, "$hash"));
        assertThat(came.stream().flatMap(Optional::stream)).hasSize(1);
        try (Catalog catalog = open()) {
            assertThat(catalog.users().all()).hasSize(1);
            catalog.users().offerFirst(SECRET, START.plus(Duration.ofDays(1)));
            assertThat(catalog.users().isFirstOffered(SECRET))
                    .as("there is an administrator")
                    .isFalse();
            assertThat(catalog.users().addFirst(SECRET, "eve", "$hash")).isEmpty();
        }
    }

    @Test
    void aLinkForTheFirstAdministratorExpires() {
        try (Catalog catalog = open()) {
            catalog.users().offerFirst(SECRET, START.plusSeconds(60));
            pass(Duration.ofSeconds(60));
            assertThat(catalog.users().isFirstOffered(SECRET)).isFalse();
            assertThat(catalog.users().addFirst(SECRET, "ada", "$hash")).isEmpty();
            assertThat(catalog.users().all()).isEmpty();
        }
    }

    @Test
    void aUserProvesToBeOne() {
        try (Catalog catalog = open()) {
            Users users = catalog.users();
            add(catalog, "root", Role.ADMINISTRATOR);
            add(catalog, "ada", Role.OPERATOR);
            assertThat(users.credentials("ada")).hasValue(new Credentials("$hash", null));
            assertThat(users.credentials("none")).isEmpty();
            assertThat(users.rehash("ada", "$hash", "$better")).isTrue();
            assertThat(users.rehash("ada", "$hash", "$other")).isFalse();
            Bytes sealed = Bytes.ofHex("00ff");
            SecretHash one = SecretHash.of(new byte[] {1});
            SecretHash two = SecretHash.of(new byte[] {2});
            assertThat(users.setTotp("nobody", sealed, 99, List.of(one))).isFalse();
            assertThat(users.setTotp("ada", sealed, 99, List.of(one, two))).isTrue();
            assertThat(users.setTotp("ada", Bytes.ofHex("01"), 0, List.of()))
                    .as("it is on already")
                    .isFalse();
            assertThat(users.recoveryCodes("ada")).isEqualTo(2);
            assertThat(users.useRecoveryCode("bob", one)).isFalse();
            assertThat(users.useRecoveryCode("ada", one)).isTrue();
            assertThat(users.useRecoveryCode("ada", one)).as("each once").isFalse();
            assertThat(users.recoveryCodes("ada")).isEqualTo(1);
            assertThat(users.useTotp("ada", 99)).as("it has proved the secret").isFalse();
            assertThat(users.named("ada").orElseThrow().hasTotp()).isTrue();
            Credentials credentials = users.credentials("ada").orElseThrow();
            assertThat(credentials).isEqualTo(new Credentials("$better", sealed));
            assertThat(credentials.toString()).doesNotContain("better");
            assertThat(users.useTotp("ada", 100)).isTrue();
            assertThat(users.useTotp("ada", 100)).as("each code once").isFalse();
            assertThat(users.useTotp("ada", 99)).as("an older one").isFalse();
            assertThat(users.useTotp("ada", 101)).isTrue();
            assertThat(users.removeTotp("ada")).isTrue();
            assertThat(users.removeTotp("ada")).as("it is off already").isFalse();
            assertThat(users.useRecoveryCode("ada", two)).as("gone with it").isFalse();
            assertThat(users.named("ada").orElseThrow().hasTotp()).isFalse();
            assertThat(users.change("ada", Role.OPERATOR, Set.of(), true)).isTrue();
            assertThat(users.credentials("ada")).as("disabled").isEmpty();
        }
    }

    @Test
    void aCodeIsUsedByOneOfManyAtOnce() {
        try (Catalog catalog = open()) {
            add(catalog, "ada", Role.OPERATOR);
        }
        assertThat(atOnce(8, (client, i) -> client.users().useTotp("ada", 7)).stream()
                        .filter(each -> each))
                .hasSize(1);
    }

    private static Optional<LoginSession> begin(Catalog catalog, String secret, String user) {
        return catalog.loginSessions().begin(secret(secret), user, "192.0.2.7", IDLE, LONGEST);
    }

    @Test
    void whoIsLoggedInStaysSoWhileActive() {
        try (Catalog catalog = open()) {
            add(catalog, "ada", Role.OPERATOR);
            LoginSessions sessions = catalog.loginSessions();
            LoginSession begun = begin(catalog, "a", "ada").orElseThrow();
            assertThat(sessions.use(secret("a"))).hasValue(begun);
            assertThat(sessions.use(secret("b"))).isEmpty();
            for (int i = 0; i < 24; i++) {
                pass(IDLE.minusSeconds(61));
                assertThat(sessions.use(secret("a"))).isPresent();
            }
            assertThat(sessions.of("ada").getFirst().lastUsed()).isEqualTo(clock.instant());
            Instant end = begun.expires();
            pass(Duration.between(clock.instant(), end).minusSeconds(1));
            assertThat(sessions.use(secret("a"))).isPresent();
            pass(Duration.ofSeconds(1));
            assertThat(sessions.use(secret("a"))).as("long enough").isEmpty();
            assertThat(begin(catalog, "c", "ada")).isPresent();
            pass(IDLE);
            assertThat(sessions.use(secret("c"))).as("idle").isEmpty();
            assertThat(begin(catalog, "d", "ada")).isPresent();
            sessions.removeExpired();
            assertThat(sessions.of("ada")).hasSize(1);
        }
    }

    @Test
    void whoMayNotLogInAnyMoreIsLoggedOut() {
        try (Catalog catalog = open()) {
            Users users = catalog.users();
            add(catalog, "root", Role.ADMINISTRATOR);
            add(catalog, "ada", Role.OPERATOR);
            LoginSessions sessions = catalog.loginSessions();
            List<Runnable> ends = List.of(
                    () -> assertThat(sessions.end(SECRET)).isTrue(),
                    () -> assertThat(sessions.endAll("ada")).isEqualTo(1),
                    () -> assertThat(users.setPassword("ada", "$new")).isTrue(),
                    () -> assertThat(users.change("ada", Role.OPERATOR, Set.of(), true))
                            .isTrue());
            for (Runnable end : ends) {
                assertThat(begin(catalog, "secret", "ada")).isPresent();
                assertThat(sessions.use(SECRET)).isPresent();
                end.run();
                assertThat(sessions.use(SECRET)).isEmpty();
            }
            assertThat(begin(catalog, "x", "ada")).as("disabled").isEmpty();
            assertThat(begin(catalog, "x", "none")).isEmpty();
            TokenId token = new TokenId("abc_DEF-012");
            Token.Api api = new Token.Api("ada", new TreeSet<>());
            assertThat(catalog.tokens().add(token, SECRET, api, "", "ada", null).isRevoked())
                    .isFalse();
            assertThat(users.remove("ada")).isTrue();
            assertThat(catalog.tokens().all().getFirst().isRevoked()).isTrue();
            assertThat(users.setPassword("ada", "$new")).isFalse();
        }
    }

    private int attempts(Catalog catalog, String user, InetAddress address) {
        int count = 0;
        while (catalog.loginThrottle().attempt(user, address).isZero()) {
            count++;
        }
        return count;
    }

    @Test
    void whoGuessesWaitsLongerAndLonger() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            assertThat(attempts(catalog, "ada", ADDRESS)).isEqualTo(5);
            for (int seconds : List.of(1, 2, 4, 8, 16, 32, 60, 60)) {
                Duration wait = other.loginThrottle().attempt("ada", ADDRESS);
                assertThat(wait).isEqualTo(Duration.ofSeconds(seconds));
                pass(wait);
                assertThat(other.loginThrottle().attempt("ada", ADDRESS)).isZero();
            }
            assertThat(catalog.loginThrottle().attempt("bob", ADDRESS)).isZero();
            pass(Duration.ofDays(1).plusSeconds(1));
            assertThat(attempts(catalog, "ada", ADDRESS)).as("forgotten").isEqualTo(5);
        }
    }

    @Test
    void whoLogsInIsNoGuesser() {
        try (Catalog catalog = open()) {
            for (int i = 0; i < 100; i++) {
                assertThat(catalog.loginThrottle().attempt("ada", ADDRESS)).isZero();
                catalog.loginThrottle().succeeded("ada", ADDRESS);
            }
        }
    }

    @Test
    void anAddressThatGuessesNamesWaitsAndNoOther() {
        try (Catalog catalog = open()) {
            InetAddress one = InetAddress.ofLiteral("2001:db8:1:2::1");
            int count = 0;
            while (catalog.loginThrottle().attempt("user" + count, one).isZero()) {
                count++;
            }
            assertThat(count).isEqualTo(20);
            assertThat(catalog.loginThrottle().attempt("own", InetAddress.ofLiteral("2001:db8:1:2:3::4")))
                    .as("the same network")
                    .isPositive();
            assertThat(catalog.loginThrottle().attempt("own", InetAddress.ofLiteral("2001:db8:1:3::4")))
                    .isZero();
            pass(Duration.ofSeconds(1));
            catalog.loginThrottle().succeeded("own", one);
            assertThat(catalog.loginThrottle().attempt("own", one)).isZero();
            assertThat(catalog.loginThrottle().attempt("own", one))
                    .as("an account of his own makes nobody free")
                    .isPositive();
            pass(Duration.ofDays(2));
            catalog.loginThrottle().removeOld();
            assertThat(attempts(catalog, "x\0".repeat(100), ADDRESS)).isEqualTo(5);
        }
    }

    @Test
    void manyGuessesAtOnceAreNoWayAround() {
        List<Duration> waits = atOnce(32, (client, i) -> client.loginThrottle().attempt("ada", ADDRESS));
        assertThat(waits.stream().filter(Duration::isZero)).hasSize(5);
    }
}
