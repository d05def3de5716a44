package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.LastGood;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Decision;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "forget",
        description =
                "Removes snapshots: those that are named, or all that no --keep option keeps. The last good snapshot"
                        + " of a source always stays; 'holdfast prune' frees the space.")
final class ForgetCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SNAPSHOT", arity = "0..*", description = "Ids of snapshots to remove.")
    private List<String> names = new ArrayList<>();

    @Mixin
    private final KeepOptions keep = new KeepOptions();

    @Option(
            names = "--group-by",
            paramLabel = "WHAT",
            description = "Decides apart for each host, paths or tags, joined by commas (default: host,paths).")
    private String groupBy = "host,paths";

    @Option(names = "--dry-run", description = "Only says what would be removed.")
    private boolean dryRun;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    private long kept;
    private long removed;

    ForgetCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        RetentionPolicy policy = keep.policy();
        SnapshotGrouping grouping = SnapshotGrouping.parse(groupBy);
        if (names.isEmpty() == policy.isEmpty()) {
            throw names.isEmpty()
                    ? HoldfastException.usage(
                            "nothing says what to keep", "Name snapshots, or use an option such as --keep-daily 7.")
                    : HoldfastException.usage(
                            "snapshots and --keep options together",
                            "Name the snapshots to remove, or say which to keep.");
        }
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            Repository repository = opened.repository();
            SnapshotListing listing = repository.snapshots().list();
            List<Snapshot> live = listing.live();
            List<Snapshot> selected = filter.select(live);
            if (names.isEmpty()) {
                int ignored = filter.warnOfDamaged(root, listing);
                Set<SnapshotId> lastGood = LastGood.of(live);
                Instant now = repository.settings().clock().instant();
                grouping.groups(selected)
                        .forEach((group, members) -> decide(repository, group, policy.decide(members, lastGood, now)));
            } else {
                forgetNamed(repository, listing, selected);
            }
        }
        report();
        return 0;
    }

    private void forgetNamed(Repository repository, SnapshotListing listing, List<Snapshot> selected) {
        List<Snapshot> named = new ArrayList<>();
        List<SnapshotListing.Damaged> damaged = new ArrayList<>();
        for (String name : new LinkedHashSet<>(names)) {
            Optional<SnapshotListing.Damaged> unreadable = SnapshotFilter.damaged(listing, name);
            if (unreadable.isPresent()) {
                if (unreadable.get().problem().code() != ErrorCode.DAMAGED) {
                    throw unreadable.get().problem();
                }
                damaged.add(unreadable.get());
            } else {
                named.add(SnapshotFilter.one(selected, name));
            }
        }
        List<Snapshot> stay = LastGood.irreplaceable(listing.live(), named);
        if (!stay.isEmpty()) {
            Snapshot first = stay.getFirst();
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "snapshot " + first.id().shortText() + " is the last good one of "
                            + SnapshotsCommand.source(first.manifest()) + " and stays; nothing was removed",
                    "Make a newer backup of it first, or leave this snapshot out.");
        }
        named.stream().distinct().forEach(snapshot -> remove(repository, snapshot));
        damaged.stream().distinct().forEach(snapshot -> removeDamaged(repository, snapshot));
    }

    /** Nothing is lost that was not lost before, so nothing holds it back; but what a newer program wrote is not lost. */
    private void removeDamaged(Repository repository, SnapshotListing.Damaged snapshot) {
        if (!dryRun) {
            repository.snapshots().forget(snapshot.id());
        }
        removed++;
        root.messages().tell("  remove  %s  damaged".formatted(snapshot.id().shortText()));
        root.messages()
                .object(JsonLine.of("damaged_snapshot")
                        .with("id", snapshot.id().text())
                        .with("message", String.valueOf(snapshot.problem().getMessage())));
    }

    private void decide(Repository repository, String group, List<Decision> decisions) {
        root.messages().tell(group);
        for (Decision decision : decisions) {
            if (decision.isKept()) {
                kept++;
                show(decision.snapshot(), decision.reasons());
            } else {
                remove(repository, decision.snapshot());
            }
        }
    }

    private void remove(Repository repository, Snapshot snapshot) {
        if (!dryRun) {
            repository.snapshots().forget(snapshot.id());
        }
        removed++;
        show(snapshot, List.of());
    }

    private void show(Snapshot snapshot, List<String> reasons) {
        String action = reasons.isEmpty() ? "remove" : "keep";
        Manifest manifest = snapshot.manifest();
        root.messages()
                .tell("  %-6s  %s  %s  %s"
                        .formatted(
                                action,
                                snapshot.id().shortText(),
                                Formats.local(manifest.started()),
                                reasons.isEmpty() ? SnapshotsCommand.source(manifest) : String.join(", ", reasons)));
        root.messages()
                .object(SnapshotsCommand.json("decision", snapshot)
                        .with("action", action)
                        .with("reasons", reasons));
    }

    private void report() {
        root.messages()
                .tell("%s %s, kept %d"
                        .formatted(
                                dryRun ? "Would remove" : "Removed",
                                Formats.count(removed, "snapshot", "snapshots"),
                                kept));
        if (removed > 0 && !dryRun) {
            root.messages().tell("The space is free after: holdfast prune");
        }
        root.messages()
                .object(JsonLine.of("summary")
                        .with("kept", kept)
                        .with("removed", removed)
                        .with("dry_run", dryRun));
    }
}
