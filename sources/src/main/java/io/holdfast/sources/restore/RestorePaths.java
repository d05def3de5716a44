package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Absolute paths of a snapshot, as bytes. */
final class RestorePaths {
    /** The path of {@code /}, before a name is added to it. */
    static final Bytes ROOT = Bytes.wrap(new byte[0]);

    private RestorePaths() {}

    static Bytes join(Bytes directory, Bytes name) {
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        joined[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, directory.length() + 1, name.length());
        return Bytes.wrap(joined);
    }

    /** The last component. */
    static Bytes leaf(Bytes path) {
        byte[] bytes = path.unsafeArray();
        int start = bytes.length;
        while (bytes[start - 1] != '/') {
            start--;
        }
        return Bytes.copyOf(bytes, start, bytes.length - start);
    }

    /** A handle, to be closed, on the directory below {@code target} that holds {@code path}; no link is followed. */
    static Directory openParent(Directory target, Bytes path) throws HostFileException {
        Directory at = target.retain();
        byte[] bytes = path.unsafeArray();
        int start = 1;
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] == '/') {
                Directory above = at;
                try {
                    at = above.openDirectory(Bytes.copyOf(bytes, start, i - start));
                } finally {
                    above.close();
                }
                start = i + 1;
            }
        }
        return at;
    }

    static String text(Bytes path) {
        return new String(path.unsafeArray(), StandardCharsets.UTF_8);
    }
}
