package io.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TotpTest {
    private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);
    private static final Instant NOW = Instant.ofEpochSecond(1_111_111_109);
    private static final long STEP = 37_037_036;

    /** RFC 6238, appendix B. */
    @ParameterizedTest
    @CsvSource({
        "59, 94287082",
        "1111111109, 07081804",
        "1111111111, 14050471",
        "1234567890, 89005924",
        "2000000000, 69279037",
        "20000000000, 65353130",
    })
    void makesTheCodesOfTheStandard(long seconds, String code) {
        long step = Totp.step(Instant.ofEpochSecond(seconds));
        assertThat(Totp.code(SECRET, step, 8)).isEqualTo(code);
        assertThat(Totp.code(SECRET, step)).isEqualTo(code.substring(2));
    }

    @Test
    void aCodeCountsForItsStepAndThoseBeside() {
        assertThat(Totp.match(SECRET, "081804", NOW, 0)).hasValue(STEP);
        for (int beside : new int[] {-1, 0, 1}) {
            String code = Totp.code(SECRET, STEP + beside);
            assertThat(Totp.match(SECRET, code, NOW, 0)).hasValue(STEP + beside);
        }
        for (int far : new int[] {-2, 2}) {
            assertThat(Totp.match(SECRET, Totp.code(SECRET, STEP + far), NOW, 0))
                    .isEmpty();
        }
    }

    @Test
    void aCodeCountsOnceAndNoneThatIsOlder() {
        OptionalLong first = Totp.match(SECRET, Totp.code(SECRET, STEP), NOW, 0);
        assertThat(Totp.match(SECRET, Totp.code(SECRET, STEP), NOW, first.orElseThrow()))
                .isEmpty();
        assertThat(Totp.match(SECRET, Totp.code(SECRET, STEP - 1), NOW, STEP)).isEmpty();
        assertThat(Totp.match(SECRET, Totp.code(SECRET, STEP + 1), NOW, STEP)).hasValue(STEP + 1);
    }

    @Test
    void blanksDoNotMatterAndAnythingElseDoes() {
        assertThat(Totp.match(SECRET, " 081 804\n", NOW, 0)).hasValue(STEP);
        for (String wrong : new String[] {"", "81804", "0818040", "081805", "abcdef", "\u0660818\u06604"}) {
            assertThat(Totp.match(SECRET, wrong, NOW, 0)).as(wrong).isEmpty();
        }
        assertThat(Totp.match(Totp.secret(new SecureRandom()), "081804", NOW, 0))
                .as("of another secret, but for one in 300,000")
                .isEmpty();
    }

    @Test
    void anAuthenticatorReadsTheUri() {
        assertThat(Totp.uri("Hold fast", "ada@example.org", SECRET))
                .isEqualTo(
                        "otpauth://totp/Hold%20fast:ada%40example.org"
                                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Hold%20fast&algorithm=SHA1&digits=6&period=30");
        assertThat(Totp.secret(new SecureRandom())).hasSize(20);
    }

    /** RFC 4648, section 10. */
    @ParameterizedTest
    @CsvSource({"'', ''", "f, MY", "fo, MZXQ", "foo, MZXW6", "foob, MZXW6YQ", "fooba, MZXW6YTB", "foobar, MZXW6YTBOI"})
    void secretsAreTypedInBase32(String text, String encoded) {
        assertThat(Totp.base32(text.getBytes(StandardCharsets.US_ASCII))).isEqualTo(encoded);
    }
}
