package io.holdfast.mount;

import io.holdfast.core.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** File names between bytes and the text that the FUSE library hands on. */
final class FileNames {
    private FileNames() {}

    /** The name; where it is no UTF-8, each byte that is not ASCII stands as {@code \xNN}. */
    static String text(Bytes name) {
        byte[] bytes = name.unsafeArray();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder text = new StringBuilder();
            for (byte each : bytes) {
                if (each >= 0) {
                    text.append((char) each);
                } else {
                    text.append("\\x%02x".formatted(each));
                }
            }
            return text.toString();
        }
    }
}
