package io.holdfast.repository.pack;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
    private static final byte[] NOTHING = new byte[0];

    private final SeededRandom random = new SeededRandom(41);
    private final FrameCodec codec = new FrameCodec();
    private final byte[] target = new byte[FrameCodec.MAX_ENCODED_BYTES];

    @AfterEach
    void close() {
        codec.close();
    }

    @Test
    void decodesWhatItEncoded() {
        SeededRandom.check(60, random -> {
            int count = 1 + random.size(FrameCodec.MAX_CHUNKS - 1);
            int[] lengths = new int[count];
            int total = 0;
            for (int i = 0; i < count; i++) {
                lengths[i] = 1 + random.size(Math.max(0, FrameCodec.GROUP_BYTES / count - 1));
                total += lengths[i];
            }
            roundTrip(random.oneIn(2) ? random.bytes(total) : random.compressibleBytes(total), lengths);
        });
    }

    @Test
    void takesTheLargestChunkAndTheMostChunks() {

        int[] one = {FrameCodec.MAX_PLAIN_BYTES};
        roundTrip(random.bytes(FrameCodec.MAX_PLAIN_BYTES), one);
        roundTrip(random.compressibleBytes(FrameCodec.MAX_PLAIN_BYTES), one);
        int[] many = new int[FrameCodec.MAX_CHUNKS];
        Arrays.fill(many, 1);
        roundTrip(random.bytes(FrameCodec.MAX_CHUNKS), many);
        roundTrip(new byte[] {7}, new int[] {1});
    }

    @Test
    void storesWhatDoesNotShrinkAsItIs() {
        byte[] noise = new SeededRandom(1).bytes(300_000);
        int length = codec.encode(noise, new int[] {noise.length}, 1, target);
        assertThat(length).isEqualTo(8 + noise.length);
        assertThat(target[0]).isZero();
        byte[] zeros = new byte[300_000];
        assertThat(codec.encode(zeros, new int[] {zeros.length}, 1, target)).isLessThan(1_000);
        assertThat(target[0]).isEqualTo((byte) 1);
    }

    @Test
    void decodesIntoAnArrayThatIsLargeEnough() {
        int length = codec.encode(new byte[100], new int[] {40, 60}, 2, target);
        byte[] reuse = new byte[100];
        assertThat(codec.decode(target, length, reuse, "test", BaseSource.NONE).plain())
                .isSameAs(reuse);
        assertThat(codec.decode(target, length, new byte[99], "test", BaseSource.NONE)
                        .plain())
                .hasSize(100);
    }

    @Test
    void refusesEveryCut() {
        for (byte[] plain : new byte[][] {new SeededRandom(1).bytes(50), new byte[500]}) {
            int length = codec.encode(plain, new int[] {20, plain.length - 20}, 2, target);
            for (int cut = 0; cut < length; cut++) {
                int shorter = cut;
                assertThat(codeOf(() -> codec.decode(target, shorter, NOTHING, "test", BaseSource.NONE)))
                        .isEqualTo(ErrorCode.DAMAGED);
            }
        }
    }

    /** Frames are authenticated; if that ever failed, decoding must still end in an error or in bounds. */
    @Test
    void endsInAnErrorOrInBoundsForAnyBytes() {
        SeededRandom.check(3_000, random -> {
            byte[] plain = random.oneIn(2) ? random.bytes(100) : new byte[400];
            int length = codec.encode(plain, new int[] {30, plain.length - 30}, 2, target);
            byte[] frame = Arrays.copyOf(target, length);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                frame[random.nextInt(length)] = (byte) random.nextInt(256);
            }
            try {
                FrameCodec.Decoded decoded = codec.decode(frame, length, NOTHING, "test", BaseSource.NONE);
                assertThat(decoded.starts()[decoded.chunkCount()]).isLessThanOrEqualTo(decoded.plain().length);
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
            }
        });
    }

    private void roundTrip(byte[] plain, int[] lengths) {
        int length = codec.encode(plain, lengths, lengths.length, target);
        FrameCodec.Decoded decoded = codec.decode(target, length, NOTHING, "test", BaseSource.NONE);
        assertThat(Arrays.mismatch(decoded.plain(), plain)).isEqualTo(-1);
        assertThat(decoded.chunkCount()).isEqualTo(lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            assertThat(decoded.length(i)).isEqualTo(lengths[i]);
        }
    }

    @Test
    void aDeltaTakesWhatDiffersAndComesBackWithItsBases() {
        for (int round = 0; round < 200; round++) {
            List<byte[]> bases = new ArrayList<>();
            byte[] older = {};
            for (int i = 0; i <= random.nextInt(3); i++) {
                byte[] base = random.oneIn(2)
                        ? random.bytes(1_000 + random.size(300_000))
                        : random.compressibleBytes(1_000 + random.size(300_000));
                bases.add(base);
                older = FrameCodec.join(older, base);
            }
            byte[] newer = older.clone();
            for (int i = 0; i < 5; i++) {
                newer[random.nextInt(newer.length)]++;
            }
            List<ChunkId> ids = ids(bases.size());
            int length = codec.encodeDelta(newer, newer.length, ids, older, target, newer.length / 2);

            assertThat(length).isBetween(1, newer.length / 10 + 600);
            FrameCodec.Decoded decoded =
                    codec.decode(target, length, NOTHING, "test", id -> bases.get(ids.indexOf(id)));
            assertThat(decoded.plain()).isEqualTo(newer);
            assertThat(decoded.starts()).containsExactly(0, newer.length);
        }
    }

    @Test
    void whatDoesNotFitIsNoDelta() {
        byte[] older = random.bytes(10_000);
        byte[] other = random.bytes(10_000);

        assertThat(codec.encodeDelta(other, other.length, ids(1), older, target, 5_000))
                .isEqualTo(-1);
        assertThat(codec.encodeDelta(older, older.length, ids(1), older, target, 40))
                .isEqualTo(-1);
    }

    /** Dictionaries that zstd trained start so; a chunk that does is plain content all the same. */
    @Test
    void aChunkThatLooksLikeATrainedDictionaryIsNoFirstBase() {
        byte[] trained = random.bytes(1_000);
        trained[0] = 0x37;
        trained[1] = (byte) 0xA4;
        trained[2] = 0x30;
        trained[3] = (byte) 0xEC;
        byte[] plain = random.bytes(1_000);
        int length = codec.encodeDelta(plain, plain.length, ids(1), plain, target, 500);

        assertThat(FrameCodec.canBeBase(trained)).isFalse();
        assertThat(FrameCodec.canBeBase(plain)).isTrue();
        assertThat(codeOf(() -> codec.decode(target, length, NOTHING, "test", id -> trained)))
                .isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void aDeltaWithoutItsBaseOrWithFlippedBitsIsDamagedOrAnotherChunk() {
        byte[] older = random.compressibleBytes(20_000);
        byte[] newer = older.clone();
        newer[777]++;
        List<ChunkId> ids = ids(2);
        int length = codec.encodeDelta(newer, newer.length, ids, FrameCodec.join(older, older), target, 10_000);

        assertThat(codeOf(() -> codec.decode(target, length, NOTHING, "test", BaseSource.NONE)))
                .isEqualTo(ErrorCode.DAMAGED);
        byte[] tooMuch = random.bytes(FrameCodec.MAX_DICTIONARY_BYTES / 2 + 1);
        assertThat(codeOf(() -> codec.decode(target, length, NOTHING, "test", id -> tooMuch)))
                .isEqualTo(ErrorCode.DAMAGED);
        for (int at = 0; at < length; at++) {
            byte[] flipped = Arrays.copyOf(target, length);
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            try {
                // Content that is decoded nevertheless is found out by its id.
                codec.decode(flipped, length, NOTHING, "test", id -> older);
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
            }
        }
    }

    private List<ChunkId> ids(int count) {
        List<ChunkId> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
        }
        return ids;
    }
}
