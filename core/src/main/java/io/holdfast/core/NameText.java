package io.holdfast.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * File names, which are bytes, as text for people and scripts, and back without loss. Bytes that are no UTF-8 and control characters are written as {@code \xNN}; where a name has one of
 * them or a backslash, backslashes are doubled.
 */
public final class NameText {
    private static final int HEX = 16;
    private static final int ESCAPE_LENGTH = 4;

    private NameText() {}

    public static String of(Bytes name) {
        byte[] bytes = name.unsafeArray();
        try {
            String decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (decoded.chars().noneMatch(c -> Character.isISOControl(c) || c == '\\')) {
                return decoded;
            }
        } catch (CharacterCodingException e) {
            // Written byte by byte below.
        }
        StringBuilder escaped = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int length = utf8Length(bytes, at);
            if (length == 0 || (length == 1 && (bytes[at] < 0x20 || bytes[at] == 0x7F))) {
                escaped.append("\\x%02x".formatted(bytes[at] & 0xFF));
                at++;
            } else {
                String character = new String(bytes, at, length, StandardCharsets.UTF_8);
                escaped.append(character.equals("\\") ? "\\\\" : character);
                at += length;
            }
        }
        return escaped.toString();
    }

    /** Length of the well-formed character that starts here, 0 where there is none. */
    private static int utf8Length(byte[] bytes, int at) {
        int first = bytes[at] & 0xFF;
        int length = first < 0x80
                ? 1
                : first >= 0xC2 && first < 0xE0
                        ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
        if (length == 0 || at + length > bytes.length) {
            return 0;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return length;
        } catch (CharacterCodingException e) {
            return 0;
        }
    }

    /**
     * The name that {@link #of} wrote so.
     *
     * @throws HoldfastException {@code USAGE} where a backslash begins nothing that it writes
     */
    public static Bytes parse(String text) {
        if (text.indexOf('\\') < 0) {
            return RawText.encode(text);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int start = 0;
        for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', start)) {
            bytes.writeBytes(RawText.encode(text.substring(start, at)).unsafeArray());
            if (text.startsWith("\\\\", at)) {
                bytes.write('\\');
                start = at + 2;
            } else {
                bytes.write(escaped(text, at));
                start = at + ESCAPE_LENGTH;
            }
        }
        bytes.writeBytes(RawText.encode(text.substring(start)).unsafeArray());
        return Bytes.wrap(bytes.toByteArray());
    }

    private static int escaped(String text, int at) {
        if (text.startsWith("\\x", at) && at + ESCAPE_LENGTH <= text.length()) {
            int high = Character.digit(text.charAt(at + 2), HEX);
            int low = Character.digit(text.charAt(at + 3), HEX);
            if (high >= 0 && low >= 0) {
                return high * HEX + low;
            }
        }
        throw HoldfastException.usage(
                "'" + RawText.printable(text) + "' has a backslash that begins no \\xNN",
                "Write \\\\ for the backslash itself.");
    }
}
