package io.holdfast.catalog;

import java.nio.charset.StandardCharsets;

/** Texts that strangers have written, as both databases can hold them. */
final class Texts {
    private static final char REPLACEMENT = '\ufffd';

    private Texts() {}

    /** The text, or its beginning; PostgreSQL holds no NUL, and nobody half a character. */
    static String storable(String text, int most) {
        String part = text.substring(0, Math.min(text.length(), most));
        return new String(part.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', REPLACEMENT);
    }
}
