package io.holdfast.repository.crypto;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import java.security.SecureRandom;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class KeyFileTest {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

    private final KeyFile key = KeyFile.generate(new SecureRandom());
    private final String text = key.toText();

    @Test
    void readsItsOwnText() {
        assertThat(text).matches("holdfast-key-1(-[a-z2-7]{4}){14}-[a-z2-7]{2}");
        assertThat(KeyFile.parse(text, "test").secret()).isEqualTo(key.secret());
    }

    @Test
    void overlooksSpaceLetterCaseAndDashes() {
        assertThat(KeyFile.parse("  " + text.toUpperCase(Locale.ROOT).replace("-", " ") + "\r\n", "test")
                        .secret())
                .isEqualTo(key.secret());
        assertThat(KeyFile.parse(text.replace("-", ""), "test").secret()).isEqualTo(key.secret());
    }

    @Test
    void noticesEveryOtherLetter() {
        for (int at = "holdfast-key-1-".length(); at < text.length(); at++) {
            for (int i = 0; i < ALPHABET.length(); i++) {
                char other = ALPHABET.charAt(i);
                if (text.charAt(at) != '-' && text.charAt(at) != other) {
                    refuses(text.substring(0, at) + other + text.substring(at + 1));
                }
            }
        }
    }

    @Test
    void noticesSwappedMissingAndAdditionalLetters() {
        for (int at = "holdfast-key-1-".length(); at < text.length(); at++) {
            if (text.charAt(at) == '-') {
                continue;
            }
            refuses(text.substring(0, at) + text.substring(at + 1));
            refuses(text.substring(0, at) + text.charAt(at) + text.substring(at));
            if (at + 1 < text.length() && text.charAt(at + 1) != '-' && text.charAt(at) != text.charAt(at + 1)) {
                refuses(text.substring(0, at) + text.charAt(at + 1) + text.charAt(at) + text.substring(at + 2));
            }
        }
        refuses(text + "a");
        refuses(text + "aaaa");
    }

    @Test
    void refusesWhatIsNoKey() {
        refuses("");
        refuses("holdfast-key-1-");
        refuses("holdfast-key-2-" + text.substring("holdfast-key-1-".length()));
        refuses(text.replaceAll(".$", "1"));
        refuses("correct horse battery staple");
    }

    private static void refuses(String text) {
        assertThat(codeOf(() -> KeyFile.parse(text, "test"))).as(text).isEqualTo(ErrorCode.WRONG_KEY);
    }
}
