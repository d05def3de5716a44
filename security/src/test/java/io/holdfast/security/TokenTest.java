package io.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class TokenTest {
    private final SecureRandom random = new SecureRandom();
    private final Bytes authority = Bytes.wrap(new byte[16]);

    @Test
    void survivesBeingCopied() {
        for (Token.Kind kind : Token.Kind.values()) {
            for (int i = 0; i < 200; i++) {
                Token token = Token.generate(kind, authority, random);
                Token pasted = Token.parse(" " + token.text() + "\n");
                assertThat(pasted).isEqualTo(token);
                assertThat(pasted.matches(token.secretHash())).isTrue();
                assertThat(token.idText()).as("is no option of a command").doesNotStartWith("-");
            }
        }
    }

    @Test
    void anotherSecretDoesNotMatch() {
        Token one = Token.generate(Token.Kind.API, authority, random);
        Token other = Token.generate(Token.Kind.API, authority, random);
        assertThat(new Token(one.kind(), one.id(), other.secret(), one.authority()).matches(one.secretHash()))
                .isFalse();
        assertThat(one.matches("")).isFalse();
    }

    @Test
    void whatIsCutShortIsNone() {
        String text = Token.generate(Token.Kind.ENROL, authority, random).text();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThatThrownBy(() -> Token.parse(cut)).isInstanceOf(HoldfastException.class);
        }
        assertThatThrownBy(() -> Token.parse(text + "A")).isInstanceOf(HoldfastException.class);
        assertThatThrownBy(() -> Token.parse(text.replace("enrol", "other"))).isInstanceOf(HoldfastException.class);
        assertThatThrownBy(() -> Token.parse(text.substring(0, 12) + "!" + text.substring(13)))
                .isInstanceOf(HoldfastException.class);
    }

    @Test
    void doesNotTellItsSecret() {
        Token token = Token.generate(Token.Kind.API, authority, random);
        assertThat(token.toString()).isEqualTo("token " + token.idText());
        assertThat(token.text()).contains(token.idText());
    }
}
