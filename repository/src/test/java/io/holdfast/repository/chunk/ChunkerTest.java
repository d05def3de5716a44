package io.holdfast.repository.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChunkerTest {
    private static final ChunkerParameters SIZES = new ChunkerParameters(1 << 10, 4 << 10, 16 << 10);

    @Test
    void cutsWithinTheBoundsAndNearTheAverage() {
        SeededRandom.check(5, random -> {
            List<byte[]> chunks = cut(chunker(random), random.bytes(4 << 20));
            chunks.subList(0, chunks.size() - 1)
                    .forEach(chunk -> assertThat(chunk.length).isBetween(SIZES.minBytes(), SIZES.maxBytes()));
            double average = (4 << 20) / (double) chunks.size();
            assertThat(average).isBetween(0.7 * SIZES.averageBytes(), 1.6 * SIZES.averageBytes());
        });
    }

    @Test
    void cutsTheDefaultSizesNearTheirAverage() {
        SeededRandom random = new SeededRandom(1);
        Chunker chunker = new Chunker(ChunkerParameters.DEFAULT, gear(random));
        int chunks = cut(chunker, random.bytes(64 << 20)).size();
        assertThat(chunks).isBetween(45, 90);
    }

    @Test
    void findsTheSameCutsAfterAnInsertion() {
        SeededRandom.check(10, random -> {
            Chunker chunker = chunker(random);
            byte[] before = random.bytes(1 << 20);
            int at = random.nextInt(before.length);
            byte[] inserted = random.bytes(1 + random.nextInt(100));
            byte[] after = new byte[before.length + inserted.length];
            System.arraycopy(before, 0, after, 0, at);
            System.arraycopy(inserted, 0, after, at, inserted.length);
            System.arraycopy(before, at, after, at + inserted.length, before.length - at);
            Set<String> known = new HashSet<>();
            cut(chunker, before).forEach(chunk -> known.add(Arrays.toString(chunk)));
            long fresh = cut(chunker, after).stream()
                    .filter(chunk -> !known.contains(Arrays.toString(chunk)))
                    .count();
            assertThat(fresh).isBetween(1L, 12L);
        });
    }

    @Test
    void cutsAStreamTheSameHoweverMuchOfItIsThere() {
        SeededRandom.check(20, random -> {
            Chunker chunker = chunker(random);
            byte[] stream = random.oneIn(3) ? new byte[100_000] : random.compressibleBytes(100_000);
            byte[] moved = new byte[stream.length + 77];
            System.arraycopy(stream, 0, moved, 77, stream.length);
            for (int at = 0; at < stream.length; ) {
                int left = stream.length - at;
                int whole = chunker.cut(stream, at, left);
                assertThat(chunker.cut(moved, at + 77, Math.min(left, SIZES.maxBytes())))
                        .isEqualTo(whole);
                at += whole;
            }
        });
    }

    @Test
    void leavesStreamsBelowTheMinimumWhole() {
        Chunker chunker = chunker(new SeededRandom(1));
        for (int length : new int[] {1, 2, SIZES.minBytes() - 1, SIZES.minBytes()}) {
            assertThat(chunker.cut(new byte[length], 0, length)).isEqualTo(length);
        }
    }

    @Test
    void cutsElsewhereWithAnotherTable() {
        byte[] stream = new SeededRandom(1).bytes(1 << 20);
        assertThat(lengths(cut(chunker(new SeededRandom(2)), stream)))
                .isNotEqualTo(lengths(cut(chunker(new SeededRandom(3)), stream)));
    }

    private static List<Integer> lengths(List<byte[]> chunks) {
        return chunks.stream().map(chunk -> chunk.length).toList();
    }

    private static List<byte[]> cut(Chunker chunker, byte[] stream) {
        List<byte[]> chunks = new ArrayList<>();
        for (int at = 0; at < stream.length; ) {
            int length = chunker.cut(stream, at, stream.length - at);
            chunks.add(Arrays.copyOfRange(stream, at, at + length));
            at += length;
        }
        return chunks;
    }

    private static Chunker chunker(SeededRandom random) {
        return new Chunker(SIZES, gear(random));
    }

    private static long[] gear(SeededRandom random) {
        return random.longs(256).toArray();
    }
}
