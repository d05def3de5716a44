package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.NameText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Paths in snapshots: as people and scripts write them, and as their names. */
final class TreePaths {
    static final Bytes ROOT = Bytes.wrap(new byte[] {'/'});

    private TreePaths() {}

    /**
     * The names of which a path is made; none for the directory {@code /}.
     *
     * @throws HoldfastException {@code USAGE} where it is no absolute path
     */
    static List<Bytes> names(String text) {
        if (!text.startsWith("/")) {
            throw HoldfastException.usage("'" + text + "' is no absolute path", "Write one that begins with a slash.");
        }
        byte[] bytes = NameText.parse(text).unsafeArray();
        List<Bytes> names = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                boolean isDot = i - start == 1 && bytes[start] == '.';
                if (i - start == 2 && bytes[start] == '.' && bytes[start + 1] == '.') {
                    throw HoldfastException.usage("'" + text + "' has '..' in it", "Write the path itself.");
                }
                if (i > start && !isDot) {
                    names.add(Bytes.copyOf(bytes, start, i - start));
                }
                start = i + 1;
            }
        }
        return names;
    }

    static Bytes of(List<Bytes> names) {
        Bytes path = ROOT;
        for (Bytes name : names) {
            path = join(path, name);
        }
        return path;
    }

    static Bytes join(Bytes directory, Bytes name) {
        int length = directory.length() == 1 ? 0 : directory.length();
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), length + 1 + name.length());
        joined[length] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, length + 1, name.length());
        return Bytes.wrap(joined);
    }
}
