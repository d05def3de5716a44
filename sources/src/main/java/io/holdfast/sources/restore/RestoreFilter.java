package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.sources.backup.ExcludeRules;
import java.util.Arrays;
import java.util.List;

/** Which entries of a snapshot are asked for. Immutable. */
final class RestoreFilter {
    private final List<Bytes> paths;
    private final ExcludeRules includes;
    private final ExcludeRules excludes;

    RestoreFilter(RestoreRequest request) {
        this.paths = request.paths();
        this.includes = request.includes();
        this.excludes = request.excludes();
    }

    /** How much of a path is asked for. */
    enum Choice {
        NOTHING,
        /** Perhaps something below. */
        WAY,
        ALL
    }

    /** @param aboveIncluded whether a directory above matched an include pattern */
    Choice choose(Bytes path, boolean aboveIncluded) {
        if (excludes.excludes(path)) {
            return Choice.NOTHING;
        }
        Choice byPath = paths.isEmpty() ? Choice.ALL : Choice.NOTHING;
        for (Bytes wanted : paths) {
            if (isAtOrBelow(path, wanted)) {
                byPath = Choice.ALL;
                break;
            }
            if (isAtOrBelow(wanted, path)) {
                byPath = Choice.WAY;
            }
        }
        if (byPath != Choice.ALL || includes.isEmpty() || aboveIncluded || includes.excludes(path)) {
            return byPath;
        }
        return Choice.WAY;
    }

    /** Whether the include patterns name this path itself. */
    boolean isIncluded(Bytes path) {
        return includes.isEmpty() || includes.excludes(path);
    }

    private static boolean isAtOrBelow(Bytes path, Bytes directory) {
        int length = directory.length();
        if (length == 1 && directory.byteAt(0) == '/') {
            return true;
        }
        return path.length() >= length
                && Arrays.equals(path.unsafeArray(), 0, length, directory.unsafeArray(), 0, length)
                && (path.length() == length || path.byteAt(length) == '/');
    }
}
