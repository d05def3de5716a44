package io.holdfast.catalog;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Of a machine: 32 hexadecimal digits, drawn when it was added, which it keeps whatever it is called. */
public record HostId(String text) {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{32}");
    private static final int BYTES = 16;

    public HostId {
        if (!DIGITS.matcher(text).matches()) {
            throw new IllegalArgumentException("no host id: " + text);
        }
    }

    static HostId generate(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new HostId(HexFormat.of().formatHex(bytes));
    }
}
