package io.holdfast.core;

import java.util.Locale;

/**
 * An amount of bytes, 0 to 2^63 − 1, with the binary units people write ({@code 64 MiB}).
 *
 * @param bytes never negative
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("negative size: " + bytes);
        }
    }

    public static ByteSize ofKiB(long kibibytes) {
        return new ByteSize(Math.multiplyExact(kibibytes, 1L << 10));
    }

    public static ByteSize ofMiB(long mebibytes) {
        return new ByteSize(Math.multiplyExact(mebibytes, 1L << 20));
    }

    /**
     * Reads {@code 4096}, {@code 64k}, {@code 10M}, {@code 1.5GiB}: units are powers of 1024, letter case does not matter.
     *
     * @throws HoldfastException with {@link ErrorCode#USAGE} where the text is no size
     */
    public static ByteSize parse(String text) {
        String trimmed = text.strip().toUpperCase(Locale.ROOT);
        int digits = 0;
        while (digits < trimmed.length()
                && (Character.isDigit(trimmed.charAt(digits)) || trimmed.charAt(digits) == '.')) {
            digits++;
        }
        String unit = trimmed.substring(digits).strip();
        int power = switch (unit) {
            case "", "B" -> 0;
            case "K", "KB", "KIB" -> 1;
            case "M", "MB", "MIB" -> 2;
            case "G", "GB", "GIB" -> 3;
            case "T", "TB", "TIB" -> 4;
            case "P", "PB", "PIB" -> 5;
            default -> throw notASize(text);
        };
        try {
            double bytes = Double.parseDouble(trimmed.substring(0, digits)) * Math.pow(1024, power);
            if (bytes >= 0x1p63) {
                throw notASize(text);
            }
            return new ByteSize((long) bytes);
        } catch (NumberFormatException e) {
            throw notASize(text);
        }
    }

    private static HoldfastException notASize(String text) {
        return HoldfastException.usage(
                "'" + text + "' is not a size", "Write a number with K, M, G or T, such as 500M.");
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** For people: three significant digits and a binary unit, {@code 1.21 GiB}. */
    @Override
    public String toString() {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int unit = 0;
        double value = bytes;
        while (value >= 999.5 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        String format = value >= 99.95 ? "%.0f %s" : value >= 9.995 ? "%.1f %s" : "%.2f %s";
        return String.format(Locale.ROOT, format, value, UNITS[unit]);
    }
}
