package io.holdfast.repository.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SegmentCipherTest {
    private static final int WHOLE = SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES;

    private final SeededRandom random = new SeededRandom(1);
    private final byte[] key = random.bytes(32);
    private final SegmentCipher reader = new SegmentCipher(key);

    @Test
    void decryptsWhatItEncrypted() {
        for (int length : new int[] {0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 200_000}) {
            byte[] plain = random.bytes(length);
            byte[] stored = encrypted(48, plain);
            assertThat(stored).hasSize((int) SegmentCipher.storedLength(length));
            byte[] target = new byte[length];
            assertThat(decrypt(48, stored, target)).isEqualTo(length);
            assertThat(target).isEqualTo(plain);
        }
    }

    @Test
    void encryptsSegmentBySegmentAsInOneGo() {
        byte[] plain = random.bytes(2 * SegmentCipher.SEGMENT_BYTES + 7);
        byte[] stored = encrypted(0, plain);
        byte[] piece = new byte[WHOLE];
        for (int segment = 0; segment < 3; segment++) {
            int from = segment * SegmentCipher.SEGMENT_BYTES;
            byte[] part = Arrays.copyOfRange(plain, from, Math.min(plain.length, from + SegmentCipher.SEGMENT_BYTES));
            int length = new SegmentCipher(key).encryptSegment(0, segment, segment == 2, part, part.length, piece);
            assertThat(Arrays.copyOf(piece, length))
                    .isEqualTo(Arrays.copyOfRange(stored, segment * WHOLE, segment * WHOLE + length));
        }
    }

    @Test
    void refusesEveryFlippedByte() {
        byte[] stored = encrypted(7, random.bytes(100));
        byte[] target = new byte[stored.length];
        for (int at = 0; at < stored.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                stored[at] ^= (byte) (1 << bit);
                assertThat(decrypt(7, stored, target)).isEqualTo(-1);
                stored[at] ^= (byte) (1 << bit);
            }
        }
    }

    @Test
    void refusesEveryCut() {
        byte[] stored = encrypted(0, random.bytes(2 * SegmentCipher.SEGMENT_BYTES + 10));
        byte[] target = new byte[stored.length];
        for (int length : new int[] {0, 1, 15, 16, 17, WHOLE - 1, WHOLE, WHOLE + 1, 2 * WHOLE, stored.length - 1}) {
            assertThat(decrypt(0, Arrays.copyOf(stored, length), target)).isEqualTo(-1);
        }
        assertThat(decrypt(0, Arrays.copyOfRange(stored, WHOLE, stored.length), target))
                .isEqualTo(-1);
        assertThat(decrypt(0, Arrays.copyOf(stored, stored.length + 1), target)).isEqualTo(-1);
    }

    @Test
    void refusesSegmentsThatWereSwappedOrTakenFromAnotherRun() {
        byte[] one = encrypted(0, random.bytes(3 * SegmentCipher.SEGMENT_BYTES));
        byte[] swapped = one.clone();
        System.arraycopy(one, 0, swapped, WHOLE, WHOLE);
        System.arraycopy(one, WHOLE, swapped, 0, WHOLE);
        byte[] target = new byte[one.length];
        assertThat(decrypt(0, swapped, target)).isEqualTo(-1);

        byte[] other = encrypted(1, random.bytes(3 * SegmentCipher.SEGMENT_BYTES));
        System.arraycopy(other, WHOLE, one, WHOLE, WHOLE);
        assertThat(decrypt(0, one, target)).isEqualTo(-1);
    }

    @Test
    void refusesARunThatWasMoved() {
        byte[] stored = encrypted(48, random.bytes(10));
        assertThat(decrypt(49, stored, new byte[10])).isEqualTo(-1);
    }

    @Test
    void refusesAnotherKeyAndOtherAssociatedData() {
        byte[] stored = encrypted(0, random.bytes(10));
        byte[] target = new byte[10];
        assertThat(new SegmentCipher(random.bytes(32)).decrypt(0, stored, 0, stored.length, target, 0))
                .isEqualTo(-1);
        assertThat(new SegmentCipher(key, new byte[] {1}).decrypt(0, stored, 0, stored.length, target, 0))
                .isEqualTo(-1);
    }

    @Test
    void knowsWhichLengthsARunCanHave() {
        for (long plain = 0; plain < 3L * SegmentCipher.SEGMENT_BYTES; plain++) {
            assertThat(SegmentCipher.plainLength(SegmentCipher.storedLength(plain)))
                    .isEqualTo(plain);
        }
        for (long stored = 0; stored < SegmentCipher.TAG_BYTES; stored++) {
            assertThat(SegmentCipher.plainLength(stored)).isEqualTo(-1);
            // Zero bytes in a second segment: one too many.
            assertThat(SegmentCipher.plainLength(WHOLE + 1 + stored)).isEqualTo(-1);
        }
    }

    private byte[] encrypted(int offset, byte[] plain) {
        byte[] stored = new byte[(int) SegmentCipher.storedLength(plain.length)];
        assertThat(new SegmentCipher(key).encrypt(offset, plain, 0, plain.length, stored, 0))
                .isEqualTo(stored.length);
        return stored;
    }

    private int decrypt(int offset, byte[] stored, byte[] target) {
        return reader.decrypt(offset, stored, 0, stored.length, target, 0);
    }
}
