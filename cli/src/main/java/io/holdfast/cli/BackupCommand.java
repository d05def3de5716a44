package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.repository.Repository;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.sources.backup.BackupListener;
import io.holdfast.sources.backup.BackupRequest;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.backup.FileBackup;
import io.holdfast.sources.backup.NamedSource;
import io.holdfast.sources.backup.SizeScan;
import io.holdfast.sources.backup.StreamBackup;
import io.holdfast.sources.backup.StreamCommand;
import io.holdfast.sources.backup.VolumeBackup;
import io.holdfast.sources.backup.VolumeUse;
import io.holdfast.sources.files.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "backup",
        description = {
            "Makes a snapshot of files and directories, of a stream, or of a volume.",
            "",
            "With PATHs it saves these files and directories. Instead of them, --stdin saves what comes on standard input, --command"
                    + " what a program writes (backup --command --name shop.sql -- mariadb-dump shop), and --volume a block"
                    + " device or an image of one."
        })
final class BackupCommand implements Callable<Integer> {
    private static final String NO_PARENT = "none";

    @Spec
    private @Nullable CommandSpec spec;

    private final RootCommand root;

    @Parameters(
            paramLabel = "PATH",
            arity = "0..*",
            description = "Files and directories to save; with --command the program and its arguments, after --.")
    private List<String> paths = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "PATTERN", description = "Leaves out what matches; repeatable.")
    private List<String> excludes = new ArrayList<>();

    @Option(
            names = "--exclude-file",
            paramLabel = "FILE",
            description = "Reads exclude patterns from FILE, one a line.")
    private List<Path> excludeFiles = new ArrayList<>();

    @Option(names = "--exclude-caches", description = "Leaves out what is in directories with a CACHEDIR.TAG.")
    private boolean excludeCaches;

    @Option(names = "--one-file-system", description = "Stays on the file systems of the paths.")
    private boolean oneFileSystem;

    @Option(names = "--stdin", description = "Saves what comes on standard input, as a stream.")
    private boolean stdin;

    @Option(
            names = "--command",
            description = "Saves what a program writes to standard output, and fails where it fails.")
    private boolean command;

    @Option(
            names = "--volume",
            paramLabel = "PATH",
            description = "Saves a block device, or an image of one, block by block.")
    private @Nullable String volume;

    @Option(names = "--allow-live", description = "Saves a volume that is written to meanwhile.")
    private boolean allowLive;

    @Option(
            names = "--lvm-snapshot",
            paramLabel = "SIZE",
            arity = "0..1",
            fallbackValue = LvmVolume.AUTOMATIC,
            description = "Saves an LVM snapshot of the volume, which it takes and removes; SIZE such as 5G or 20%%"
                    + " (default: 10%% of the volume, or what is free).")
    private @Nullable String lvmSnapshot;

    @Option(names = "--name", paramLabel = "NAME", description = "Names the stream or volume, such as shop.sql.")
    private @Nullable String streamName;

    @Option(names = "--tag", paramLabel = "TAG", description = "Marks the snapshot; repeatable.")
    private List<String> tags = new ArrayList<>();

    @Option(names = "--host", paramLabel = "HOST", description = "Saves under this host name.")
    private @Nullable String host;

    @Option(names = "--dry-run", description = "Reads everything, stores nothing.")
    private boolean dryRun;

    @Option(
            names = "--parent",
            paramLabel = "SNAPSHOT",
            description =
                    "Takes unchanged files from this snapshot, or 'none' (default: the newest of the same source).")
    private @Nullable String parent;

    @Option(
            names = "--data-class",
            paramLabel = "CLASS",
            description = "Puts the data packs of this backup into this storage class.")
    private @Nullable String dataClass;

    @Option(
            names = "--lock-for",
            paramLabel = "SPAN",
            description = "Locks the snapshot this long, such as 30d or 6mo: nobody can delete it before"
                    + " (default: what the repository was made with).")
    private @Nullable String lockFor;

    @Option(
            names = "--recipient",
            paramLabel = "R",
            description =
                    "Adds a snapshot that this host cannot read: R, or the file R, is what 'holdfast key recipient' prints.")
    private @Nullable String recipient;

    /** An LVM snapshot that would not go, after a backup that went well. */
    private @Nullable HoldfastException leftBehind;

    BackupCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        boolean namesParent = parent != null && !NO_PARENT.equals(parent);
        if (recipient != null && (namesParent || dryRun)) {
            throw HoldfastException.usage(
                    (namesParent ? "--parent" : "--dry-run") + " beside --recipient",
                    "A host that can only add knows nothing of what is there: leave it out."
                            + (namesParent ? " --parent none reads every file." : ""));
        }
        tags.forEach(tag -> requireLabel("--tag", tag));
        if (host != null) {
            requireLabel("--host", host);
        }
        if (lvmSnapshot != null && volume == null) {
            throw HoldfastException.usage(
                    "--lvm-snapshot without --volume", "Name the volume: --volume /dev/GROUP/VOLUME --lvm-snapshot.");
        }
        boolean isStream = stdin || command || volume != null || streamName != null;
        if (isStream) {
            requireStreamOptions();
        } else if (paths.isEmpty()) {
            throw HoldfastException.usage(
                    "nothing says what to save: no PATH, no --stdin, no --command, no --volume",
                    "'holdfast backup --help' shows how.");
        }
        Optional<Path> volumePath = volume == null ? Optional.empty() : Optional.of(volumePath());
        Optional<LvmVolume> lvmVolume = lvmSnapshot == null
                ? Optional.empty()
                : Optional.of(LvmVolume.find(root, volumePath.orElseThrow(), lvmSnapshot));
        List<Bytes> absolute = isStream
                ? List.of()
                : paths.stream().map(BackupCommand::resolve).distinct().toList();
        RepositoryAccess access = new RepositoryAccess(root).locking(lockFor).storing(dataClass);
        HeadStart.begin();
        if (recipient == null && access.isDefault() && !access.exists()) {
            // Made without the lock, which is for this snapshot alone.
            InitCommand.make(root, new RepositoryAccess(root).storing(dataClass))
                    .close();
        }
        RepositoryAccess.Opened opened = recipient == null ? access.open() : access.openFor(recipient);
        try (opened) {
            opened.warnOfRollback(root);
            return isStream
                    ? backUpStream(opened.repository(), volumePath, lvmVolume, access.repoOption())
                    : backUp(opened, absolute, access.repoOption());
        } catch (HoldfastException e) {
            throw e.code() == ErrorCode.INTERRUPTED && !dryRun ? interrupted(e) : e;
        }
    }

    private void requireStreamOptions() {
        if ((stdin ? 1 : 0) + (command ? 1 : 0) + (volume != null ? 1 : 0) != 1) {
            throw HoldfastException.usage(
                    "--name wants one of --stdin, --command and --volume",
                    "Write backup --stdin --name NAME, or backup --command --name NAME -- PROGRAM ARGUMENTS.");
        }
        if (streamName == null && volume == null) {
            throw HoldfastException.usage("a stream needs a name", "Name it with --name, such as --name shop.sql.");
        }
        if (command && !paths.isEmpty() && !standsLast()) {
            throw HoldfastException.usage(
                    "--command with a program that does not stand after --",
                    "Options of the program would be taken for those of the backup. Write it last: backup --command --name NAME -- PROGRAM ARGUMENTS.");
        }
        if (command && paths.isEmpty()) {
            throw HoldfastException.usage(
                    "--command without a program", "Write it last: backup --command --name NAME -- PROGRAM ARGUMENTS.");
        }
        if (!command && !paths.isEmpty()) {
            throw HoldfastException.usage(
                    (stdin ? "--stdin" : "--volume") + " and paths together", "Save them one after the other.");
        }
        if (!excludes.isEmpty()
                || !excludeFiles.isEmpty()
                || excludeCaches
                || oneFileSystem
                || dryRun
                || parent != null) {
            throw HoldfastException.usage(
                    "an option for files beside --stdin, --command or --volume",
                    "Of a stream or volume all is read, and nothing left out.");
        }
    }

    /** Whether all of the program and its arguments come after a double dash. */
    private boolean standsLast() {
        List<String> all =
                Objects.requireNonNull(spec).commandLine().getParseResult().originalArgs();
        int dashes = all.indexOf("--");
        return dashes >= 0 && all.size() - dashes - 1 == paths.size();
    }

    /** The volume, which nobody else writes to unless that is wanted. */
    private Path volumePath() {
        Path path = HostPaths.path(HostPaths.absolute("--volume", Objects.requireNonNull(volume)));
        if (lvmSnapshot != null) {
            return path; // LVM says what it is, and its snapshot does not change.
        }
        if (!Files.exists(path)) {
            throw HoldfastException.usage("the volume '" + volume + "' does not exist", "Check the path.");
        }
        if (Files.isDirectory(path)) {
            throw HoldfastException.usage(
                    "'" + volume + "' is a directory, and --volume takes a block device or an image",
                    "Leave --volume out to save the files in it.");
        }
        Optional<String> writer = allowLive ? Optional.empty() : VolumeUse.writer(path);
        if (writer.isPresent()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    volume + " " + writer.get() + ", and what is saved would be a mix of before and after",
                    "Unmount it, or save a snapshot of it (LVM); --allow-live saves it all the same.");
        }
        return path;
    }

    private int backUpStream(
            Repository repository, Optional<Path> volumePath, Optional<LvmVolume> lvmVolume, String repoOption) {
        String hostName = host != null ? host : HostIdentity.ofThisProcess().host();
        Bytes name = streamName != null
                ? RawText.encode(streamName)
                : HostPaths.bytes(volumePath.orElseThrow().getFileName());
        List<Snapshot> live = repository.keyring().isWriteOnly()
                ? List.of()
                : repository.snapshots().live();
        Optional<SnapshotId> newest = FileBackup.newestOfSource(live, hostName, List.of(name));
        Optional<Snapshot> previous = live.stream()
                .filter(s -> newest.isPresent() && s.id().equals(newest.get()))
                .findFirst();
        NamedSource source = new NamedSource(
                name, hostName, tags.stream().distinct().sorted().toList(), previous);
        try (ProgressLine progress = ProgressLine.start(root, "Saving")) {
            previous.ifPresent(
                    p -> progress.totalBytes.set(p.manifest().statistics().bytes()));
            BackupListener listener = new StreamListener(progress);
            StreamBackup backup = new StreamBackup(repository, source, listener);
            BackupResult result;
            if (lvmVolume.isPresent()) {
                result = saveSnapshot(
                        new VolumeBackup(repository, source, listener),
                        lvmVolume.get().snapshot());
            } else if (volumePath.isPresent()) {
                result = new VolumeBackup(repository, source, listener).run(volumePath.get());
            } else if (command) {
                try (StreamCommand running = StreamCommand.start(paths)) {
                    result = backup.run(running.output(), running);
                }
            } else {
                result = backup.run(root.environment().in(), () -> {});
            }
            result.snapshot().filter(id -> recipient == null).ifPresent(repository.freshness()::remember);
            repository.tidyIndex();
            progress.close();
            report(repository, result, progress, repoOption);
            if (leftBehind != null) {
                throw leftBehind;
            }
            return 0;
        }
    }

    /** Removes the LVM snapshot, however the backup ends. */
    private BackupResult saveSnapshot(VolumeBackup backup, LvmSnapshot snapshot) {
        boolean saved = false;
        try {
            BackupResult result = backup.run(snapshot.device(), snapshot);
            saved = true;
            return result;
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.FAILED) {
                snapshot.check(); // One that overflowed cannot be read, and that is what has to be said.
            }
            throw e;
        } finally {
            Optional<String> reason = snapshot.remove();
            if (reason.isPresent() && saved) {
                leftBehind = new HoldfastException(
                        ErrorCode.FAILED,
                        "the LVM snapshot " + snapshot.fullName() + " cannot be removed: " + reason.get()
                                + "; all was saved",
                        "Remove it: lvremove " + snapshot.fullName());
            } else if (reason.isPresent()) {
                root.messages()
                        .warning(
                                snapshot.fullName(),
                                "cannot be removed: " + reason.get() + ". Remove it: lvremove " + snapshot.fullName());
            }
        }
    }

    private static HoldfastException interrupted(HoldfastException e) {
        return new HoldfastException(
                ErrorCode.INTERRUPTED,
                String.valueOf(e.getMessage()),
                "No snapshot was made; what was sent stays for a while, and the next backup of the same goes on from there.",
                e);
    }

    private int backUp(RepositoryAccess.Opened opened, List<Bytes> absolute, String repoOption) {
        Repository repository = opened.repository();
        String hostName = host != null ? host : HostIdentity.ofThisProcess().host();
        Optional<Snapshot> parentSnapshot = parentOf(repository, hostName, absolute);
        BackupRequest request = new BackupRequest(
                absolute,
                ExcludeRules.of(patterns(opened.place().directory())),
                excludeCaches,
                oneFileSystem,
                tags.stream().distinct().sorted().toList(),
                hostName,
                parentSnapshot.map(Snapshot::id),
                NO_PARENT.equals(parent));
        try (ProgressLine progress = ProgressLine.start(root, dryRun ? "Reading" : "Saving")) {
            parentSnapshot.ifPresent(
                    p -> progress.totalBytes.set(p.manifest().statistics().bytes()));
            if (parentSnapshot.isEmpty() && root.showsProgress()) {
                SizeScan scan = new SizeScan(HostFiles.ofThisSystem(), request);
                Thread.ofPlatform()
                        .daemon()
                        .name("holdfast-size")
                        .stackSize(FileBackup.WALKER_STACK_BYTES)
                        .start(() -> scan.run().ifPresent(progress.totalBytes::set));
            }
            Listener listener = new Listener(root, progress);
            FileBackup backup = new FileBackup(repository, HostFiles.ofThisSystem(), request, listener);
            BackupResult result = dryRun ? backup.dryRun(repository) : backup.run();
            result.snapshot().filter(id -> recipient == null).ifPresent(repository.freshness()::remember);
            progress.close();
            report(repository, result, progress, repoOption);
            return result.statistics().unreadable() > 0 ? ErrorCode.INCOMPLETE.exitCode() : 0;
        }
    }

    private Optional<Snapshot> parentOf(Repository repository, String hostName, List<Bytes> absolute) {
        if (repository.keyring().isWriteOnly() || NO_PARENT.equals(parent)) {
            return Optional.empty();
        }
        List<Snapshot> live = repository.snapshots().live();
        if (parent != null) {
            return Optional.of(SnapshotFilter.one(live, parent));
        }
        Optional<SnapshotId> newest = FileBackup.newestOfSource(live, hostName, absolute);
        return live.stream()
                .filter(s -> newest.isPresent() && s.id().equals(newest.get()))
                .findFirst();
    }

    /** What the user excludes, and the repository itself: it cannot contain itself. */
    private List<String> patterns(Optional<Path> repositoryDirectory) {
        List<String> patterns = new ArrayList<>(excludes);
        for (Path file : excludeFiles) {
            try {
                for (String line : RawText.decode(Files.readAllBytes(file)).split("\\R")) {
                    String pattern = line.strip();
                    if (!pattern.isEmpty() && !pattern.startsWith("#")) {
                        patterns.add(pattern);
                    }
                }
            } catch (IOException e) {
                throw HoldfastException.usage(
                        "the exclude file " + file + " cannot be read: " + Reasons.text(e), "Check --exclude-file.");
            }
        }
        repositoryDirectory.ifPresent(directory -> patterns.add(literal(directory) + "/*"));
        return patterns;
    }

    private static String literal(Path path) {
        try {
            return path.toRealPath().toString().replaceAll("([\\\\*?\\[])", "\\\\$1");
        } catch (IOException e) {
            return path.toString();
        }
    }

    /** The real path of the parent and the name as given: a link that is named is saved as a link. */
    private static Bytes resolve(String given) {
        if (given.isEmpty()) {
            throw HoldfastException.usage("an empty path", "Name a file or directory to save.");
        }
        Bytes absolute = HostPaths.absolute("PATH", given);
        Path path = HostPaths.path(absolute);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw HoldfastException.usage(
                    "'" + Names.text(Names.bytes(given)) + "' does not exist", "Check the path; nothing was saved.");
        }
        try {
            Path above = path.getParent();
            return HostPaths.bytes(above == null ? path : above.toRealPath().resolve(path.getFileName()));
        } catch (IOException e) {
            throw HoldfastException.usage(
                    "'" + Names.text(absolute) + "' cannot be reached: " + Reasons.text(e), "Check its rights.");
        }
    }

    /** What stands in tables and is compared: nothing but text of one line. */
    private static void requireLabel(String option, String given) {
        if (given.isBlank() || RawText.hasRaw(given) || given.chars().anyMatch(Character::isISOControl)) {
            throw HoldfastException.usage(
                    option + " is empty, or has characters that cannot be printed", "Write a word or two.");
        }
    }

    /** {@link Instant#EPOCH} where there is no snapshot, or no lock. */
    private static Instant lockedUntil(Repository repository, BackupResult result) {
        return result.snapshot().map(id -> repository.snapshots().occupant(id)).orElse(new Snapshots.Occupant.Nothing())
                        instanceof Snapshots.Occupant.Present made
                ? made.snapshot().manifest().lockedUntil()
                : Instant.EPOCH;
    }

    /** Where what was saved is best restored to. */
    private String target() {
        return volume != null ? " --target-file FILE" : streamName != null ? " --target -" : " --target DIR";
    }

    private void report(Repository repository, BackupResult result, ProgressLine progress, String repoOption) {
        Instant lockedUntil = lockedUntil(repository, result);
        boolean isArchived = repository.store().capabilities().archives();
        SnapshotStatistics s = result.statistics();
        Messages messages = root.messages();
        String seconds = Formats.duration(progress.elapsed());
        messages.tell("%s: %s (%s new, %s changed, %s unchanged), %s, %s of new data%s, %s"
                .formatted(
                        dryRun ? "Would save" : "Saved",
                        Formats.count(s.files(), "file", "files"),
                        Formats.count(s.newFiles(), "", "").strip(),
                        Formats.count(s.changedFiles(), "", "").strip(),
                        Formats.count(s.unchangedFiles(), "", "").strip(),
                        Formats.size(s.bytes()),
                        Formats.size(s.addedBytes()),
                        dryRun ? "" : " stored in " + Formats.size(s.storedBytes()),
                        seconds));
        if (s.unreadable() > 0) {
            messages.tell(Formats.count(s.unreadable(), "entry", "entries")
                    + " could not be read; the snapshot is incomplete.");
        }
        if (!lockedUntil.equals(Instant.EPOCH)) {
            messages.tell("Locked until " + Formats.local(lockedUntil) + ": nobody can delete it before.");
        }
        result.snapshot().ifPresent(id -> {
            if (recipient != null) {
                messages.tell("Snapshot " + id.shortText() + ". Only who opens the repository can read it.");
                return;
            }
            String option = repoOption + root.keyOptions();
            messages.tell("Snapshot " + id.shortText() + ". To restore it:");
            messages.tell("  " + root.environment().command() + " " + option + "restore " + id.shortText() + target()
                    + (isArchived ? " --thaw bulk" : ""));
        });
        JsonLine line = JsonLine.of("summary")
                .with("snapshot", result.snapshot().map(SnapshotId::text).orElse(""))
                .with("parent", result.parent().map(SnapshotId::text).orElse(""))
                .with("dry_run", dryRun)
                .with("files", s.files())
                .with("directories", s.directories())
                .with("others", s.others())
                .with("new_files", s.newFiles())
                .with("changed_files", s.changedFiles())
                .with("unchanged_files", s.unchangedFiles())
                .with("unreadable", s.unreadable())
                .with("bytes", s.bytes())
                .with("added_bytes", s.addedBytes())
                .with("stored_bytes", s.storedBytes())
                .with("delta_chunks", result.deltas().chunks())
                .with("delta_bytes", result.deltas().bytes())
                .with("delta_stored_bytes", result.deltas().storedBytes())
                .with("base_bytes_read", result.deltas().baseBytesRead())
                .with("seconds", progress.elapsed().toMillis() / 1000.0);
        messages.object(lockedUntil.equals(Instant.EPOCH) ? line : line.with("locked_until", lockedUntil.toString()));
    }

    /** Counts for the progress line. */
    private record StreamListener(ProgressLine progress) implements BackupListener {
        @Override
        public void total(long bytes) {
            progress.totalBytes.set(bytes);
        }

        @Override
        public void file(Bytes path, long sizeBytes, FileOutcome outcome) {
            progress.files.incrementAndGet();
        }

        @Override
        public void advanced(long bytes) {
            progress.bytes.addAndGet(bytes);
        }

        @Override
        public void unreadable(Bytes path, String reason) {}
    }

    /** Counts for the progress line and tells what went wrong. */
    private record Listener(RootCommand root, ProgressLine progress) implements BackupListener {
        @Override
        public void advanced(long bytes) {
            progress.bytes.addAndGet(bytes);
        }

        @Override
        public void file(Bytes path, long sizeBytes, FileOutcome outcome) {
            progress.files.incrementAndGet();
            if (root.isVerbose()) {
                root.messages().note(outcome.name().toLowerCase(Locale.ROOT) + "  " + Names.text(path));
            }
        }

        @Override
        public void unreadable(Bytes path, String reason) {
            root.messages().warning(Names.text(path), reason);
        }

        @Override
        public void note(Bytes path, String text) {
            root.messages().remark(Names.text(path), text);
        }

        @Override
        public void torn(Bytes path) {
            root.messages()
                    .warning(
                            Names.text(path),
                            "changed while it was read, each time; what was saved may mix old and new");
        }
    }
}
