package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.verify.IndexRepair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationResult;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "repair",
        description = "Reads every byte, and lets the next backup save anew what turns out to be damaged.")
final class RepairCommand implements Callable<Integer> {
    private static final double ALL = 100;

    private final RootCommand root;

    @Option(names = "--dry-run", description = "Only says what is damaged.")
    private boolean dryRun;

    RepairCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open();
                ProgressLine progress = ProgressLine.start(root, "Reading")) {
            Verification verification =
                    new Verification(opened.repository(), new VerifyCommand.Listener(root, progress));
            VerificationResult found = verification.run(ALL);
            Set<PackId> damaged = verification.damagedPacks();
            long chunks = dryRun ? 0 : new IndexRepair(opened.repository()).run(damaged);
            progress.close();
            report(found, damaged, chunks);
            long left = dryRun ? found.damages() : verification.damagesBesidesPacks();
            return left > 0 ? ErrorCode.DAMAGED.exitCode() : 0;
        }
    }

    private void report(VerificationResult found, Set<PackId> damaged, long chunks) {
        Messages messages = root.messages();
        if (found.damages() == 0) {
            messages.tell("No damage found.");
        } else if (dryRun) {
            messages.tell(Formats.count(damaged.size(), "pack is", "packs are") + " damaged.");
        } else if (chunks > 0) {
            messages.tell("From now on " + Formats.count(chunks, "chunk", "chunks") + " in "
                    + Formats.count(damaged.size(), "damaged pack", "damaged packs") + " no longer count as saved.");
            messages.tell(
                    "Back up the same paths again, and what the sources still have is saved anew, for old snapshots, too.");
            messages.tell("Then see what is left with 'holdfast verify'; 'holdfast forget' gives a snapshot up.");
        } else {
            messages.tell("No chunk in a pack is lost that counted as saved.");
        }
        messages.object(JsonLine.of("summary")
                .with("damages", found.damages())
                .with("damaged_packs", damaged.size())
                .with("chunks", chunks)
                .with("dry_run", dryRun));
    }
}
