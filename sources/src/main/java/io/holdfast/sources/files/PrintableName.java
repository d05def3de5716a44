package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** A name of bytes written for people: UTF-8 where it is, {@code \xHH} for what is not, and for control characters. */
public final class PrintableName {
    private PrintableName() {}

    /** Not reversible: a name may contain a backslash itself. */
    public static String of(Bytes name) {
        return of(name.unsafeArray());
    }

    static String of(byte[] name) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(name);
        CharBuffer out = CharBuffer.allocate(name.length);
        StringBuilder text = new StringBuilder(name.length);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            appendEscaped(text, out.flip());
            out.clear();
            if (!result.isError()) {
                return text.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                appendHex(text, in.get());
            }
            decoder.reset();
        }
    }

    private static void appendEscaped(StringBuilder text, CharBuffer chars) {
        while (chars.hasRemaining()) {
            char c = chars.get();
            if (c < 0x20 || c == 0x7f) {
                appendHex(text, (byte) c);
            } else {
                text.append(c);
            }
        }
    }

    private static void appendHex(StringBuilder text, byte value) {
        text.append("\\x")
                .append(Character.forDigit((value >> 4) & 0xf, 16))
                .append(Character.forDigit(value & 0xf, 16));
    }
}
