package io.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.security.Passwords.Cost;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordsTest {
    /** Made by the reference implementation, as is the other one: {@code echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e}. */
    private static final String REFERENCE =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    private final Passwords passwords = new Passwords(new Cost(64, 1, 1), new SecureRandom());

    @Test
    void knowsAPasswordAgainAndNoOther() {
        String phc = passwords.hash("correct horse");
        assertThat(phc).startsWith("$argon2id$v=19$m=64,t=1,p=1$");
        assertThat(passwords.check("correct horse", phc)).isTrue();
        for (String wrong : new String[] {"", "correct hors", "correct horse ", "Correct horse", "x".repeat(5_000)}) {
            assertThat(passwords.check(wrong, phc)).as(wrong).isFalse();
        }
        assertThat(passwords.hash("correct horse")).as("another salt").isNotEqualTo(phc);
    }

    @Test
    void knowsHashesOfOtherPrograms() {
        assertThat(passwords.check("password", REFERENCE)).isTrue();
        assertThat(passwords.check("passwore", REFERENCE)).isFalse();
        String two = "$argon2id$v=19$m=1024,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA$lXrMMwFoIf8KW2bBIs0UH538fWOx0Zxi";
        assertThat(passwords.check("correct horse", two))
                .as("two lanes, 24 bytes")
                .isTrue();
        assertThat(passwords.check("correct horsf", two)).isFalse();
    }

    @Test
    void aPasswordIsTheSameHoweverItsLettersAreComposed() {
        assertThat(passwords.check("gr\u00fc\u00dfe", passwords.hash("gru\u0308\u00dfe")))
                .isTrue();
    }

    @Test
    void saysWhichHashesAreOfAnotherCost() {
        assertThat(passwords.isRehashNeeded(passwords.hash("a"))).isFalse();
        assertThat(passwords.isRehashNeeded(REFERENCE)).isTrue();
        for (Cost other : new Cost[] {new Cost(65, 1, 1), new Cost(64, 2, 1), new Cost(64, 1, 2)}) {
            assertThat(new Passwords(other, new SecureRandom()).isRehashNeeded(passwords.hash("a")))
                    .isTrue();
        }
        assertThat(new Passwords(Cost.DEFAULT, new SecureRandom()).hash("a")).contains("$m=19456,t=2,p=1$");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                "$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$",
                "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQx1$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            })
    void refusesWhatIsNoHashAndDoesNotTellIt(String text) {
        HoldfastException e = catchThrowableOfType(HoldfastException.class, () -> passwords.check("password", text));
        assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
        assertThat(e.getMessage()).doesNotContain("secret").doesNotContain("c29t");
    }

    @Test
    void refusesAPasswordThatIsNoneOrABook() {
        for (String password : new String[] {"", "x".repeat(1_001)}) {
            assertThatThrownBy(() -> passwords.hash(password)).isInstanceOf(HoldfastException.class);
        }
        assertThatThrownBy(() -> new Cost(7, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyAtOnceAreAllRight() throws Exception {
        String phc = passwords.hash("a");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> checked = threads.invokeAll(IntStream.range(0, 50)
                    .<Callable<Boolean>>mapToObj(i ->
                            () -> passwords.check(i % 2 == 0 ? "a" : "b", phc) == (i % 2 == 0))
                    .toList());
            for (Future<Boolean> each : checked) {
                assertThat(each.get()).isTrue();
            }
        }
        assertThatCode(() -> passwords.checkNobody("a")).doesNotThrowAnyException();
    }
}
