package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.testkit.Failures;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExcludeRulesTest {
    private static boolean excludes(String pattern, byte[] path) {
        return ExcludeRules.of(List.of(pattern)).excludes(Bytes.wrap(path));
    }

    @ParameterizedTest
    @CsvSource({
        "*.tmp, /a/b.tmp, true",
        "b?d, /a/bad, true",
        "b?d, /a/bäd, true",
        "b?d, /a/b😀d, true",
        "b?d, /a/b/d, false",
        "b??d, /a/bäd, false",
        "b[äö]d, /a/bäd, true",
        "b[äö]d, /a/büd, false",
        "b[!äö]d, /a/büd, true",
        "b[!äö]d, /a/bäd, false",
        "b[α-ω]d, /a/bλd, true",
        "b[😀-😂]d, /a/b😁d, true",
        "b[😀-😂]d, /a/b😃d, false",
        "/a/b[+-0]d, /a/b/d, false",
        "/a/b[!x]d, /a/b/d, false",
        "b\\ä, /b/bä, true",
        "bä, /b/bä, true",
        "b😀, /b/b😀, true",
        "/bä/*, /bä/c, true",
        "/bä/*, /bä, false",
        "b[]x]d, /b]d, true",
        "'', /a, ",
    })
    void charactersCountAsOne(String pattern, String path, Boolean expected) {
        if (expected == null) {
            assertThat(Failures.codeOf(() -> excludes(pattern, path.getBytes(StandardCharsets.UTF_8))))
                    .isEqualTo(ErrorCode.USAGE);
        } else {
            assertThat(excludes(pattern, path.getBytes(StandardCharsets.UTF_8))).isEqualTo(expected);
        }
    }

    /** Bytes that are no UTF-8 count as one each, and no pattern takes them for a character. */
    @ParameterizedTest
    @ValueSource(strings = {"/?.x", "?.x", "*.x", "[!a].x"})
    void otherBytesCountAsOneToo(String pattern) {
        byte[] odd = {'/', (byte) 0xE4, '.', 'x'};
        assertThat(excludes(pattern, odd)).isTrue();
        assertThat(excludes("ä.x", odd)).isFalse();
        assertThat(excludes("[\u00E4].x", odd)).isFalse();
        byte[] two = {'/', (byte) 0xC3, (byte) 0xC3, '.', 'x'};
        assertThat(excludes("??.x", two)).isTrue();
        assertThat(excludes("?.x", two)).isFalse();
    }
}
