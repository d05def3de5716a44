package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.NameText;
import io.holdfast.testkit.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NameTextTest {
    @Test
    void everyNameComesBack() {
        SeededRandom random = new SeededRandom(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = random.bytes(1 + i % 12);
            if (i % 2 == 0) {
                // Many backslashes, x and digits, which look like escapes.
                for (int at = 0; at < bytes.length; at++) {
                    bytes[at] = "\\x41\u00e4\n\ufffd".getBytes(StandardCharsets.UTF_8)[(bytes[at] & 0x7F) % 10];
                }
            }
            Bytes name = Bytes.wrap(bytes);
            assertThat(NameText.parse(NameText.of(name))).as(name.toHex()).isEqualTo(name);
        }
    }

    @Test
    void onlyStrangeNamesAreEscaped() {
        assertThat(NameText.of(Names.bytes("plain ä 😀"))).isEqualTo("plain ä 😀");
        assertThat(NameText.of(Names.bytes("a\udceff\\\n"))).isEqualTo("a\\xeff\\\\\\x0a");
        for (String wrong : List.of("\\", "a\\x1", "\\xzz", "\\n")) {
            assertThatThrownBy(() -> NameText.parse(wrong)).as(wrong).isInstanceOf(HoldfastException.class);
        }
    }
}
