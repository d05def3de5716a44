package io.holdfast.media;

import io.holdfast.core.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a host may save for a job (rule D5 of docs/server.md).
 *
 * @param whole of each source the paths, ascending, or the name of a stream
 * @param prefixes what further streams begin with, whose names only the host knows: one for each of its databases. What follows is at least a byte, and no slash
 */
public record AllowedSources(Set<List<Bytes>> whole, Set<Bytes> prefixes) {
    public static final AllowedSources NONE = new AllowedSources(Set.of(), Set.of());

    public AllowedSources {
        whole = Set.copyOf(whole);
        prefixes = Set.copyOf(prefixes);
        if (prefixes.stream().anyMatch(prefix -> prefix.length() == 0)) {
            throw new IllegalArgumentException("an empty prefix allows everything");
        }
    }

    /** One source alone. */
    public static AllowedSources of(List<Bytes> paths) {
        return new AllowedSources(Set.of(paths), Set.of());
    }

    boolean contains(List<Bytes> paths) {
        return whole.contains(paths)
                || paths.size() == 1 && prefixes.stream().anyMatch(prefix -> isBelow(paths.getFirst(), prefix));
    }

    private static boolean isBelow(Bytes name, Bytes prefix) {
        byte[] bytes = name.toByteArray();
        byte[] start = prefix.toByteArray();
        if (bytes.length <= start.length || !Arrays.equals(bytes, 0, start.length, start, 0, start.length)) {
            return false;
        }
        for (byte each : bytes) {
            if (each == '/') {
                return false;
            }
        }
        return true;
    }
}
