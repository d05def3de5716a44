package io.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
    private static final MachineName HOST = new MachineName(MachineName.Role.HOST, "0123456789abcdef0123456789abcdef");

    private final SecureRandom random = new SecureRandom();

    @TempDir
    private Path directory;

    private Authority authority;

    @BeforeEach
    void makeOne() {
        authority = Authority.create(directory, InstantSource.fixed(NOW), random);
    }

    @Test
    void isTheSameWhenOpenedAgain() throws Exception {
        Authority again = Authority.open(directory, InstantSource.fixed(NOW), random);
        assertThat(again.certificate()).isEqualTo(authority.certificate());
        assertThat(again.fingerprint()).isEqualTo(authority.fingerprint());
        again.forServer(List.of("loom"))
                .certificate()
                .verify(authority.certificate().getPublicKey());
    }

    @Test
    void onlyItsOwnerCanReadItsKey() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("authority.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void signsMachinesForAWeek() throws Exception {
        MachineKeys keys = MachineKeys.generate(random);
        X509Certificate signed = authority.forMachine(HOST, keys.request()).getFirst();
        signed.verify(authority.certificate().getPublicKey());
        assertThat(MachineName.of(signed)).contains(HOST);
        assertThat(signed.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(7)));
        assertThat(signed.getNotBefore().toInstant()).isBefore(NOW);
        assertThat(signed.getBasicConstraints()).as("signs nobody").isEqualTo(-1);
        assertThat(signed.getExtendedKeyUsage()).as("is no server").containsExactly("1.3.6.1.5.5.7.3.2");
    }

    /** With the name of the control server, or of another one, it could pass for that. */
    @Test
    void mediaServersAreServersByTheirOwnNameAlone() throws Exception {
        MachineName media = new MachineName(MachineName.Role.MEDIA, HOST.id());
        X509Certificate signed = authority
                .forMachine(media, MachineKeys.generate(random).request())
                .getFirst();
        assertThat(MachineName.of(signed)).contains(media);
        assertThat(signed.getExtendedKeyUsage()).containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(signed.getSubjectAlternativeNames().stream().map(name -> String.valueOf(name.get(1))))
                .containsExactlyInAnyOrder("holdfast:media:" + HOST.id(), HOST.id() + ".media.holdfast.internal");
    }

    @Test
    void namesOfServersAreHostsAndAddresses() throws Exception {
        X509Certificate server =
                authority.forServer(List.of("loom.example", "127.0.0.1", "::1")).certificate();
        assertThat(server.getSubjectAlternativeNames().stream().map(name -> String.valueOf(name.get(1))))
                .contains("loom.example", "127.0.0.1", "0:0:0:0:0:0:0:1", MachineName.SERVER_NAME);
        assertThat(MachineName.of(server)).isEmpty();
    }

    @Test
    void refusesRequestsThatTheirKeyHasNotSigned() {
        String request = MachineKeys.generate(random).request();
        char[] forged = request.toCharArray();
        int at = request.length() - 60;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        for (String wrong : List.of("", "x", new String(forged), request.replace("REQUEST", "REQUESTS"))) {
            assertThatThrownBy(() -> authority.forMachine(HOST, wrong))
                    .isInstanceOf(HoldfastException.class)
                    .hasMessageContaining("no request for a certificate");
        }
    }

    @Test
    void anotherOneDidNotSignThem() throws Exception {
        Authority other =
                Authority.create(Files.createDirectory(directory.resolve("other")), InstantSource.fixed(NOW), random);
        X509Certificate foreign =
                other.forMachine(HOST, MachineKeys.generate(random).request()).getFirst();
        assertThatThrownBy(() -> foreign.verify(authority.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
        assertThat(other.fingerprint()).isNotEqualTo(authority.fingerprint());
    }

    @Test
    void aKeyThatIsGoneIsSaidInOneLine() throws Exception {
        Files.delete(directory.resolve("authority.key"));
        assertThatThrownBy(() -> Authority.open(directory, InstantSource.fixed(NOW), random))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("authority.key cannot be read");
        Files.writeString(directory.resolve("authority.key"), "no key");
        assertThatThrownBy(() -> Authority.open(directory, InstantSource.fixed(NOW), random))
                .hasMessageContaining("does not have a private key");
    }
}
