package io.holdfast.repository.cbor;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CborTest {
    private static final HexFormat HEX = HexFormat.of();

    @Test
    void writesTheExamplesOfRfc8949() {
        assertThat(written(w -> w.unsigned(0))).isEqualTo("00");
        assertThat(written(w -> w.unsigned(23))).isEqualTo("17");
        assertThat(written(w -> w.unsigned(24))).isEqualTo("1818");
        assertThat(written(w -> w.unsigned(100))).isEqualTo("1864");
        assertThat(written(w -> w.unsigned(1000))).isEqualTo("1903e8");
        assertThat(written(w -> w.unsigned(1_000_000))).isEqualTo("1a000f4240");
        assertThat(written(w -> w.unsigned(1_000_000_000_000L))).isEqualTo("1b000000e8d4a51000");
        assertThat(written(w -> w.integer(-1))).isEqualTo("20");
        assertThat(written(w -> w.integer(-100))).isEqualTo("3863");
        assertThat(written(w -> w.integer(-1000))).isEqualTo("3903e7");
        assertThat(written(w -> w.integer(Long.MIN_VALUE))).isEqualTo("3b7fffffffffffffff");
        assertThat(written(w -> w.bytes(new byte[] {1, 2, 3, 4}))).isEqualTo("4401020304");
        assertThat(written(w -> w.text("IETF"))).isEqualTo("6449455446");
        assertThat(written(w -> w.text("ü"))).isEqualTo("62c3bc");
        assertThat(written(w -> w.array(3).unsigned(1).unsigned(2).unsigned(3))).isEqualTo("83010203");
        assertThat(written(w -> w.map(2).unsigned(1).unsigned(2).unsigned(3).unsigned(4)))
                .isEqualTo("a201020304");
    }

    @Test
    void readsEveryIntegerAtTheEdgesOfItsLengths() {
        for (int shift = 0; shift < Long.SIZE - 1; shift++) {
            for (long near = -2; near <= 2; near++) {
                long value = (1L << shift) + near;
                byte[] encoded = new CborWriter().integer(value).integer(~value).toByteArray();
                CborReader in = new CborReader(encoded, "test");
                assertThat(in.integer()).isEqualTo(value);
                assertThat(in.integer()).isEqualTo(~value);
                in.finish();
            }
        }
    }

    @Test
    void readsWhatItWrote() {
        SeededRandom.check(200, random -> {
            CborWriter out = new CborWriter();
            write(random, out, 0);
            byte[] encoded = out.toByteArray();
            CborReader in = new CborReader(encoded, "test");
            CborWriter again = new CborWriter();
            copy(encoded, in, again);
            in.finish();
            assertThat(again.toByteArray()).isEqualTo(encoded);
        });
    }

    @Test
    void refusesEveryTruncation() {
        SeededRandom.check(100, random -> {
            CborWriter out = new CborWriter();
            write(random, out, 0);
            byte[] encoded = out.toByteArray();
            for (int length = encoded.length - 1; length >= 0; length -= 1 + length / 100) {
                CborReader cut = new CborReader(encoded, 0, length, "test");
                assertThat(codeOf(cut::skip)).isEqualTo(ErrorCode.DAMAGED);
            }
        });
    }

    /** One value, one encoding: what is read without complaint is what the writer would write. */
    @Test
    void acceptsOnlyWhatTheWriterWouldWrite() {
        SeededRandom.check(20_000, random -> {
            byte[] bytes = random.bytes(1 + random.nextInt(12));
            // Short strings and small collections are much more likely to be accepted than random first bytes.
            bytes[0] = (byte) (random.nextInt(7) << 5 | random.nextInt(random.oneIn(4) ? 32 : 4));
            CborReader in = new CborReader(bytes, "test");
            try {
                in.skip();
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
                return;
            }
            CborWriter again = new CborWriter();
            copy(bytes, new CborReader(bytes, "test"), again);
            assertThat(again.toByteArray()).isEqualTo(Arrays.copyOf(bytes, in.position()));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // longer than needed: integers, lengths of strings, arrays and maps
                "1800",
                "1817",
                "190000",
                "1900ff",
                "1a00000000",
                "1a0000ffff",
                "1b0000000000000000",
                "1b00000000ffffffff",
                "3817",
                "3900ff",
                "5800",
                "580161",
                "59000161",
                "7800",
                "780161",
                "9800",
                "980100",
                "b800",
                "b8010000",
                // indefinite lengths, reserved lengths
                "1f",
                "3f",
                "5f4161ff",
                "7f6161ff",
                "9f00ff",
                "bf0000ff",
                "1c",
                "1d",
                "1e",
                "5c",
                "9d",
                "be",
                // above 2^63
                "1bffffffffffffffff",
                "3bffffffffffffffff",
                // lengths beyond the end
                "41",
                "5affffffff",
                "5b7fffffffffffffff",
                "5bffffffffffffffff",
                "81",
                "9affffffff",
                "a1",
                "a100",
                // text that is not UTF-8
                "61ff",
                "62c328",
                "63eda080",
                "62c080",
                // map keys twice, or out of order
                "a200000000",
                "a201000000",
                "a2180000",
                "a2410000400000",
                // tags, floats, simple values, breaks
                "c000",
                "f4",
                "f6",
                "f7",
                "f90000",
                "fa00000000",
                "fb0000000000000000",
                "ff",
            })
    void refusesWhatADeterministicWriterWouldNotWrite(String hex) {
        CborReader in = new CborReader(HEX.parseHex(hex), "test");
        assertThat(codeOf(in::skip)).isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void refusesItemsNestedTooDeep() {
        byte[] deep = new byte[1000];
        Arrays.fill(deep, (byte) 0x81);
        assertThat(codeOf(() -> new CborReader(deep, "test").skip())).isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void refusesKeysThatDoNotAscend() {
        CborReader in = new CborReader(new byte[] {3, 3, 2}, "test");
        int key = in.key(-1);
        assertThat(key).isEqualTo(3);
        assertThat(codeOf(() -> in.key(key))).isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> in.key(key))).isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void refusesBytesLeftOverAndOtherTypesAndLengths() {
        assertThat(codeOf(() -> new CborReader(new byte[] {0}, "test").finish()))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {0}, "test").bytes())).isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {0x41, 0}, "test").text()))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {0x20}, "test").unsigned()))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {0x18, 100}, "test").unsigned(99)))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {0x41, 0}, "test").bytes(2)))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> new CborReader(new byte[] {(byte) 0x81, 0}, "test").array(2)))
                .isEqualTo(ErrorCode.DAMAGED);
    }

    private static String written(Consumer<CborWriter> items) {
        CborWriter out = new CborWriter();
        items.accept(out);
        return HEX.formatHex(out.toByteArray());
    }

    private static void write(SeededRandom random, CborWriter out, int depth) {
        switch (random.nextInt(depth < 4 ? 6 : 4)) {
            case 0 -> out.unsigned(random.nextLong() >>> (1 + random.nextInt(63)));
            case 1 -> out.integer(random.nextLong() >> random.nextInt(64));
            case 2 -> out.bytes(random.bytesUpTo(300));
            case 3 -> out.text(random.fileName());
            case 4 -> {
                int count = random.nextInt(30);
                out.array(count);
                for (int i = 0; i < count; i++) {
                    write(random, out, depth + 1);
                }
            }
            default -> {
                TreeMap<Long, Boolean> keys = new TreeMap<>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    keys.put(random.nextLong() >>> (1 + random.nextInt(63)), true);
                }
                out.map(keys.size());
                keys.keySet().forEach(key -> write(random, out.unsigned(key), depth + 1));
            }
        }
    }

    private static void copy(byte[] bytes, CborReader in, CborWriter out) {
        switch ((bytes[in.position()] & 0xFF) >>> 5) {
            case 0 -> out.unsigned(in.unsigned());
            case 1 -> out.integer(in.integer());
            case 2 -> out.bytes(in.bytes());
            case 3 -> out.text(in.text());
            case 4 -> {
                int count = in.array();
                out.array(count);
                for (int i = 0; i < count; i++) {
                    copy(bytes, in, out);
                }
            }
            case 5 -> {
                int count = in.map();
                TreeMap<byte[], byte[]> pairs = new TreeMap<>(Arrays::compareUnsigned);
                for (int i = 0; i < count; i++) {
                    CborWriter key = new CborWriter();
                    copy(bytes, in, key);
                    CborWriter value = new CborWriter();
                    copy(bytes, in, value);
                    pairs.put(key.toByteArray(), value.toByteArray());
                }
                out.map(pairs.size());
                pairs.forEach((key, value) -> out.encoded(key, 0, key.length).encoded(value, 0, value.length));
            }
            default -> throw new AssertionError("an item of another type");
        }
    }
}
