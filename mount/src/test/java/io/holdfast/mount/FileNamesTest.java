package io.holdfast.mount;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FileNamesTest {
    @Test
    void namesThatAreTextStayAsTheyAre() {
        for (String name : new String[] {"plain", "ünïcode", "日本", "a\\b", "emoji 🎉"}) {
            assertThat(FileNames.text(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8))))
                    .isEqualTo(name);
        }
    }

    @Test
    void otherBytesAreWrittenOut() {
        assertThat(FileNames.text(Bytes.wrap(new byte[] {'b', (byte) 0xFF, 'd'})))
                .isEqualTo("b\\xffd");
        assertThat(FileNames.text(Bytes.wrap(new byte[] {(byte) 0xC3}))).isEqualTo("\\xc3");
    }
}
