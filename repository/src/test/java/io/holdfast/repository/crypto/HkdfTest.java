package io.holdfast.repository.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class HkdfTest {
    /** RFC 5869, appendix A.3: salt and purpose are empty. */
    @Test
    void agreesWithTheTestVectorOfTheRfc() {
        byte[] secret = new byte[22];
        Arrays.fill(secret, (byte) 0x0b);
        assertThat(HexFormat.of().formatHex(Hkdf.derive(secret, new byte[0], "", 42)))
                .isEqualTo("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    }
}
