package io.holdfast.cli;

import io.holdfast.repository.Repository;
import io.holdfast.repository.copy.CopyContent;
import io.holdfast.repository.copy.SnapshotCopier;
import io.holdfast.repository.copy.SnapshotCopier.Copied;
import io.holdfast.repository.snapshot.Manifest.Origin;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.thaw.PackNeeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "copy", description = "Copies snapshots into another repository, with keys of its own.")
final class CopyCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SNAPSHOT", arity = "0..*", description = "Ids or 'latest' (default: all that pass).")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--to",
            paramLabel = "URL",
            required = true,
            description = "The other repository; made where there is none.")
    private String to = "";

    @Option(
            names = "--to-password-file",
            paramLabel = "FILE",
            description = "Opens the other repository with the passphrase in FILE.")
    private @Nullable Path toPasswordFile;

    @Option(
            names = "--to-key-file",
            paramLabel = "FILE",
            description = "Opens the other repository with this key file.")
    private @Nullable Path toKeyFile;

    @Option(
            names = "--lock-for",
            paramLabel = "SPAN",
            description = "Locks the copies this long (default: what the other repository was made with).")
    private @Nullable String lockFor;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    @Mixin
    private final ThawOptions thaw = new ThawOptions();

    private long copied;
    private long skipped;
    private long addedBytes;
    private long storedBytes;

    CopyCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        thaw.check();
        RepositoryAccess other = other().locking(lockFor);
        try (RepositoryAccess.Opened source = new RepositoryAccess(root).open()) {
            source.warnOfRollback(root);
            // Before anything is made there.
            List<Snapshot> wanted = wanted(source.repository());
            if (!areReadable(source.repository(), other, wanted)) {
                return 0;
            }
            try (RepositoryAccess.Opened target = openOrMake(other);
                    ProgressLine progress = ProgressLine.start(root, "Copying")) {
                progress.totalBytes.set(wanted.stream()
                        .mapToLong(snapshot -> snapshot.manifest().statistics().bytes())
                        .sum());
                copy(source.repository(), target.repository(), wanted, progress);
                target.repository().tidyIndex();
                progress.close();
                report(progress);
                return 0;
            }
        }
    }

    /** Whether what is to be copied can be read, after thawing where that is wanted; before anything is made in the other repository. */
    private boolean areReadable(Repository from, RepositoryAccess other, List<Snapshot> wanted) {
        PackNeeds needs = PackNeeds.of(from);
        if (!thaw.wants(needs)) {
            return true;
        }
        Map<Origin, Snapshot> copies = Map.of();
        if (other.exists()) {
            try (RepositoryAccess.Opened target = other.open()) {
                copies = SnapshotCopier.copies(target.repository());
            }
        }
        CopyContent content = new CopyContent(from);
        Map<Source, Snapshot> newest = new HashMap<>();
        for (Snapshot original : from.snapshots().live()) {
            boolean hasCopy = copies.containsKey(SnapshotCopier.originOf(from, original));
            boolean isWanted =
                    wanted.stream().anyMatch(snapshot -> snapshot.id().equals(original.id()));
            Source source = original.manifest().source();
            if (isWanted && !hasCopy) {
                content.chunks(original, Optional.ofNullable(newest.get(source)), needs::add);
            }
            if (isWanted || hasCopy) {
                newest.put(source, original);
            }
        }
        return thaw.prepare(root, from, "this copy", needs);
    }

    private RepositoryAccess.Opened openOrMake(RepositoryAccess other) {
        if (!other.exists()) {
            // Made without the lock, which is for these copies alone.
            InitCommand.make(root, other()).close();
        }
        return other.open();
    }

    private RepositoryAccess other() {
        return new RepositoryAccess(
                root, "--to", to, Optional.ofNullable(toPasswordFile), Optional.ofNullable(toKeyFile));
    }

    private List<Snapshot> wanted(Repository repository) {
        return names.isEmpty()
                ? filter.select(repository)
                : names.stream()
                        .map(name -> filter.one(repository, name))
                        .distinct()
                        .toList();
    }

    private void copy(Repository from, Repository into, List<Snapshot> wanted, ProgressLine progress) {
        SnapshotCopier copier = new SnapshotCopier(from, into, progress.bytes::addAndGet);
        Map<Origin, Snapshot> copies = SnapshotCopier.copies(into);
        Map<Source, Copied> newest = new HashMap<>();
        Set<SnapshotId> ids = new HashSet<>();
        wanted.forEach(snapshot -> ids.add(snapshot.id()));
        for (Snapshot original : from.snapshots().live()) {
            Source source = original.manifest().source();
            Snapshot there = copies.get(SnapshotCopier.originOf(from, original));
            boolean isWanted = ids.contains(original.id());
            if (there != null) {
                newest.put(source, new Copied(original, there));
                skipped += isWanted ? 1 : 0;
                progress.bytes.addAndGet(
                        isWanted ? original.manifest().statistics().bytes() : 0);
            } else if (isWanted) {
                Copied made = copier.copy(original, Optional.ofNullable(newest.get(source)));
                newest.put(source, made);
                tell(made);
            }
        }
    }

    private void tell(Copied made) {
        copied++;
        long added = made.copy().manifest().statistics().addedBytes();
        long stored = made.copy().manifest().statistics().storedBytes();
        addedBytes += added;
        storedBytes += stored;
        root.messages()
                .tell("Copied %s to %s: %s of new data stored in %s"
                        .formatted(
                                made.original().id().shortText(),
                                made.copy().id().shortText(),
                                Formats.size(added),
                                Formats.size(stored)));
        root.messages()
                .object(JsonLine.of("copied")
                        .with("snapshot", made.original().id().text())
                        .with("copy", made.copy().id().text())
                        .with("bytes", made.copy().manifest().statistics().bytes())
                        .with("added_bytes", added)
                        .with("stored_bytes", stored));
    }

    private void report(ProgressLine progress) {
        root.messages()
                .tell("%s copied, %d there already, %s of new data stored in %s, %s"
                        .formatted(
                                Formats.count(copied, "snapshot", "snapshots"),
                                skipped,
                                Formats.size(addedBytes),
                                Formats.size(storedBytes),
                                Formats.duration(progress.elapsed())));
        root.messages()
                .object(JsonLine.of("summary")
                        .with("copied", copied)
                        .with("skipped", skipped)
                        .with("added_bytes", addedBytes)
                        .with("stored_bytes", storedBytes)
                        .with("seconds", progress.elapsed().toMillis() / 1000.0));
    }
}
