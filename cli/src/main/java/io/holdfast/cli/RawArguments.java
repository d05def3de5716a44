package io.holdfast.cli;

import io.holdfast.core.RawText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Arguments whose bytes are no UTF-8: names of files are bytes, and Java has replaced those that it could not read. */
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
                arguments.add(RawText.decode(commandLine, start, i - start));
                start = i + 1;
            }
        }
        return arguments;
    }
}
