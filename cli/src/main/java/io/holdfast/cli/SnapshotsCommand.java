package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "snapshots", description = "Lists snapshots, oldest first.")
final class SnapshotsCommand implements Callable<Integer> {
    private final RootCommand root;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    SnapshotsCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            SnapshotListing listing = access.list();
            List<Snapshot> snapshots = filter.select(listing.live());
            if (!snapshots.isEmpty() || !listing.damaged().isEmpty()) {
                root.messages()
                        .print(String.format(
                                Locale.ROOT,
                                "%-8s  %-19s  %-16s  %9s  %10s  %s",
                                "ID",
                                "Time",
                                "Host",
                                "Files",
                                "Size",
                                "Paths"));
            }
            snapshots.forEach(snapshot -> show(snapshot, access));
            listing.damaged().forEach(this::showDamaged);
            root.messages().tell(Formats.count(snapshots.size(), "snapshot", "snapshots"));
            return listing.damaged().isEmpty() ? 0 : ErrorCode.DAMAGED.exitCode();
        }
    }

    private void show(Snapshot snapshot, SnapshotAccess access) {
        Manifest m = snapshot.manifest();
        String tags = m.tags().isEmpty() ? "" : "  [" + String.join(", ", m.tags()) + "]";
        List<String> reasons = access.reasons(snapshot);
        String state = (m.streamName().isPresent() ? "  (stream or volume)" : "")
                + (snapshot.isComplete() ? "" : "  (incomplete)")
                + (reasons.isEmpty() ? "" : "  (" + String.join(", ", reasons) + ")")
                + access.encryptedBy(snapshot)
                        .map(who -> "  (encrypted by the " + who + ")")
                        .orElse("");
        root.messages()
                .print(String.format(
                        Locale.ROOT,
                        "%-8s  %-19s  %-16s  %,9d  %10s  %s%s%s",
                        snapshot.id().shortText(),
                        Formats.local(m.started()),
                        m.host(),
                        m.statistics().files(),
                        Formats.size(m.statistics().bytes()),
                        m.paths().stream().map(Names::text).collect(Collectors.joining(" ")),
                        tags,
                        state));
        JsonLine line = json("snapshot", snapshot, access.lockedUntil(snapshot)).with("held", access.isHeld(snapshot));
        root.messages()
                .object(access.encryptedBy(snapshot)
                        .map(who -> line.with("encrypted_by", who))
                        .orElse(line));
    }

    /** Nothing is known of it but its id. */
    private void showDamaged(SnapshotListing.Damaged damaged) {
        root.messages()
                .print("%-8s  damaged: %s"
                        .formatted(damaged.id().shortText(), damaged.problem().getMessage()));
        root.messages()
                .object(JsonLine.of("damaged_snapshot")
                        .with("id", damaged.id().text())
                        .with("message", String.valueOf(damaged.problem().getMessage())));
    }

    /** The stable description of a snapshot for scripts. */
    static JsonLine json(String type, Snapshot snapshot) {
        return json(type, snapshot, snapshot.manifest().lockedUntil());
    }

    private static JsonLine json(String type, Snapshot snapshot, Instant lockedUntil) {
        Manifest m = snapshot.manifest();
        JsonLine line = JsonLine.of(type)
                .with("id", snapshot.id().text())
                .with("time", Formats.json(m.started()))
                .with("host", m.host())
                .with("paths", m.paths().stream().map(Names::text).toList())
                .with("tags", m.tags())
                .with("source", source(m))
                .with("kind", m.streamName().isPresent() ? "stream" : "files")
                .with("state", snapshot.isComplete() ? "complete" : "incomplete")
                .with("files", m.statistics().files())
                .with("bytes", m.statistics().bytes());
        return lockedUntil.equals(Instant.EPOCH) ? line : line.with("locked_until", lockedUntil.toString());
    }

    /** How people and scripts see a source: {@code host:/path,/path}. */
    static String source(Manifest manifest) {
        return manifest.host() + ":"
                + manifest.paths().stream().map(Names::text).collect(Collectors.joining(","));
    }
}
