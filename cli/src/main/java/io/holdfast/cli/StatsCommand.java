package io.holdfast.cli;

import io.holdfast.media.VaultPlaces;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "stats",
        description = "Tells how much snapshots hold, how much of it differs, and how little is stored.")
final class StatsCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SNAPSHOT", arity = "0..*", description = "Ids or 'latest' (default: all).")
    private List<String> names = new ArrayList<>();

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    StatsCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            opened.warnOfRollback(root);
            Repository repository = opened.repository();
            SnapshotListing listing = repository.snapshots().list();
            List<Snapshot> selected = filter.select(listing.live());
            List<Snapshot> snapshots = names.isEmpty()
                    ? selected
                    : selected.stream().filter(named(selected)::contains).toList();
            // After the snapshots: then it has all that they reach.
            ReachedBytes reached = new ReachedBytes(repository.reloadIndex(), repository.newChunkReader());
            head(snapshots);
            for (Snapshot snapshot : snapshots) {
                long before = reached.dataBytes();
                reached.add(snapshot);
                show(snapshot, reached.dataBytes() - before);
            }
            report(snapshots, reached, sizeOf(repository));
            return names.isEmpty() ? filter.warnOfDamaged(root, listing) : 0;
        }
    }

    private List<Snapshot> named(List<Snapshot> selected) {
        return names.stream().map(name -> SnapshotFilter.one(selected, name)).toList();
    }

    private void head(List<Snapshot> snapshots) {
        if (!snapshots.isEmpty()) {
            root.messages()
                    .print(String.format(
                            Locale.ROOT,
                            "%-8s  %-19s  %9s  %10s  %10s  %s",
                            "ID",
                            "Time",
                            "Files",
                            "Size",
                            "New data",
                            "Source"));
        }
    }

    private void show(Snapshot snapshot, long newBytes) {
        Manifest m = snapshot.manifest();
        root.messages()
                .print(String.format(
                        Locale.ROOT,
                        "%-8s  %-19s  %,9d  %10s  %10s  %s",
                        snapshot.id().shortText(),
                        Formats.local(m.started()),
                        m.statistics().files(),
                        Formats.size(m.statistics().bytes()),
                        Formats.size(newBytes),
                        SnapshotsCommand.source(m)));
        root.messages()
                .object(SnapshotsCommand.json("snapshot", snapshot)
                        .with("new_bytes", newBytes)
                        .with("added_bytes", m.statistics().addedBytes())
                        .with("stored_bytes", m.statistics().storedBytes()));
    }

    private void report(List<Snapshot> snapshots, ReachedBytes reached, long repositoryBytes) {
        long files = snapshots.stream()
                .mapToLong(s -> s.manifest().statistics().files())
                .sum();
        long bytes = snapshots.stream()
                .mapToLong(s -> s.manifest().statistics().bytes())
                .sum();
        double dedup = ratio(bytes, reached.dataBytes());
        double compression = ratio(reached.dataBytes() + reached.metadataBytes(), reached.storedBytes());
        Messages messages = root.messages();
        messages.print("%s: %s, %s"
                .formatted(
                        Formats.count(snapshots.size(), "snapshot", "snapshots"),
                        Formats.count(files, "file", "files"),
                        Formats.size(bytes)));
        messages.print("Different data: %s in %s (deduplication %.2f : 1), with %s of metadata"
                .formatted(
                        Formats.size(reached.dataBytes()),
                        Formats.count(reached.chunks(), "chunk", "chunks"),
                        dedup,
                        Formats.size(reached.metadataBytes())));
        messages.print("Stored: %s (compression %.2f : 1)".formatted(Formats.size(reached.storedBytes()), compression));
        messages.print("The whole repository takes %s".formatted(Formats.size(repositoryBytes)));
        if (reached.missingChunks() > 0) {
            messages.warning(
                    Formats.count(reached.missingChunks(), "chunk", "chunks"),
                    "not in the index; 'holdfast verify' tells what is hit");
        }
        messages.object(JsonLine.of("summary")
                .with("snapshots", snapshots.size())
                .with("files", files)
                .with("bytes", bytes)
                .with("chunks", reached.chunks())
                .with("unique_bytes", reached.dataBytes())
                .with("metadata_bytes", reached.metadataBytes())
                .with("stored_bytes", reached.storedBytes())
                .with("dedup_ratio", dedup)
                .with("compression_ratio", compression)
                .with("repository_bytes", repositoryBytes));
    }

    private static long sizeOf(Repository repository) {
        long[] bytes = new long[1];
        repository.store().list("", object -> {
            if (!object.name().value().startsWith(VaultPlaces.VAULTS)) {
                bytes[0] += object.sizeBytes();
            }
        });
        return bytes[0];
    }

    private static double ratio(long whole, long part) {
        return part == 0 ? 0 : (double) whole / part;
    }
}
