package io.holdfast.catalog;

import java.time.Instant;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A machine that is known.
 *
 * @param name unique
 * @param groups to which it belongs, by place or department, say
 * @param tags what else is to be said of it
 * @param seen absent where it never was here
 */
public record Host(
        HostId id,
        String name,
        Instant added,
        SortedSet<String> groups,
        SortedSet<String> tags,
        @Nullable Sighting seen) {
    public Host {
        groups = new TreeSet<>(groups);
        tags = new TreeSet<>(tags);
    }
}
