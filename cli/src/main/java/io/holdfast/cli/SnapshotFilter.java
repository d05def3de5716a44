package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that choose among snapshots, shared by several commands. */
final class SnapshotFilter {
    @Option(names = "--host", paramLabel = "HOST", description = "Only snapshots of this host.")
    private @Nullable String host;

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "Only snapshots that have this path, or of the stream of this name; repeatable.")
    private List<String> paths = new ArrayList<>();

    @Option(names = "--tag", paramLabel = "TAG", description = "Only snapshots with this tag; repeatable.")
    private List<String> tags = new ArrayList<>();

    /** Whether it leaves anything out. */
    boolean isGiven() {
        return host != null || !paths.isEmpty() || !tags.isEmpty();
    }

    /** The live snapshots that pass, oldest first; those that cannot be read are told and left out. */
    List<Snapshot> select(Repository repository) {
        return select(repository.snapshots().live());
    }

    /** Those of {@code live} that pass, in their order. */
    List<Snapshot> select(List<Snapshot> live) {
        return live.stream().filter(this::passes).toList();
    }

    private boolean passes(Snapshot snapshot) {
        return (host == null || host.equals(snapshot.manifest().host()))
                && paths.stream().allMatch(path -> hasPath(snapshot, path))
                && snapshot.manifest().tags().containsAll(tags);
    }

    /** Also the name of a stream, as it was given to it. */
    private static boolean hasPath(Snapshot snapshot, String path) {
        Bytes absolute = HostPaths.absolute("--path", path);
        List<Bytes> saved = snapshot.manifest().paths();
        return saved.contains(absolute) || saved.contains(RawText.encode(path));
    }

    /** The snapshot called {@code latest}, or by a unique prefix of its id. */
    Snapshot one(Repository repository, String name) {
        return one(repository.snapshots()::live, repository.snapshots()::list, name);
    }

    /** The same through a server, too. */
    Snapshot one(SnapshotAccess access, String name) {
        return one(access::live, access::list, name);
    }

    private Snapshot one(Supplier<List<Snapshot>> live, Supplier<SnapshotListing> list, String name) {
        if (name.equals("latest")) {
            return one(select(live.get()), name);
        }
        SnapshotListing listing = list.get();
        Optional<SnapshotListing.Damaged> damaged = damaged(listing, name);
        if (damaged.isPresent()) {
            throw damaged.get().problem();
        }
        return one(select(listing.live()), name);
    }

    /**
     * Says of which snapshots nothing can be known: they might have passed.
     *
     * @return the exit code of a command that looked at all others
     */
    int warnOfDamaged(RootCommand root, SnapshotListing listing) {
        listing.damaged()
                .forEach(d -> root.messages()
                        .warning("snapshot " + d.id().shortText(), d.problem().getMessage() + "; it is left out"));
        return listing.damaged().isEmpty() ? 0 : ErrorCode.DAMAGED.exitCode();
    }

    /** The snapshot of this name, where it is one that cannot be read. */
    static Optional<SnapshotListing.Damaged> damaged(SnapshotListing listing, String name) {
        String prefix = name.toLowerCase(Locale.ROOT);
        List<SnapshotListing.Damaged> matching = listing.damaged().stream()
                .filter(d -> !prefix.isEmpty() && d.id().text().startsWith(prefix))
                .toList();
        long others = listing.live().stream()
                .filter(s -> s.id().text().startsWith(prefix))
                .count();
        if (!matching.isEmpty() && matching.size() + others > 1) {
            throw HoldfastException.usage(
                    "'" + name + "' fits " + (matching.size() + others) + " snapshots, damaged or lost ones among them",
                    "Write more digits of its id.");
        }
        return matching.stream().findFirst();
    }

    static Snapshot one(List<Snapshot> selected, String name) {
        if (name.equals("latest")) {
            if (selected.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "there is no snapshot that fits",
                        "'holdfast snapshots' lists all; 'holdfast backup' makes one.");
            }
            return selected.getLast();
        }
        String prefix = name.toLowerCase(Locale.ROOT);
        List<Snapshot> matching =
                selected.stream().filter(s -> s.id().text().startsWith(prefix)).toList();
        if (matching.isEmpty() || prefix.isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.NOT_FOUND, "there is no snapshot '" + name + "'", "'holdfast snapshots' lists all.");
        }
        if (matching.size() > 1) {
            throw HoldfastException.usage(
                    "'" + name + "' fits " + matching.size() + " snapshots", "Write more digits of its id.");
        }
        return matching.getFirst();
    }
}
