package io.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealingKeyTest {
    private final SecureRandom random = new SecureRandom();
    private final byte[] secret = "a key of a repository".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    @Test
    void opensWhatItSealed() {
        Bytes sealed = SealingKey.create(directory.resolve("host.key"), random).seal(secret, "repository main");
        assertThat(SealingKey.open(directory.resolve("host.key"), random).open(sealed, "repository main"))
                .isEqualTo(secret);
    }

    @Test
    void opensNothingElse() {
        SealingKey key = SealingKey.create(directory.resolve("host.key"), random);
        Bytes sealed = key.seal(secret, "repository main");
        assertThat(sealed).isNotEqualTo(key.seal(secret, "repository main"));
        assertThatThrownBy(() -> key.open(sealed, "repository other")).hasMessageContaining("does not open");
        SealingKey other = SealingKey.create(directory.resolve("other.key"), random);
        assertThatThrownBy(() -> other.open(sealed, "repository main")).hasMessageContaining("does not open");
        for (int i = 0; i < sealed.length(); i++) {
            byte[] changed = sealed.unsafeArray().clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> key.open(Bytes.wrap(changed), "repository main"))
                    .isInstanceOf(HoldfastException.class);
        }
        for (int length = 0; length < sealed.length(); length++) {
            byte[] cut = java.util.Arrays.copyOf(sealed.unsafeArray(), length);
            assertThatThrownBy(() -> key.open(Bytes.wrap(cut), "repository main"))
                    .isInstanceOf(HoldfastException.class);
        }
    }

    @Test
    void aFileThatIsNoKeyIsSaid() throws Exception {
        Path file = directory.resolve("host.key");
        assertThatThrownBy(() -> SealingKey.open(file, random)).hasMessageContaining("cannot be read");
        for (String wrong : new String[] {"", "0123", "x".repeat(64)}) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> SealingKey.open(file, random)).hasMessageContaining("is no host key");
        }
    }
}
