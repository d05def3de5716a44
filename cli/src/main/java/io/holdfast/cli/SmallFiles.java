package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what somebody has typed or kept: keys, passphrases, recipients. */
final class SmallFiles {
    /** More than any of them has; a device would give bytes for ever. */
    static final int MAX_BYTES = 64 << 10;

    private SmallFiles() {}

    /**
     * The first {@value #MAX_BYTES} bytes as text.
     *
     * @throws IOException also where it is no UTF-8
     */
    static String read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(in.readNBytes(MAX_BYTES)))
                    .toString();
        }
    }

    /**
     * A password.
     *
     * @param option that named the file
     */
    static String firstLine(Path file, String option) {
        try {
            String text = read(file);
            int end = text.indexOf('\n');
            return end < 0 ? text : text.substring(0, end);
        } catch (IOException e) {
            throw HoldfastException.usage(file + " cannot be read: " + Reasons.text(e), "Check " + option + ".");
        }
    }
}
