package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Token.Api;
import io.holdfast.catalog.Token.Enrolment;
import io.holdfast.catalog.Token.MediaEnrolment;
import io.holdfast.catalog.Tokens.Reason;
import io.holdfast.catalog.Tokens.Use;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may join and come with which secret. */
@Timeout(60)
abstract class TokensContract extends TimedContract {
    private static final TokenId ID = new TokenId("abc_DEF-012");
    private static final TokenId OTHER = new TokenId("00000000000");
    private static final SecretHash SECRET = SecretHash.of("secret".getBytes(StandardCharsets.UTF_8));
    private static final SecretHash WRONG = SecretHash.of("wrong".getBytes(StandardCharsets.UTF_8));
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("192.0.2.7");

    private static Enrolment enrolment(int uses, String... networks) {
        return new Enrolment(
                uses,
                List.of(networks).stream().map(Network::parse).toList(),
                new TreeSet<>(List.of("berlin", "web")),
                new TreeSet<>(List.of("production")));
    }

    private static Api api() {
        return new Api("ada", new TreeSet<>(List.of("jobs:run", "hosts:read")));
    }

    private static Use refused(Reason reason) {
        return new Use.Refused(reason);
    }

    @Test
    void aTokenIsThereAsItWasMade() {
        try (Catalog catalog = open()) {
            Token made = catalog.tokens()
                    .add(ID, SECRET, enrolment(3, "10.0.0.0/8", "2001:db8::/32"), "rack 4", "ada", null);
            pass(Duration.ofSeconds(1));
            Token second = catalog.tokens().add(OTHER, SECRET, api(), "", "ada", START.plus(Duration.ofDays(1)));
            assertThat(catalog.tokens().all()).containsExactly(second, made);
        }
    }

    /** Hosts would show their backups to whoever has the certificate of a media server. */
    @Test
    void aTokenMakesOneKindOfMachine() {
        try (Catalog catalog = open()) {
            Token host = catalog.tokens().add(ID, SECRET, enrolment(3), "", "ada", null);
            Token media = catalog.tokens()
                    .add(OTHER, SECRET, new MediaEnrolment(2, List.of(Network.parse("192.0.2.0/24"))), "", "ada", null);
            assertThat(catalog.tokens().all()).containsExactlyInAnyOrder(host, media);
            assertThat(catalog.tokens().enrol(ID, SECRET, MediaEnrolment.class, ADDRESS))
                    .isEqualTo(refused(Reason.UNKNOWN));
            assertThat(catalog.tokens().enrol(OTHER, SECRET, Enrolment.class, ADDRESS))
                    .isEqualTo(refused(Reason.UNKNOWN));
            assertThat(catalog.tokens().api(OTHER, SECRET)).isEqualTo(refused(Reason.UNKNOWN));
            assertThat(catalog.tokens().enrol(OTHER, SECRET, MediaEnrolment.class, InetAddress.ofLiteral("192.0.2.9")))
                    .isEqualTo(new Use.Accepted(media));
            assertThat(catalog.tokens()
                            .enrol(OTHER, SECRET, MediaEnrolment.class, InetAddress.ofLiteral("198.51.100.1")))
                    .isEqualTo(refused(Reason.ADDRESS));
        }
    }

    @Test
    void asManyMachinesJoinAsATokenIsFor() {
        try (Catalog catalog = open()) {
            assertThat(catalog.tokens()
                            .add(ID, SECRET, enrolment(5), "", "ada", null)
                            .used())
                    .isZero();
            List<Use> uses = atOnce(16, (client, i) -> client.tokens().enrol(ID, SECRET, Enrolment.class, ADDRESS));
            assertThat(uses.stream().filter(use -> use instanceof Use.Accepted)).hasSize(5);
            assertThat(uses.stream().filter(use -> use.equals(refused(Reason.USED_UP))))
                    .hasSize(11);
            assertThat(catalog.tokens().all().getFirst().used()).isEqualTo(5);
        }
    }

