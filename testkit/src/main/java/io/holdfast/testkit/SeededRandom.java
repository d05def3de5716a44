package io.holdfast.testkit;

import io.holdfast.storage.ObjectName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Random input for tests that can be had again: a failed check prints its seed, and {@code -Dholdfast.seed=<seed>} runs just
 * that one. Not thread-safe; {@link #split} gives each thread its own.
 */
public final class SeededRandom implements RandomGenerator {
    /** Names the seed of the one round to run. */
    public static final String PROPERTY = "holdfast.seed";

    private static final String NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-";

    /** What real trees hold: spaces, quotes, line ends, other scripts, both forms of an accent, a leading dash. */
    private static final List<String> ODD_NAMES = List.of(
            " ",
            "a b",
            "-rf",
            "'",
            "\"",
            "$HOME",
            "a\nb",
            "tab\there",
            "é",
            "e\u0301",
            "日本語",
            "😀",
            "..a",
            "#",
            "%2f",
            "\\",
            "*",
            "a;b",
            "~",
            "CON",
            "nul.txt",
            ".hidden");

    private final SplittableRandom random;

    public SeededRandom(long seed) {
        this.random = new SplittableRandom(seed);
    }

    private SeededRandom(SplittableRandom random) {
        this.random = random;
    }

    /**
     * Runs {@code property} with {@code rounds} seeds, or with the one that {@code -Dholdfast.seed} names.
     *
     * @throws AssertionError that tells the seed, where a round throws anything
     */
    public static void check(int rounds, Property property) {
        String given = System.getProperty(PROPERTY);
        if (given != null && !given.isEmpty()) {
            round(Long.decode(given), property);
            return;
        }
        for (int round = 0; round < rounds; round++) {
            round(ThreadLocalRandom.current().nextLong(), property);
        }
    }

    // Whatever it was that failed, the seed belongs to it.
    @SuppressWarnings("CatchingUnchecked")
    private static void round(long seed, Property property) {
        try {
            property.check(new SeededRandom(seed));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("failed; repeat with -D" + PROPERTY + "=" + seed + " : " + e.getMessage(), e);
        }
    }

    /** A generator of its own for another thread. */
    public SeededRandom split() {
        return new SeededRandom(random.split());
    }

    @Override
    public long nextLong() {
        return random.nextLong();
    }

    /** True once in {@code n} times. */
    public boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    public <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Bytes that do not compress. */
    public byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Bytes of a random length up to {@code maxLength}: mostly short, now and then none or the longest. */
    public byte[] bytesUpTo(int maxLength) {
        return bytes(size(maxLength));
    }

    /** Bytes with runs and repetitions, as text and tables have; they compress. */
    public byte[] compressibleBytes(int length) {
        byte[] bytes = new byte[length];
        byte[] phrase = bytes(16);
        for (int at = 0; at < length; ) {
            int run = Math.min(length - at, 1 + random.nextInt(64));
            if (oneIn(2)) {
                Arrays.fill(bytes, at, at + run, phrase[random.nextInt(phrase.length)]);
            } else {
                for (int i = 0; i < run; i++) {
                    bytes[at + i] = phrase[i % phrase.length];
                }
            }
            at += run;
        }
        return bytes;
    }

    /** A size from 0 to {@code max}: every order of magnitude is as likely as another, and the ends come up often. */
    public int size(int max) {
        if (max == 0 || oneIn(16)) {
            return 0;
        }
        if (oneIn(16)) {
            return max;
        }
        int bits = 1 + random.nextInt(32 - Integer.numberOfLeadingZeros(max));
        return (int) Math.min(max, random.nextLong(1L << bits));
    }

    /** Splits bytes at random places, into heap and direct buffers, also empty ones. */
    public List<ByteBuffer> buffers(byte[] bytes) {
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int at = 0; at < bytes.length || buffers.isEmpty(); ) {
            int length = size(bytes.length - at);
            ByteBuffer part = ByteBuffer.wrap(bytes, at, length);
            buffers.add(
                    oneIn(2)
                            ? part
                            : ByteBuffer.allocateDirect(length).put(part).flip());
            at += length;
        }
        return List.copyOf(buffers);
    }

    /** A valid object name of one to four segments. */
    public ObjectName objectName() {
        StringBuilder name = new StringBuilder(segment());
        for (int more = random.nextInt(4); more > 0; more--) {
            name.append('/').append(segment());
        }
        return ObjectName.of(name.toString());
    }

    /** Different valid names below {@code prefix}, none of which is a directory of another one. */
    public List<ObjectName> objectNames(int count, String prefix) {
        TreeSet<ObjectName> names = new TreeSet<>();
        while (names.size() < count) {
            ObjectName name = ObjectName.of(prefix + objectName());
            boolean clashes = names.stream()
                    .anyMatch(other -> (other + "/").startsWith(name + "/") || (name + "/").startsWith(other + "/"));
            if (!clashes) {
                names.add(name);
            }
        }
        return List.copyOf(names);
    }

    /** A name for a file, no longer than 200 bytes, without slash and zero; odd ones are frequent. */
    public String fileName() {
        if (oneIn(4)) {
            return pick(ODD_NAMES) + (oneIn(2) ? "" : Integer.toString(random.nextInt(100)));
        }
        return segment();
    }

    private String segment() {
        int length = 1 + random.nextInt(oneIn(8) ? 40 : 10);
        StringBuilder segment = new StringBuilder(length);
        while (segment.length() < length) {
            char letter = NAME_LETTERS.charAt(random.nextInt(NAME_LETTERS.length()));
            if (!segment.isEmpty() || letter != '.') {
                segment.append(letter);
            }
        }
        return segment.toString();
    }

    /** What must hold for any input. */
    @FunctionalInterface
    public interface Property {
        void check(SeededRandom random) throws Exception;
    }
}
