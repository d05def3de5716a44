package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** File names, which are bytes, as text and back. Bytes that are no UTF-8 and control characters are written as {@code \xNN}. */
final class Names {
    private Names() {}

    /** Of a text in which bytes that are no UTF-8 may stand as {@link RawText} has them. */
    static Bytes bytes(String text) {
        return RawText.encode(text);
    }

    static String text(Bytes name) {
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
}
