package io.holdfast.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments whose bytes are no UTF-8: names of files are bytes, and Java has replaced those that it could not read. In the texts
 * made here, and in {@link Names#bytes}, such a byte is a lone surrogate, U+DC80 to U+DCFF, as in Python's surrogateescape (PEP 383).
 */
final class RawArguments {
    private static final char REPLACEMENT = '\ufffd';

    private RawArguments() {}

    /** The arguments as they were given, where the system can tell (Linux); those that Java made of them otherwise. */
    static String[] restore(String[] arguments) {
        if (String.join("", arguments).indexOf(REPLACEMENT) < 0) {
            return arguments;
        }
        try {
            List<String> all = split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
            return all.size() < arguments.length
                    ? arguments
                    : all.subList(all.size() - arguments.length, all.size()).toArray(String[]::new);
        } catch (IOException e) {
            return arguments;
        }
    }

    private static List<String> split(byte[] commandLine) {
        List<String> arguments = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                arguments.add(decode(ByteBuffer.wrap(commandLine, start, i - start)));
                start = i + 1;
            }
        }
        return arguments;
    }

    static String decode(ByteBuffer bytes) {
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

    /** Whether the character stands for a byte that is no UTF-8. */
    static boolean isRaw(String text, int at) {
        char c = text.charAt(at);
        boolean low = c >= Character.MIN_LOW_SURROGATE + 0x80 && c <= Character.MIN_LOW_SURROGATE + 0xFF;
        return low && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    static boolean hasRaw(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isRaw(text, i)) {
                return true;
            }
        }
        return false;
    }
}