    @Test
    void aWrongSecretIsNoToken() {
        try (Catalog catalog = open()) {
            Tokens tokens = catalog.tokens();
            Token enrol = tokens.add(ID, SECRET, enrolment(5), "", "ada", null);
            Token program = tokens.add(OTHER, SECRET, api(), "", "ada", null);
            assertThat(tokens.enrol(ID, WRONG, Enrolment.class, ADDRESS)).isEqualTo(refused(Reason.UNKNOWN));
            assertThat(tokens.enrol(OTHER, SECRET, Enrolment.class, ADDRESS))
                    .as("of another kind")
                    .isEqualTo(refused(Reason.UNKNOWN));
            assertThat(tokens.api(ID, SECRET)).as("of another kind").isEqualTo(refused(Reason.UNKNOWN));
            assertThat(tokens.api(OTHER, WRONG)).isEqualTo(refused(Reason.UNKNOWN));
            assertThat(tokens.api(new TokenId("11111111111"), SECRET)).isEqualTo(refused(Reason.UNKNOWN));
            assertThat(tokens.all()).containsExactlyInAnyOrder(enrol, program);
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, ADDRESS)).isEqualTo(new Use.Accepted(enrol));
            assertThat(tokens.api(OTHER, SECRET)).isEqualTo(new Use.Accepted(program));
        }
    }

    @Test
    void aTokenEndsByTimeAndByWord() {
        try (Catalog catalog = open()) {
            Tokens tokens = catalog.tokens();
            Token enrol = tokens.add(ID, SECRET, enrolment(5), "", "ada", START.plusSeconds(60));
            Token program = tokens.add(OTHER, SECRET, api(), "", "ada", null);
            pass(Duration.ofSeconds(59));
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, ADDRESS)).isEqualTo(new Use.Accepted(enrol));
            pass(Duration.ofSeconds(1));
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, ADDRESS)).isEqualTo(refused(Reason.EXPIRED));
            assertThat(tokens.api(OTHER, SECRET)).isEqualTo(new Use.Accepted(program));
            assertThat(tokens.revoke(OTHER)).isTrue();
            assertThat(tokens.revoke(OTHER)).isFalse();
            assertThat(tokens.api(OTHER, SECRET)).isEqualTo(refused(Reason.REVOKED));
            assertThat(tokens.revoke(ID)).isTrue();
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, ADDRESS)).isEqualTo(refused(Reason.REVOKED));
            tokens.removeExpired(clock.instant());
            assertThat(tokens.all()).hasSize(2);
            tokens.removeExpired(clock.instant().plusSeconds(1));
            assertThat(tokens.all()).extracting(Token::id).containsExactly(OTHER);
        }
    }

    @Test
    void aTokenIsForItsNetworks() {
        try (Catalog catalog = open()) {
            Tokens tokens = catalog.tokens();
            Token made = tokens.add(ID, SECRET, enrolment(2, "192.0.2.0/29", "2001:db8::/32"), "", "ada", null);
            for (String outside : List.of("192.0.2.8", "10.0.0.1", "2001:db9::1")) {
                assertThat(tokens.enrol(ID, SECRET, Enrolment.class, InetAddress.ofLiteral(outside)))
                        .as(outside)
                        .isEqualTo(refused(Reason.ADDRESS));
            }
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, ADDRESS)).isEqualTo(new Use.Accepted(made));
            assertThat(tokens.enrol(ID, SECRET, Enrolment.class, InetAddress.ofLiteral("2001:db8::1")))
                    .isInstanceOf(Use.Accepted.class);
        }
    }

    @Test
    void thatAProgramCameIsNotedOnceAMinute() {
        try (Catalog catalog = open()) {
            Tokens tokens = catalog.tokens();
            assertThat(tokens.add(ID, SECRET, api(), "", "ada", null).lastUsed())
                    .isNull();
            for (int i = 0; i < 130; i++) {
                assertThat(tokens.api(ID, SECRET)).isInstanceOf(Use.Accepted.class);
                pass(Duration.ofSeconds(1));
            }
            Token token = tokens.all().getFirst();
            assertThat(token.used()).isEqualTo(3);
            assertThat(token.lastUsed()).isEqualTo(START.plusSeconds(122));
        }
    }
}
