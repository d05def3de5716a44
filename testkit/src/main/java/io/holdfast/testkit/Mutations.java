package io.holdfast.testkit;

import com.sun.management.ThreadMXBean;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Feeds a parser with what nobody wrote: valid inputs with some bytes changed, put in or taken out, parts of two inputs joined, and random bytes. It may
 * accept or refuse, but only with the errors that it documents, and without taking much memory. Whoever calls sets a time limit.
 */
public final class Mutations {
    /** In an ordinary build, for each parser. */
    public static final int ROUNDS = 10_000;

    /** With {@code ./verify --long}. */
    public static final int LONG_ROUNDS = 1_000_000;

    private static final int MAX_RANDOM_BYTES = 600;
    private static final long ALLOCATION_BYTES = 32L << 20;
    private static final long ALLOCATION_PER_BYTE = 512;
    private static final int[] EDGES = {
        0, 1, -1, 0x7f, 0x80, 0xff, 0xffff, 1 << 16, Integer.MAX_VALUE, Integer.MIN_VALUE
    };
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<byte[]> valid;
    private final SeededRandom random;
    private long accepted;
    private long refused;

    /** What is tried. */
    @FunctionalInterface
    public interface Parser {
        void parse(byte[] input);
    }

    /** @param valid inputs that are parsed without an error */
    public Mutations(List<byte[]> valid, SeededRandom random) {
        this.valid = List.copyOf(valid);
        this.random = random;
    }

    /**
     * Tries the valid inputs, then so many others.
     *
     * @param documented what the parser may throw
     * @throws AssertionError that has the input in hexadecimal digits, where it throws something else or takes too much memory
     */
    public void feed(int rounds, Set<ErrorCode> documented, Parser parser) {
        valid.forEach(parser::parse);
        for (int round = 0; round < rounds; round++) {
            byte[] input = random.oneIn(20) ? random.bytesUpTo(MAX_RANDOM_BYTES) : mutated();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            parse(input, documented, parser);
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (taken > ALLOCATION_BYTES + ALLOCATION_PER_BYTE * input.length) {
                throw new AssertionError(taken + " bytes of memory for " + hex(input));
            }
        }
        if (refused == 0) {
            throw new AssertionError("nothing was refused: " + accepted + " inputs were accepted");
        }
    }

    // Whatever it throws, the input belongs to it.
    @SuppressWarnings("CatchingUnchecked")
    private void parse(byte[] input, Set<ErrorCode> documented, Parser parser) {
        try {
            parser.parse(input);
            accepted++;
        } catch (HoldfastException e) {
            if (!documented.contains(e.code()) || String.valueOf(e.getMessage()).isBlank()) {
                throw new AssertionError(e.code() + " of " + hex(input), e);
            }
            refused++;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(e + " of " + hex(input), e);
        }
    }

    private byte[] mutated() {
        byte[] input = random.pick(valid).clone();
        for (int times = 1 + random.size(6); times > 0; times--) {
            input = input.length == 0 ? random.bytes(1) : mutated(input);
        }
        return input;
    }

    private byte[] mutated(byte[] input) {
        int at = random.nextInt(input.length);
        int length = Math.min(input.length - at, 1 + random.size(40));
        switch (random.nextInt(9)) {
            case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> input[at] = (byte) random.nextInt();
            case 2 -> {
                int edge = EDGES[random.nextInt(EDGES.length)];
                boolean little = random.oneIn(2);
                for (int i = 0; i < 4 && at + i < input.length; i++) {
                    input[at + i] = (byte) (edge >> 8 * (little ? i : 3 - i));
                }
            }
            case 3 -> Arrays.fill(input, at, at + length, (byte) (random.oneIn(2) ? 0 : 0xff));
            case 4 -> {
                return Arrays.copyOf(input, at);
            }
            case 5 -> {
                return joined(input, at, random.bytes(length), at);
            }
            case 6 -> {
                return joined(input, at, new byte[0], at + length);
            }
            case 7 -> {
                return joined(input, at, Arrays.copyOfRange(input, at, at + length), at);
            }
            default -> {
                byte[] other = random.pick(valid);
                int from = random.nextInt(other.length + 1);
                return joined(input, at, Arrays.copyOfRange(other, from, other.length), input.length);
            }
        }
        return input;
    }

    /** The start up to a place, something else, and the rest from another place on. */
    private static byte[] joined(byte[] input, int end, byte[] between, int rest) {
        byte[] all = Arrays.copyOf(input, end + between.length + input.length - rest);
        System.arraycopy(between, 0, all, end, between.length);
        System.arraycopy(input, rest, all, end + between.length, input.length - rest);
        return all;
    }

    private static String hex(byte[] input) {
        StringBuilder text = new StringBuilder(2 * input.length);
        for (byte b : input) {
            text.append("%02x".formatted(b));
        }
        return text.toString();
    }
}
