package io.holdfast.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Names of files as text and back without loss. Names are bytes, mostly UTF-8; a byte that belongs to no character is a lone
 * surrogate in the text, U+DC80 to U+DCFF, as in Python's surrogateescape (PEP 383). Such a text is for comparing and passing on, not for printing.
 */
public final class RawText {
    private static final char REPLACEMENT = '\ufffd';

    private RawText() {}

    public static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    public static String decode(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeByteByByte(ByteBuffer.wrap(bytes, offset, length));
    }

    private static String decodeByteByByte(ByteBuffer bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer out = CharBuffer.allocate(bytes.remaining());
        while (true) {
            CoderResult result = decoder.decode(bytes, out, true);
            if (!result.isMalformed()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (Character.MIN_LOW_SURROGATE + (bytes.get() & 0xFF)));
            }
        }
    }

    /** The bytes that {@link #decode} made this text of. */
    public static Bytes encode(String text) {
        if (!hasRaw(text)) {
            return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || isRaw(text, i)) {
                bytes.writeBytes(text.substring(start, i).getBytes(StandardCharsets.UTF_8));
                if (i < text.length()) {
                    bytes.write(text.charAt(i) - Character.MIN_LOW_SURROGATE);
                }
                start = i + 1;
            }
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    /** The text for people: bytes that belong to no character, and control characters, as {@code \xNN}. */
    public static String printable(String text) {
        StringBuilder printable = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isRaw(text, i)) {
                printable.append("\\x%02x".formatted(c - Character.MIN_LOW_SURROGATE));
            } else if (c < 0x20 || c == 0x7F) {
                printable.append("\\x%02x".formatted((int) c));
            } else {
                printable.append(c);
            }
        }
        return printable.toString();
    }

    /** Whether the character stands for a byte that belongs to no character. */
    public static boolean isRaw(String text, int at) {
        char c = text.charAt(at);
        boolean low = c >= Character.MIN_LOW_SURROGATE + 0x80 && c <= Character.MIN_LOW_SURROGATE + 0xFF;
        return low && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    public static boolean hasRaw(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isRaw(text, i)) {
                return true;
            }
        }
        return false;
    }
}
