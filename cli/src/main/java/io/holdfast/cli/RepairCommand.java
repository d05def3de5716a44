package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.copy.SnapshotHealer;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.Freshness;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.thaw.ThawPlan;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.repository.verify.VerificationResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "repair",
        description =
                "Reads every byte, copies what is whole out of damaged packs, and lets the next backup save the rest anew.")
final class RepairCommand implements Callable<Integer> {
    private static final double ALL = 100;

    private final RootCommand root;

    @Option(names = "--dry-run", description = "Only says what is damaged.")
    private boolean dryRun;

    @Option(
            names = "--from",
            paramLabel = "URL",
            description =
                    "Brings what is lost back from this copy of the repository, or repository with copies of its snapshots.")
    private @Nullable String from;

    @Option(
            names = "--from-password-file",
            paramLabel = "FILE",
            description = "Opens the other repository with the passphrase in FILE.")
    private @Nullable Path fromPasswordFile;

    @Option(
            names = "--from-key-file",
            paramLabel = "FILE",
            description = "Opens the other repository with this key file.")
    private @Nullable Path fromKeyFile;

    private SnapshotHealer.Result healed = new SnapshotHealer.Result(0, 0);

    RepairCommand(RootCommand root) {
        this.root = root;
    }

    @Mixin
    private final ThawOptions thaw = new ThawOptions();

