package io.holdfast.search;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Outlines of segments, those that were asked for last, up to a number of bytes. Thread-safe. */
final class OutlineCache {
    private final long maxBytes;
    private final Map<String, NameSegment.Outline> outlines = new LinkedHashMap<>(64, 0.75f, true);
    private long bytes;

    OutlineCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    NameSegment.Outline of(NameSegment segment) {
        NameSegment.Outline known = find(segment.name());
        if (known != null) {
            return known;
        }
        NameSegment.Outline read = segment.outline();
        keep(segment.name(), read);
        return read;
    }

    private synchronized NameSegment.@Nullable Outline find(String name) {
        return outlines.get(name);
    }

    private synchronized void keep(String name, NameSegment.Outline outline) {
        if (outline.sizeBytes() > maxBytes || outlines.putIfAbsent(name, outline) != null) {
            return;
        }
        bytes += outline.sizeBytes();
        Iterator<NameSegment.Outline> oldest = outlines.values().iterator();
        while (bytes > maxBytes) {
            bytes -= oldest.next().sizeBytes();
            oldest.remove();
        }
    }

    synchronized void forget(String name) {
        NameSegment.Outline outline = outlines.remove(name);
        if (outline != null) {
            bytes -= outline.sizeBytes();
        }
    }
}
