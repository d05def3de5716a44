package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Paths of this machine as a user gives them. Names are bytes, and Java's paths keep them; only their text does not, so bytes go in and out
 * by way of URIs, in which any byte can be written.
 */
final class HostPaths {
    private static final Path WORKING_DIRECTORY = Path.of("/proc/self/cwd");

    private HostPaths() {}

    /**
     * A path as given, absolute and without dots; a relative one starts at the working directory.
     *
     * @param option what a wrong one is blamed on
     */
    static Bytes absolute(String option, String given) {
        if (given.isEmpty()) {
            throw HoldfastException.usage(
                    option + ": an empty path", "Write a path of this machine; . is where you are.");
        }
        return SnapshotTree.path(
                given.startsWith("/")
                        ? given
                        : RawText.decode(workingDirectory().unsafeArray()) + "/" + given);
    }

    /** The path of an absolute name. */
    static Path path(Bytes absolute) {
        String text = RawText.decode(absolute.unsafeArray());
        if (!RawText.hasRaw(text)) {
            return Path.of(text);
        }
        StringBuilder uri = new StringBuilder("file://");
        for (byte b : absolute.unsafeArray()) {
            uri.append(b == '/' ? "/" : "%%%02X".formatted(b & 0xFF));
        }
        return Path.of(URI.create(uri.toString()));
    }

    /** The bytes of an absolute path. */
    static Bytes bytes(Path path) {
        if (path.toString().indexOf('\ufffd') < 0) {
            return Names.bytes(path.toString());
        }
        byte[] uri = path.toUri().getRawPath().getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // The URI of a directory ends with a slash.
        int end = uri.length > 1 && uri[uri.length - 1] == '/' ? uri.length - 1 : uri.length;
        for (int i = 0; i < end; i++) {
            if (uri[i] == '%') {
                bytes.write(Integer.parseInt(new String(uri, i + 1, 2, StandardCharsets.US_ASCII), 16));
                i += 2;
            } else {
                bytes.write(uri[i]);
            }
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    /** Java's own idea of it is text, and another directory where the name is none. */
    private static Bytes workingDirectory() {
        try {
            if (Files.isDirectory(WORKING_DIRECTORY)) {
                return bytes(WORKING_DIRECTORY.toRealPath());
            }
        } catch (IOException e) {
            // Where it cannot be asked for, the text has to do.
        }
        return Names.bytes(Path.of("").toAbsolutePath().toString());
    }
}
