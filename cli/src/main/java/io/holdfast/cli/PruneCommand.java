package io.holdfast.cli;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.snapshot.Freshness;
import io.holdfast.repository.snapshot.SnapshotId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "prune", description = "Deletes data that no snapshot needs, beside running backups.")
final class PruneCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(
            names = "--max-repack",
            paramLabel = "SIZE",
            description = "Rewrites at most this much to free parts of packs (default: no limit; 0: nothing).")
    private @Nullable String maxRepack;

    @Option(
            names = "--fence-after",
            paramLabel = "MINUTES",
            description = "Ends sessions of other hosts that show no sign of life this long (default: 30).")
    private long fenceAfterMinutes = CollectionOptions.DEFAULT_FENCE_AFTER.toMinutes();

    @Option(names = "--dry-run", description = "Only says what would be deleted.")
    private boolean dryRun;

    PruneCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (fenceAfterMinutes < 1) {
            throw HoldfastException.usage(
                    "--fence-after " + fenceAfterMinutes + " is too short", "Write a minute at least.");
        }
        long repackBytes =
                maxRepack == null ? Long.MAX_VALUE : ByteSize.parse(maxRepack).bytes();
        CollectionOptions options = new CollectionOptions(
                repackBytes,
                CollectionOptions.DEFAULT_WASTE,
                Duration.ofMinutes(fenceAfterMinutes),
                CollectionOptions.DEFAULT_WAIT,
                dryRun,
                true);
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open();
                ProgressLine progress = ProgressLine.start(root, "Pruning")) {
            requireNoRollback(opened.repository(), "deleted");
            requireHeld(opened.repository());
            CollectionResult result = new Collector(opened.repository(), options, MonotonicClock.system()).run();
            progress.close();
            report(result, progress);
            if (!result.damagedPacks().isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.DAMAGED,
                        Formats.count(result.damagedPacks().size(), "pack is", "packs are") + " damaged, "
                                + result.damagedPacks().getFirst()
                                + " among them; nothing was given up for what they should hold",
                        "Run 'holdfast repair', then 'holdfast prune' again.");
            }
            return 0;
        }
    }

    /** What is hidden now may be there again tomorrow: what it needs is not deleted meanwhile. */
    static void requireNoRollback(Repository repository, String what) {
        requireNone(repository.freshness().look(), what);
    }

    /** What a held snapshot needs stays, also where its object is gone. */
    static void requireHeld(Repository repository) {
        repository.holds().lost().stream().sorted().findFirst().ifPresent(id -> {
            throw new HoldfastException(
                    ErrorCode.DAMAGED, id.snapshotName() + ": " + LOST + "; nothing was deleted", helpOfHeld(id));
        });
    }

    static final String LOST = "is held, and is gone though nobody has forgotten it";

    static String helpOfHeld(SnapshotId id) {
        return "Put the object back, or the snapshot with 'holdfast copy' from a repository that has it; 'holdfast hold remove "
                + id.shortText() + "' gives it up.";
    }

    static void requireNone(List<Freshness.Doubt> doubts, String what) {
        if (!doubts.isEmpty()) {
            Freshness.Doubt first = doubts.getFirst();
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    first.object() + ": " + first.message() + "; nothing was " + what,
                    first.remedy() + '.');
        }
    }

    /** What is to be said of garbage that stays. */
    static List<String> remarks(CollectionResult r) {
        List<String> remarks = new ArrayList<>();
        if (!r.waitingFor().isEmpty()) {
            String sessions = r.waitingFor().stream().map(SnapshotId::shortText).collect(Collectors.joining(", "));
            remarks.add(
                    "%s (%s) belong to backups under way, or wait for them (%s). A prune after they have ended deletes what nobody needs then."
                            .formatted(
                                    Formats.count(r.condemnedPacks(), "pack", "packs"),
                                    Formats.size(r.condemnedBytes()),
                                    sessions));
        }
        if (r.archivedPacks() > 0) {
            remarks.add(
                    "%s in an archive class, of which a part is garbage, stay as they are until nothing in them is needed."
                            .formatted(Formats.count(r.archivedPacks(), "pack", "packs")));
        }
        if (r.locked().packs() > 0) {
            remarks.add("%s (%s) of no more use %s locked, the first until %s; a later prune deletes them."
                    .formatted(
                            Formats.count(r.locked().packs(), "pack", "packs"),
                            Formats.size(r.locked().bytes()),
                            r.locked().packs() == 1 ? "is" : "are",
                            Formats.local(r.locked().firstEnd())));
        }
        return remarks;
    }

    private void report(CollectionResult r, ProgressLine progress) {
        Messages messages = root.messages();
        if (dryRun) {
            messages.tell("Would delete %s (%s), of which %s (%s) are rewritten first for what lives in them."
                    .formatted(
                            Formats.count(r.condemnedPacks(), "pack", "packs"),
                            Formats.size(r.condemnedBytes()),
                            Formats.count(r.repackedPacks(), "pack", "packs"),
                            Formats.size(r.repackedBytes())));
        } else {
            messages.tell("Deleted %s (%s), rewrote %s (%s) for what lives in them, in %s."
                    .formatted(
                            Formats.count(r.deletedPacks(), "pack", "packs"),
                            Formats.size(r.freedBytes()),
                            Formats.count(r.repackedPacks(), "pack", "packs"),
                            Formats.size(r.repackedBytes()),
                            Formats.duration(progress.elapsed())));
        }
        remarks(r).forEach(messages::tell);
        messages.object(JsonLine.of("summary")
                .with("packs", r.packs())
                .with("stored_bytes", r.storedBytes())
                .with("deleted_packs", r.deletedPacks())
                .with("freed_bytes", r.freedBytes())
                .with("repacked_packs", r.repackedPacks())
                .with("repacked_bytes", r.repackedBytes())
                .with("condemned_packs", r.condemnedPacks())
                .with("condemned_bytes", r.condemnedBytes())
                .with(
                        "waiting_for",
                        r.waitingFor().stream().map(SnapshotId::text).toList())
                .with("archived_packs", r.archivedPacks())
                .with("locked_packs", r.locked().packs())
                .with("locked_bytes", r.locked().bytes())
                .with("damaged_packs", r.damagedPacks().size())
                .with("dry_run", dryRun)
                .with("seconds", progress.elapsed().toMillis() / 1000.0));
    }
}
