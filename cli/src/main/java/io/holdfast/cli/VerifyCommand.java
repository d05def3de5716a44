package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Freshness;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.verify.NameScrub;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.repository.verify.VerificationResult;
import io.holdfast.storage.ObjectStore;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "verify", description = "Checks that everything in the repository is as it was written.")
final class VerifyCommand implements Callable<Integer> {
    private static final double ALL = 100;

    private final RootCommand root;

    @Option(
            names = "--read-data",
            paramLabel = "N%",
            arity = "0..1",
            fallbackValue = "100%",
            description = "Reads every byte of all packs, or of a random part such as 5%%.")
    private @Nullable String readData;

    @Option(
            names = "--no-key",
            description =
                    "Needs no key: reads every pack and index segment and compares it with its name, which is its hash.")
    private boolean noKey;

    VerifyCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (noKey) {
            return scrub();
        }
        double percent = readData == null ? 0 : parse(readData);
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open();
                ProgressLine progress = ProgressLine.start(root, "Verifying")) {
            Listener listener = new Listener(root, progress);
            VerificationResult result = new Verification(opened.repository(), listener).run(percent);
            Freshness freshness = opened.repository().freshness();
            List<Freshness.Doubt> doubts = freshness.look();
            progress.close();
            doubts.forEach(doubt -> listener.damaged(doubt.object() + ": " + doubt.text()));
            // Those that this machine remembers were told just now.
            Set<SnapshotId> lost = new TreeSet<>(opened.repository().holds().lost());
            doubts.forEach(doubt -> doubt.snapshot().ifPresent(lost::remove));
            lost.forEach(id -> listener.damaged(
                    id.snapshotName() + ": " + PruneCommand.LOST + ". " + PruneCommand.helpOfHeld(id)));
            report(
                    result,
                    progress,
                    doubts.size() + lost.size(),
                    !freshness.isKnown() ? "unproven" : doubts.isEmpty() ? "as_seen" : "older_than_seen");
            return result.damages() > 0 || result.hitSnapshots() > 0 || doubts.size() + lost.size() > 0
                    ? ErrorCode.DAMAGED.exitCode()
                    : 0;
        }
    }

    private int scrub() {
        if (readData != null) {
            throw HoldfastException.usage(
                    "--no-key and --read-data together",
                    "Without a key all is read in any case: leave --read-data out.");
        }
        RepositoryAccess access = new RepositoryAccess(root);
        try (ObjectStore store = access.openStore();
                ProgressLine progress = ProgressLine.start(root, "Scrubbing")) {
            VerificationResult result = new NameScrub(store, access.threads(), new Listener(root, progress)).run();
            progress.close();
            report(result, progress, 0, "unchecked");
            return result.damages() > 0 ? ErrorCode.DAMAGED.exitCode() : 0;
        }
    }

    /** @param freshness whether this is the newest state, as far as that can be known here */
    private void report(VerificationResult r, ProgressLine progress, int doubts, String freshness) {
        Messages messages = root.messages();
        long damages = r.damages() + doubts;
        String read = r.packsRead() == 0
                ? "structure of " + Formats.count(r.packs(), "pack", "packs")
                : "every byte of %s (%s)"
                        .formatted(Formats.count(r.packsRead(), "pack", "packs"), Formats.size(r.bytesRead()));
        String time = Formats.duration(progress.elapsed());
        messages.tell("Checked "
                + (noKey ? "without a key" : Formats.count(r.snapshots(), "snapshot", "snapshots"))
                + ", " + read + ", "
                + Formats.count(r.objects(), "object", "objects") + " in " + time + ".");
        if (r.archivedPacks() > 0) {
            messages.print("Not looked into: %s (%s) in an archive class; what is in them is not known to be whole."
                    .formatted(Formats.count(r.archivedPacks(), "pack", "packs"), Formats.size(r.archivedBytes())));
        }
        if (noKey && damages == 0) {
            messages.tell("No damage found: the bytes of every object are those that its name tells."
                    + " What is in snapshots, whether all of it is there, and whether this is the newest state, was not looked at:"
                    + " that needs a key.");
        } else if (noKey) {
            messages.print("Damage found: " + Formats.count(damages, "place", "places")
                    + ". Whether files are hit, and which, was not looked at: 'holdfast verify' with a key tells.");
        } else if (damages == 0) {
            messages.tell("No damage found.");
        } else if (r.hitSnapshots() == 0) {
            messages.print("Damage found: " + Formats.count(damages, "place", "places") + ". No file is hit.");
        } else {
            messages.print("Damage found: " + Formats.count(damages, "place", "places") + "; "
                    + Formats.count(r.hitFiles(), "file", "files") + " in "
                    + Formats.count(r.hitSnapshots(), "snapshot", "snapshots") + " cannot be restored whole.");
            messages.print(
                    r.unknownArchivedPacks() > 0
                            ? RepairCommand.mayBeArchived(r)
                            : "What the sources still have is saved anew by 'holdfast repair' and a backup of the same paths;"
                                    + " what a copy of the repository or of its snapshots has: holdfast repair --from URL.");
            messages.print("Everything else restores as before: holdfast restore SNAPSHOT --target DIR");
        }
        if (freshness.equals("unproven")) {
            messages.tell(
                    "Nothing is remembered here of this repository: that this is its newest state is not proven.");
        }
        JsonLine summary = JsonLine.of("summary");
        messages.object((noKey ? summary : summary.with("snapshots", r.snapshots()))
                .with("objects", r.objects())
                .with("packs", r.packs())
                .with("packs_read", r.packsRead())
                .with("bytes_read", r.bytesRead())
                .with("archived_packs", r.archivedPacks())
                .with("archived_bytes", r.archivedBytes())
                .with("damages", damages)
                .with("hit_snapshots", r.hitSnapshots())
                .with("hit_files", r.hitFiles())
                .with("unknown_archived_packs", r.unknownArchivedPacks())
                .with("freshness", freshness)
                .with("seconds", progress.elapsed().toMillis() / 1000.0));
    }

    private static double parse(String text) {
        try {
            double percent = Double.parseDouble(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
            if (percent > 0 && percent <= ALL) {
                return percent;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw HoldfastException.usage(
                "--read-data=" + text + " is no part of the data",
                "Write a percentage above 0, at most 100, such as --read-data=5%.");
    }

    record Listener(RootCommand root, ProgressLine progress) implements VerificationListener {
        @Override
        public void damaged(String what) {
            root.messages().print("damaged: " + what);
            root.messages().object(JsonLine.of("damage").with("message", what));
        }

        @Override
        public void note(String text) {
            if (root.isVerbose()) {
                root.messages().note("note: " + text);
            }
        }

        @Override
        public void hit(Snapshot snapshot, Bytes path) {
            root.messages().print("hit: snapshot " + snapshot.id().shortText() + " " + Names.text(path));
            root.messages()
                    .object(JsonLine.of("hit")
                            .with("snapshot", snapshot.id().text())
                            .with("path", Names.text(path)));
        }

        @Override
        public void total(long bytes) {
            progress.totalBytes.set(bytes);
        }

        @Override
        public void read(long bytes) {
            progress.bytes.addAndGet(bytes);
        }
    }
}
