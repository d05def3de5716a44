package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * By what snapshots are put together before a policy decides about each group.
 *
 * @param keys of {@code host}, {@code paths}, {@code tags}; none means one group of all
 */
record SnapshotGrouping(Set<String> keys) {
    private static final Set<String> KNOWN = Set.of("host", "paths", "tags");

    static SnapshotGrouping parse(String text) {
        Set<String> keys = new TreeSet<>();
        for (String key : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            if (!KNOWN.contains(key)) {
                throw HoldfastException.usage(
                        "--group-by " + text + ": '" + key + "' is not known", "Use host, paths and tags.");
            }
            keys.add(key);
        }
        return new SnapshotGrouping(keys);
    }

    /** The groups in the order of their oldest members, each with a description for people. */
    Map<String, List<Snapshot>> groups(List<Snapshot> snapshots) {
        Map<String, List<Snapshot>> groups = new LinkedHashMap<>();
        for (Snapshot snapshot : snapshots) {
            groups.computeIfAbsent(describe(snapshot.manifest()), group -> new ArrayList<>())
                    .add(snapshot);
        }
        return groups;
    }

    private String describe(Manifest manifest) {
        List<String> parts = new ArrayList<>();
        if (keys.contains("host")) {
            parts.add("host " + manifest.host());
        }
        if (keys.contains("paths")) {
            parts.add("paths "
                    + manifest.paths().stream()
                            .map(p -> Shell.quote(Names.text(p)))
                            .collect(Collectors.joining(" ")));
        }
        if (keys.contains("tags")) {
            parts.add("tags " + manifest.tags().stream().map(Shell::quote).collect(Collectors.joining(" ")));
        }
        return parts.isEmpty() ? "all snapshots" : String.join(", ", parts);
    }
}
