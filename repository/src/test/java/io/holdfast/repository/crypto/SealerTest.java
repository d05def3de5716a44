package io.holdfast.repository.crypto;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.SmallRepository;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SealerTest {
    private static final ObjectName NAME = ObjectName.of("snapshots/some-name");

    private final SeededRandom random = new SeededRandom(1);
    private final Sealer sealer = new Sealer(SmallRepository.keyring(), new SecureRandom());

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CONFIG", "KEY_SLOT", "SEALED_KEY"})
    void opensWhatItSealedAndRefusesEveryFlippedByteAndEveryCut(ObjectKind kind) {
        for (int length : new int[] {0, 1, 50}) {
            byte[] body = random.bytes(length);
            byte[] sealed = sealer.seal(kind, NAME, body);
            assertThat(sealer.open(kind, NAME, sealed)).isEqualTo(body);
            for (int at = 0; at < sealed.length; at++) {
                byte[] flipped = sealed.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                assertThat(codeOf(() -> sealer.open(kind, NAME, flipped))).isEqualTo(ErrorCode.DAMAGED);
                byte[] cut = Arrays.copyOf(sealed, at);
                assertThat(codeOf(() -> sealer.open(kind, NAME, cut))).isEqualTo(ErrorCode.DAMAGED);
            }
            byte[] longer = Arrays.copyOf(sealed, sealed.length + 1);
            assertThat(codeOf(() -> sealer.open(kind, NAME, longer))).isEqualTo(ErrorCode.DAMAGED);
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CONFIG", "KEY_SLOT", "SEALED_KEY", "INDEX_SEGMENT", "SEARCH_SEGMENT", "DATA_PACK", "META_PACK"})
    void refusesAnObjectUnderAnotherName(ObjectKind kind) {
        byte[] sealed = sealer.seal(kind, NAME, random.bytes(10));
        assertThat(codeOf(() -> sealer.open(kind, ObjectName.of("snapshots/some-namf"), sealed)))
                .isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void refusesAnObjectOfAnotherKindOrRepository() {
        byte[] sealed = sealer.seal(ObjectKind.TOMBSTONE, NAME, random.bytes(10));
        assertThat(codeOf(() -> sealer.open(ObjectKind.FORGET_MARKER, NAME, sealed)))
                .isEqualTo(ErrorCode.DAMAGED);
        Sealer other = new Sealer(SmallRepository.keyring(), new SecureRandom());
        assertThat(codeOf(() -> other.open(ObjectKind.TOMBSTONE, NAME, sealed))).isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void noticesEveryFlippedByteOfAChecksummedObject() {
        byte[] object = Sealer.checksummed(ObjectKind.CONFIG, random.bytes(32), random.bytes(20));
        assertThat(Sealer.openChecksummed(ObjectKind.CONFIG, NAME, object)).hasSize(20);
        for (int at = 0; at < object.length; at++) {
            byte[] flipped = object.clone();
            flipped[at] ^= 1;
            assertThat(codeOf(() -> Sealer.openChecksummed(ObjectKind.CONFIG, NAME, flipped)))
                    .isEqualTo(ErrorCode.DAMAGED);
            byte[] cut = Arrays.copyOf(object, at);
            assertThat(codeOf(() -> Sealer.openChecksummed(ObjectKind.CONFIG, NAME, cut)))
                    .isEqualTo(ErrorCode.DAMAGED);
        }
    }

    @Test
    void sealsTheSameBodyToOtherBytesEachTime() {
        byte[] body = random.bytes(10);
        assertThat(sealer.seal(ObjectKind.MANIFEST, NAME, body))
                .isNotEqualTo(sealer.seal(ObjectKind.MANIFEST, NAME, body));
    }
}
