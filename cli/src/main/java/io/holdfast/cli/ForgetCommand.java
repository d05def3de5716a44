package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.LastGood;
import io.holdfast.repository.collect.RetentionPolicy;
import io.holdfast.repository.collect.RetentionPolicy.Decision;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Freshness;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Removals;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotListing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
            // What an older state of the store hides is not known here, and what it shows may be all there is.
            List<SnapshotListing.Damaged> gone = goneByName(repository);
            Instant now = repository.settings().clock().instant();
            Function<SnapshotListing, Choice> choose = listing -> names.isEmpty()
                    ? byPolicy(listing, policy, grouping, now, Protection.of(repository))
                    : byName(listing.withDamaged(gone), Protection.of(repository));
            Choice choice = dryRun ? choose.apply(repository.snapshots().list()) : remove(repository, choose);
            choice.groups().forEach(this::show);
            choice.damaged().forEach(this::show);
        }
        report();
        return 0;
    }

    /** Snapshots that were there and are lost, named to be given up. Where anything else is older than it was, nothing is removed. */
    private List<SnapshotListing.Damaged> goneByName(Repository repository) {
        List<SnapshotListing.Damaged> gone = new ArrayList<>();
        List<Freshness.Doubt> others = new ArrayList<>();
        for (Freshness.Doubt doubt : repository.freshness().look()) {
            Optional<SnapshotId> id = doubt.snapshot()
                    .filter(snapshot -> names.stream()
                            .anyMatch(name ->
                                    !name.isEmpty() && snapshot.text().startsWith(name.toLowerCase(Locale.ROOT))));
            if (id.isPresent()) {
                gone.add(
                        new SnapshotListing.Damaged(id.get(), HoldfastException.damaged(doubt.object() + ": is gone")));
            } else {
                others.add(doubt);
            }
        }
        PruneCommand.requireNone(others, "removed");
        return gone;
    }

    /** Removes what is chosen, in turn with others who do. */
    static <D extends Removals.Decision> D remove(Repository repository, Function<SnapshotListing, D> choose) {
        if (repository.store().capabilities().putIfAbsent()) {
            return repository.removals().run(choose);
        }
        // Turns are taken by put-if-absent; without it a session keeps the others away.
        try (WriteSession alone = WriteSession.begin(repository.sessionEnvironment(), "forget")) {
            return repository.removals().run(choose);
        }
    }

    /** @param damaged what cannot be read, and goes all the same */
    private record Choice(List<Group> groups, Set<SnapshotListing.Damaged> damaged) implements Removals.Decision {
        /** @param name empty where snapshots were named */
        record Group(String name, List<Decision> decisions) {}

        @Override
        public Set<SnapshotId> removed() {
            Set<SnapshotId> ids = new HashSet<>();
            groups.stream()
                    .flatMap(group -> group.decisions().stream())
                    .filter(decision -> !decision.isKept())
                    .forEach(decision -> ids.add(decision.snapshot().id()));
            damaged.forEach(snapshot -> ids.add(snapshot.id()));
            return ids;
        }
    }

    private Choice byPolicy(
            SnapshotListing listing,
            RetentionPolicy policy,
            SnapshotGrouping grouping,
            Instant now,
            Protection protection) {
        filter.warnOfDamaged(root, listing);
        Set<SnapshotId> lastGood = LastGood.of(listing.live());
        List<Choice.Group> groups = new ArrayList<>();
        grouping.groups(filter.select(listing.live()))
                .forEach((name, members) -> groups.add(new Choice.Group(
                        name,
                        policy.decide(members, lastGood, now).stream()
                                .map(protection::applied)
                                .toList())));
        return new Choice(groups, Set.of());
    }

    private Choice byName(SnapshotListing listing, Protection protection) {
        List<Snapshot> selected = filter.select(listing.live());
        Set<Snapshot> named = new LinkedHashSet<>();
        Set<SnapshotListing.Damaged> damaged = new LinkedHashSet<>();
        for (String name : names) {
            Optional<SnapshotListing.Damaged> unreadable = SnapshotFilter.damaged(listing, name);
            if (unreadable.isPresent()) {
                // Nothing is lost that was not lost before; but what a newer program wrote is not lost.
                if (unreadable.get().problem().code() != ErrorCode.DAMAGED) {
                    throw unreadable.get().problem();
                }
                damaged.add(unreadable.get());
            } else {
                named.add(SnapshotFilter.one(selected, name));
            }
        }
        for (Snapshot snapshot : named) {
            List<String> reasons = protection.reasonsAgainstRemoving(snapshot);
            if (!reasons.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "snapshot " + snapshot.id().shortText() + " is " + String.join(" and ", reasons)
                                + "; nothing was removed",
                        protection.isHeld(snapshot.id())
                                ? "'holdfast hold list' shows who holds it."
                                : "It can be removed when its lock has ended.");
            }
        }
        for (SnapshotListing.Damaged unreadable : damaged) {
            if (protection.isHeld(unreadable.id())) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        "snapshot " + unreadable.id().shortText() + " is held; nothing was removed",
                        "'holdfast hold list' shows who holds it.");
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
        List<Decision> decisions =
                named.stream().map(s -> new Decision(s, List.of())).toList();
        return new Choice(List.of(new Choice.Group("", decisions)), damaged);
    }

    private void show(SnapshotListing.Damaged snapshot) {
        removed++;
        root.messages()
                .tell("  remove  %s  damaged or gone".formatted(snapshot.id().shortText()));
        root.messages()
                .object(JsonLine.of("damaged_snapshot")
                        .with("id", snapshot.id().text())
                        .with("message", String.valueOf(snapshot.problem().getMessage())));
    }

    private void show(Choice.Group group) {
        if (!group.name().isEmpty()) {
            root.messages().tell(group.name());
        }
        for (Decision decision : group.decisions()) {
            if (decision.isKept()) {
                kept++;
            } else {
                removed++;
            }
            show(decision.snapshot(), decision.reasons());
        }
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
                .tell("%s %s, %s %d"
                        .formatted(
                                dryRun ? "Would remove" : "Removed",
                                Formats.count(removed, "snapshot", "snapshots"),
                                dryRun ? "keep" : "kept",
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
