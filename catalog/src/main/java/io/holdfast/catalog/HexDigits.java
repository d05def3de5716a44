package io.holdfast.catalog;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** The form of ids that the catalog draws: 32 hexadecimal digits. */
final class HexDigits {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{32}");
    private static final int BYTES = 16;

    private HexDigits() {}

    static String draw(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** @throws IllegalArgumentException where it is none */
    static String check(String text, String what) {
        if (!DIGITS.matcher(text).matches()) {
            throw new IllegalArgumentException("no " + what + ": " + text);
        }
        return text;
    }
}
