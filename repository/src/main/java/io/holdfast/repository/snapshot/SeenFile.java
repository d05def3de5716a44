package io.holdfast.repository.snapshot;

import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file in which a machine remembers what it has seen of a repository: names as they stand in the store, nothing secret. Written whole and
 * moved into place. Where it cannot be read or written, nothing is remembered.
 */
final class SeenFile {
    private static final String FORMAT = "holdfast-seen 1";

    private final Path path;

    /**
     * What was there.
     *
     * @param config number of the newest configuration; 0 where none was seen
     * @param removal number of the newest removal; 0 where there was none
     * @param verdict the newest one
     * @param live snapshots
     */
    record Seen(long config, long removal, Optional<SnapshotId> verdict, SortedSet<SnapshotId> live) {
        static final Seen NOTHING = new Seen(0, 0, Optional.empty(), new TreeSet<>());

        /** With these snapshots besides. */
        Seen with(Set<SnapshotId> more) {
            SortedSet<SnapshotId> all = new TreeSet<>(live);
            all.addAll(more);
            return new Seen(config, removal, verdict, all);
        }

        /** What either of the two has seen. */
        Seen and(Seen other) {
            return new Seen(
                            Math.max(config, other.config),
                            Math.max(removal, other.removal),
                            Stream.concat(verdict.stream(), other.verdict.stream())
                                    .max(Comparator.naturalOrder()),
                            live)
                    .with(other.live);
        }
    }

    SeenFile(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    /** Empty where nothing is remembered. */
    Optional<Seen> read() {
        try {
            return Optional.of(parse(Files.readAllLines(path, StandardCharsets.US_ASCII)));
        } catch (IOException | HoldfastException | NumberFormatException e) {
            return Optional.empty(); // Torn by a loss of power, or never there.
        }
    }

    private static Seen parse(List<String> lines) {
        if (lines.size() < 4 || !lines.getFirst().equals(FORMAT)) {
            throw HoldfastException.damaged("another format");
        }
        String verdict = lines.get(3);
        SortedSet<SnapshotId> live = new TreeSet<>();
        lines.subList(4, lines.size()).forEach(line -> live.add(SnapshotId.parse(line)));
        return new Seen(
                Long.parseUnsignedLong(lines.get(1), 16),
                Long.parseUnsignedLong(lines.get(2), 16),
                verdict.equals("-") ? Optional.empty() : Optional.of(SnapshotId.parse(verdict)),
                live);
    }

    /**
     * Adds what was seen to what is there by now, which other processes may have changed.
     *
     * @param gone is not live any more, for a reason
     * @param verdictLost the newest verdict cannot be read: none is remembered
     */
    void merge(Seen seen, Set<SnapshotId> gone, boolean verdictLost) {
        Optional<Seen> there = read();
        Seen all = there.orElse(Seen.NOTHING).and(seen);
        SortedSet<SnapshotId> live = new TreeSet<>(all.live());
        live.removeAll(gone);
        Seen next = new Seen(all.config(), all.removal(), verdictLost ? Optional.empty() : all.verdict(), live);
        if (there.isEmpty() || !there.get().equals(next)) {
            write(next);
        }
    }

    private void write(Seen seen) {
        List<String> lines = new ArrayList<>(List.of(
                FORMAT,
                Long.toHexString(seen.config()),
                Long.toHexString(seen.removal()),
                seen.verdict().map(SnapshotId::leaf).orElse("-")));
        seen.live().forEach(id -> lines.add(id.leaf()));
        Path temporary = null;
        try {
            Path directory = path.toAbsolutePath().getParent();
            Files.createDirectories(directory);
            temporary = Files.createTempFile(directory, "seen-", "");
            Files.write(temporary, lines, StandardCharsets.US_ASCII);
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            deleteQuietly(temporary);
        }
    }

    private static void deleteQuietly(@Nullable Path temporary) {
        try {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // It takes a few hundred bytes.
        }
    }
}
