package io.holdfast.search;

import io.holdfast.core.Bytes;
import java.util.List;

/**
 * A path and what became of it.
 *
 * @param path absolute
 * @param events at least one, by ascending ordinals
 */
record NameEntry(Bytes path, List<NameEvent> events) {
    NameEntry {
        events = List.copyOf(events);
    }
}