    @Override
    public Integer call() {
        if (from == null && (fromPasswordFile != null || fromKeyFile != null)) {
            throw HoldfastException.usage(
                    "--from-password-file or --from-key-file without --from", "Name the other repository with --from.");
        }
        if (from != null && dryRun) {
            throw HoldfastException.usage("--from beside --dry-run", "Leave one of them out.");
        }
        thaw.check();
        if (thaw.isGiven() && dryRun) {
            throw HoldfastException.usage("--thaw or --estimate beside --dry-run", "Leave one of them out.");
        }
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open();
                Donor donor = openDonor()) {
            Repository repository = opened.repository();
            if (thaw.isGiven() && !thaw.prepare(root, repository, "the index", ThawPlan.ofUnindexed(repository))) {
                return 0;
            }
            return repair(repository, donor);
        }
    }

    private int repair(Repository repository, Donor donor) {
        try (ProgressLine progress = ProgressLine.start(root, "Reading")) {
            Repair repair = new Repair(repository);
            boolean madeIndex = !dryRun && repair.makeIndex();
            Verification verification = new Verification(repository, new VerifyCommand.Listener(root, progress));
            VerificationResult found = verification.run(ALL);
            Repair.Result done = dryRun ? Repair.Result.NOTHING : repair.run(verification);
            // What is said at the end comes from another look, not from what was meant to be done.
            VerificationResult left = dryRun || verification.damagedPacks().isEmpty() && done.rescuedChunks() == 0
                    ? found
                    : new Verification(repository, VerificationListener.NONE).run(0);
            if (donor.opened().isPresent() && left.hitSnapshots() > 0) {
                left = healFrom(donor.opened().get().repository(), repository);
            }
            progress.close();
            List<Freshness.Doubt> doubts = repository.freshness().look();
            doubts.forEach(doubt -> root.messages().warning(doubt.object().value(), doubt.text()));
            report(found, left, verification, done, madeIndex, doubts, progress);
            boolean whole = dryRun
                    ? found.damages() == 0
                    : left.hitSnapshots() == 0
                            && verification.damagesBesidesPacksAndIndex() == 0
                            && !verification.needsNewIndex();
            return whole && doubts.isEmpty() ? 0 : ErrorCode.DAMAGED.exitCode();
        }
    }

    /** The other repository, where one was named; closes it. */
    private record Donor(Optional<RepositoryAccess.Opened> opened) implements AutoCloseable {
        @Override
        public void close() {
            opened.ifPresent(RepositoryAccess.Opened::close);
        }
    }

    /** Before every byte is read: a wrong name shows at once. */
    private Donor openDonor() {
        return new Donor(Optional.ofNullable(from)
                .map(url -> new RepositoryAccess(
                                root,
                                "--from",
                                url,
                                Optional.ofNullable(fromPasswordFile),
                                Optional.ofNullable(fromKeyFile))
                        .open()));
    }

    private VerificationResult healFrom(Repository donor, Repository repository) {
        Set<SnapshotId> hit = ConcurrentHashMap.newKeySet();
        VerificationResult ignored = new Verification(repository, new HitSnapshots(hit)).run(0);
        healed = new SnapshotHealer(repository, donor).heal(hit);
        return new Verification(repository, VerificationListener.NONE).run(0);
    }

    private record HitSnapshots(Set<SnapshotId> ids) implements VerificationListener {
        @Override
        public void damaged(String what) {}

        @Override
        public void hit(Snapshot snapshot, Bytes path) {
            ids.add(snapshot.id());
        }
    }

    private void report(
            VerificationResult found,
            VerificationResult left,
            Verification verification,
            Repair.Result done,
            boolean madeIndex,
            List<Freshness.Doubt> doubts,
            ProgressLine progress) {
        Messages messages = root.messages();
        Set<PackId> damaged = verification.damagedPacks();
        if (madeIndex) {
            messages.tell("Made the index anew.");
        }
        if (found.damages() == 0) {
            messages.tell(
                    madeIndex
                            ? "No other damage found."
                            : doubts.isEmpty()
                                    ? "No damage found."
                                    : "What is there is whole; what is gone was told above.");
            if (done.rescuedChunks() > 0) {
                messages.tell("Packs that were given up before are whole again: "
                        + Formats.count(done.rescuedChunks(), "chunk of them was", "chunks of them were") + " copied ("
                        + Formats.size(done.rescuedBytes()) + ").");
            }
        } else if (dryRun) {
            messages.tell(Formats.count(found.damages(), "damaged place", "damaged places") + " found, "
                    + Formats.count(damaged.size(), "pack", "packs") + " among them.");
        } else {
            tellDone(left, verification, done);
        }
        if (left.unknownArchivedPacks() > 0) {
            messages.print(mayBeArchived(left));
        }
        messages.object(JsonLine.of("summary")
                .with("damages", found.damages())
                .with("damaged_packs", damaged.size())
                .with("index_made", madeIndex)
                .with("rescued_chunks", done.rescuedChunks())
                .with("rescued_bytes", done.rescuedBytes())
                .with("chunks", done.lostChunks())
                .with("kept_packs", done.keptPacks())
                .with("healed_bytes", healed.bytes())
                .with("hit_snapshots", left.hitSnapshots())
                .with("hit_files", left.hitFiles())
                .with("unknown_archived_packs", left.unknownArchivedPacks())
                .with("dry_run", dryRun)
                .with("seconds", progress.elapsed().toMillis() / 1000.0));
    }

    /** What to do before anything is given up. */
    static String mayBeArchived(VerificationResult result) {
        return "What is missing may be in "
                + Formats.count(result.unknownArchivedPacks(), "archived pack", "archived packs")
                + " that no index segment knows: 'holdfast repair --thaw bulk' thaws and indexes them. Forget nothing before.";
    }

    private void tellDone(VerificationResult left, Verification verification, Repair.Result done) {
        Messages messages = root.messages();
        Set<PackId> damaged = verification.damagedPacks();
        if (done.keptPacks() > 0) {
            messages.print(
                    Formats.count(done.keptPacks(), "pack is", "packs are")
                            + " perhaps whole, and stay: the id key of the host that sent them is damaged (domains/, see above).");
            messages.print(
                    "Back that host up once, which puts its key anew, or put the object back; then run 'holdfast repair' again.");
        }
        int givenUp = damaged.size() - done.keptPacks();
        if (givenUp > 0) {
            messages.tell(Formats.count(givenUp, "damaged pack counts", "damaged packs count")
                    + " for nothing any more: "
                    + Formats.count(done.rescuedChunks(), "chunk was", "chunks were")
                    + " still whole only there and copied ("
                    + Formats.size(done.rescuedBytes()) + "), "
                    + Formats.count(done.lostChunks(), "more is", "more are") + " lost.");
        }
        if (from != null) {
            messages.tell("Brought back from the copy: " + Formats.size(healed.bytes()) + "."
                    + (healed.withoutCopy() == 0
                            ? ""
                            : " Of " + Formats.count(healed.withoutCopy(), "snapshot", "snapshots")
                                    + " it has no copy, or no whole one."));
        }
        if (left.hitSnapshots() > 0 && left.unknownArchivedPacks() == 0) {
            messages.print(Formats.count(left.hitFiles(), "file", "files") + " in "
                    + Formats.count(left.hitSnapshots(), "snapshot", "snapshots") + " cannot be restored whole.");
            messages.print(
                    from == null
                            ? "Where there is a copy of the repository or of its snapshots: holdfast repair --from URL."
                            : "The copy does not have the rest.");
            messages.print(
                    "Back up the same paths again, and what the sources still have is saved anew, for old snapshots, too.");
            messages.print("Then see what is left with 'holdfast verify'; 'holdfast forget' gives a snapshot up.");
        } else if (!damaged.isEmpty()) {
            messages.tell(
                    "No snapshot misses anything. 'holdfast prune' deletes the damaged packs, some perhaps not before its second run.");
        }
        if (verification.damagesBesidesPacksAndIndex() > 0) {
            messages.print("Damaged objects that are neither packs nor index stay as they are: see the lines above.");
        }
    }
}
