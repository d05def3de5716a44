package io.holdfast.catalog;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Of one run of a plan on one host: 32 hexadecimal digits. */
public record JobId(String text) {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{32}");
    private static final int BYTES = 16;

    public JobId {
        if (!DIGITS.matcher(text).matches()) {
            throw new IllegalArgumentException("no job id: " + text);
        }
    }

    static JobId generate(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new JobId(HexFormat.of().formatHex(bytes));
    }
}
