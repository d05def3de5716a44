package io.holdfast.cli;

import io.holdfast.agent.DatabaseRestore;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.machine.JobOrder.DatabaseTarget;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.thaw.PackNeeds;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.backup.VolumeUse;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreCheck;
import io.holdfast.sources.restore.RestoreContent;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.sources.restore.RestoreSource;
import io.holdfast.sources.restore.VolumeRestore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "restore", description = "Restores a snapshot, or parts of it, below a directory.")
final class RestoreCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "An id or 'latest'.")
    private String name = "";

    @Parameters(index = "1..*", paramLabel = "PATH", description = "Only these files and directories.")
    private List<String> paths = new ArrayList<>();

    @Option(
            names = "--target",
            paramLabel = "DIR",
            description = "Where to: /a/b of the snapshot becomes DIR/a/b; - writes one stream to standard output.")
    private @Nullable String directory;

    @Option(names = "--target-file", paramLabel = "FILE", description = "Writes one volume or file into a new image.")
    private @Nullable String targetFile;

    @Option(
            names = "--target-device",
            paramLabel = "DEV",
            description = "Overwrites a block device with one volume; needs --yes.")
    private @Nullable String targetDevice;

    @Option(names = "--yes", description = "Really overwrites the device.")
    private boolean yes;

    /** Where to, as it was given. */
    private String target = "";

    @Option(names = "--include", paramLabel = "PATTERN", description = "Only what matches; repeatable.")
    private List<String> includes = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "PATTERN", description = "Leaves out what matches; repeatable.")
    private List<String> excludes = new ArrayList<>();

    @Option(
            names = "--overwrite",
            paramLabel = "WHEN",
            description = "never, if-changed (size or time differ; the default) or always (compares content).")
    private String overwrite = "if-changed";

    @Option(names = "--dry-run", description = "Only says what would be restored.")
    private boolean dryRun;

    @Option(names = "--verify", description = "Reads everything again afterwards and compares it.")
    private boolean verify;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    @Mixin
    private final ThawOptions thaw = new ThawOptions();

    @Mixin
    private final DatabaseOptions database = new DatabaseOptions();

    RestoreCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        RestoreRequest.Overwrite when = switch (overwrite) {
            case "never" -> RestoreRequest.Overwrite.NEVER;
            case "if-changed" -> RestoreRequest.Overwrite.IF_CHANGED;
            case "always" -> RestoreRequest.Overwrite.ALWAYS;
            default ->
                throw HoldfastException.usage(
                        "--overwrite " + overwrite + " is not known", "Use never, if-changed or always.");
        };
        thaw.check();
        if (database.isWanted()) {
            return intoDatabase();
        }
        int targets = (directory == null ? 0 : 1) + (targetFile == null ? 0 : 1) + (targetDevice == null ? 0 : 1);
        if (targets == 0 && thaw.mayReadNothing()) {
            return withoutTarget(when);
        }
        if (targets != 1) {
            throw HoldfastException.usage(
                    "restore wants one of --target, --target-file and --target-device",
                    "'holdfast restore --help' shows how.");
        }
        if (directory == null) {
            return toVolume();
        }
        target = directory;
        if (target.equals("-")) {
            return toStandardOutput();
        }
        HeadStart.begin();
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            Snapshot snapshot = filter.one(access, name);
            Bytes named = HostPaths.absolute("--target", target);
            requireOutside(access, named);
            if (!dryRun
                    && access.repository().isPresent()
                    && !areReadable(access.repository().get().repository(), snapshot, request(named, when), true)) {
                return 0;
            }
            return toDirectory(access, snapshot, request(target(access), when));
        }
    }

    private int toDirectory(SnapshotAccess access, Snapshot snapshot, RestoreRequest request) {
        try (ProgressLine progress = ProgressLine.start(root, dryRun ? "Looking" : "Restoring")) {
            if (paths.isEmpty() && includes.isEmpty() && excludes.isEmpty()) {
                progress.totalBytes.set(snapshot.manifest().statistics().bytes());
            }
            Listener listener = new Listener(root, progress);
            HostFiles files = HostFiles.ofThisSystem();
            RestoreResult result = new FileRestore(access.source(snapshot), files, snapshot, request, listener).run();
            long differing = verify && !dryRun ? differing(access, snapshot, request, listener) : 0;
            progress.close();
            report(result, differing, request.overwrite(), progress);
            return result.damaged() > 0
                    ? ErrorCode.DAMAGED.exitCode()
                    : result.failed() + differing > 0 ? ErrorCode.FAILED.exitCode() : 0;
        }
    }

    private static long differing(
            SnapshotAccess access, Snapshot snapshot, RestoreRequest request, RestoreListener listener) {
        try (RestoreSource source = access.source(snapshot)) {
            return new RestoreCheck(source, HostFiles.ofThisSystem(), snapshot, request, listener).run();
        }
    }

    private RestoreRequest request(Bytes into, RestoreRequest.Overwrite when) {
        return new RestoreRequest(
                paths.stream().map(SnapshotTree::path).toList(),
                ExcludeRules.of(includes),
                ExcludeRules.of(excludes),
                into,
                when,
                dryRun);
    }

    /** Estimates, or asks for what is archived. */
    private int withoutTarget(RestoreRequest.Overwrite when) {
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
            Snapshot snapshot = filter.one(opened.repository(), name);
            if (areReadable(opened.repository(), snapshot, request(Names.bytes("/"), when), false)) {
                root.messages().tell("All that is asked for can be read now: restore it with --target DIR.");
            }
            return 0;
        }
    }

    /**
     * Whether what is to be restored can be read, after thawing where that is wanted.
     *
     * @param intoTarget leaves out what is in the target already
     */
    private boolean areReadable(Repository repository, Snapshot snapshot, RestoreRequest request, boolean intoTarget) {
        PackNeeds needs = PackNeeds.of(repository);
        if (!thaw.wants(needs)) {
            return true;
        }
        new RestoreContent(repository, snapshot, request)
                .chunks(intoTarget ? Optional.of(HostFiles.ofThisSystem()) : Optional.empty(), needs::add);
        return thaw.prepare(root, repository, "snapshot " + snapshot.id().shortText(), needs);
    }

    /** The same for one file. */
    private boolean isReadable(SnapshotAccess access, TreeEntry entry) {
        return access.repository()
                .map(opened -> isReadable(opened.repository(), entry))
                .orElse(true);
    }

    private boolean isReadable(Repository repository, TreeEntry entry) {
        PackNeeds needs = PackNeeds.of(repository);
        if (!thaw.wants(needs)) {
            return true;
        }
        new ContentReader(repository.newChunkReader()).chunks(entry.content(), (id, length) -> {
            needs.add(id);
            return true;
        });
        return thaw.prepare(root, repository, "'" + Names.text(entry.name()) + "'", needs);
    }

    /** An image or a device. */
    private int toVolume() {
        requireNoFileOptions(targetFile != null ? "--target-file" : "--target-device");
        Path path = HostPaths.path(HostPaths.absolute(
                targetFile != null ? "--target-file" : "--target-device",
                targetFile != null ? targetFile : Objects.requireNonNull(targetDevice)));
        if (targetFile != null ? Files.exists(path) : !Files.exists(path)) {
            throw HoldfastException.usage(
                    path + (targetFile != null ? " is there already" : " does not exist"),
                    targetFile != null ? "Name a new file; nothing is overwritten." : "Name a block device.");
        }
        if (targetDevice != null) {
            requireFreeDevice(path);
        }
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            requireOutside(access, HostPaths.bytes(path));
            Snapshot snapshot = filter.one(access, name);
            TreeEntry entry = oneFile(access, snapshot);
            return isReadable(access, entry) ? toVolume(access, snapshot, entry, path) : 0;
        }
    }

    private int toVolume(SnapshotAccess access, Snapshot snapshot, TreeEntry entry, Path path) {
        try (ProgressLine progress = ProgressLine.start(root, "Restoring");
                RestoreSource source = access.source(snapshot)) {
            progress.totalBytes.set(entry.sizeBytes());
            VolumeRestore restore =
                    new VolumeRestore(source.chunks(), source.newComparingHasher(), entry, progress.bytes::addAndGet);
            if (targetFile != null) {
                Bytes file = HostPaths.bytes(path);
                restore.toNewFile(HostFiles.ofThisSystem(), file, HostPaths.path(VolumeRestore.partOf(file)));
            } else {
                restore.toDevice(path);
            }
            progress.close();
            root.messages()
                    .tell("Restored %s to %s%s, %s"
                            .formatted(
                                    Formats.size(entry.sizeBytes()),
                                    path,
                                    restore.keptBytes() == 0
                                            ? ""
                                            : " (" + Formats.size(restore.keptBytes())
                                                    + " were there from a restore that was cut off)",
                                    Formats.duration(progress.elapsed())));
            root.messages()
                    .object(JsonLine.of("volume")
                            .with("target", path.toString())
                            .with("bytes", entry.sizeBytes())
                            .with("seconds", progress.elapsed().toMillis() / 1000.0));
            return 0;
        }
    }

    private int intoDatabase() {
        requireNoFileOptions("--database");
        if (directory != null || targetFile != null || targetDevice != null || !paths.isEmpty()) {
            throw HoldfastException.usage(
                    "--database with a path or another target",
                    "A database comes back into its server: name it with --as, and replace one with --replace.");
        }
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            Snapshot snapshot = filter.one(access, name);
            return isReadable(access, oneFile(access, snapshot)) ? intoDatabase(access, snapshot) : 0;
        }
    }

    private int intoDatabase(SnapshotAccess access, Snapshot snapshot) {
        try (ProgressLine progress = ProgressLine.start(root, "Restoring");
                RestoreSource source = access.source(snapshot)) {
            progress.totalBytes.set(snapshot.manifest().statistics().bytes());
            DatabaseRestore.Restored restored = DatabaseRestore.run(
                    source,
                    snapshot,
                    new DatabaseTarget(database.name(), database.replaces(), database.connection(), database.runAs()),
                    progress.bytes::addAndGet);
            progress.close();
            restored.notes().forEach(note -> root.messages().remark(restored.text(), note));
            root.messages()
                    .tell("Restored %s, %s, %s"
                            .formatted(
                                    restored.text(),
                                    Formats.size(restored.bytes()),
                                    Formats.duration(progress.elapsed())));
            root.messages()
                    .object(JsonLine.of("database")
                            .with("make", restored.make())
                            .with("name", restored.name())
                            .with("bytes", restored.bytes())
                            .with("seconds", progress.elapsed().toMillis() / 1000.0));
            return 0;
        }
    }

    private void requireFreeDevice(Path device) {
        try {
            if (!VolumeUse.isBlockDevice(device)) {
                throw HoldfastException.usage(device + " is no block device", "Use --target-file for an image.");
            }
        } catch (IOException e) {
            throw cannotBeMade(device.toString(), Reasons.text(e), e);
        }
        Optional<String> writer = VolumeUse.writer(device);
        if (writer.isPresent()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, device + " " + writer.get(), "Unmount it first; nothing was written.");
        }
        if (!yes) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "everything on " + device + " would be overwritten",
                    "Say --yes if that is what you want.");
        }
    }

    private void requireNoFileOptions(String option) {
        if (dryRun || verify || !includes.isEmpty() || !excludes.isEmpty()) {
            throw HoldfastException.usage(
                    option + " with --dry-run, --verify, --include or --exclude",
                    "It takes one stream, volume or file and nothing else.");
        }
    }

    /** The one stream of a snapshot, or one file. */
    private int toStandardOutput() {
        requireNoFileOptions("--target -");
        if (root.messages().isJson()) {
            throw HoldfastException.usage(
                    "--target - with --json", "Standard output takes one stream and nothing else.");
        }
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            Snapshot snapshot = filter.one(access, name);
            TreeEntry entry = oneFile(access, snapshot);
            if (!isReadable(access, entry)) {
                return 0;
            }
            new CatCommand.Output(root.environment().out(), entry).write(access.chunks(snapshot));
            return 0;
        }
    }

    /** The stream or volume of the snapshot, or the file that is named. */
    private TreeEntry oneFile(SnapshotAccess access, Snapshot snapshot) {
        SnapshotTree tree = new SnapshotTree(access.chunks(snapshot), snapshot);
        Bytes wanted = switch (paths.size()) {
            case 0 ->
                snapshot.manifest()
                        .streamName()
                        .map(stream -> SnapshotTree.join(Names.bytes("/"), stream))
                        .orElseThrow(() -> HoldfastException.usage(
                                "snapshot " + snapshot.id().shortText() + " holds files, not one stream or volume",
                                "Name one of its files, or a directory with --target."));
            case 1 -> SnapshotTree.path(paths.getFirst());
            default ->
                throw HoldfastException.usage(
                        "several paths for one target", "Name one, or a directory with --target.");
        };
        TreeEntry entry = tree.find(wanted);
        if (entry.type() != EntryType.FILE) {
            throw HoldfastException.usage("'" + Names.text(wanted) + "' is no file", "'holdfast ls' shows what it is.");
        }
        return entry;
    }

    /** Checked by its name before anything is made there, and by where it really lies. */
    private Bytes target(SnapshotAccess access) {
        Bytes absolute = HostPaths.absolute("--target", target);
        requireOutside(access, absolute);
        Bytes real = HostPaths.bytes(made(absolute));
        requireOutside(access, real);
        return real;
    }

    private Path made(Bytes absolute) {
        Path path = HostPaths.path(absolute);
        try {
            if (!dryRun) {
                Files.createDirectories(path);
            }
            return Files.exists(path) ? path.toRealPath() : Path.of("/");
        } catch (IOException e) {
            throw cannotBeMade(Names.text(absolute), Reasons.text(e), e);
        }
    }

    private static HoldfastException cannotBeMade(String path, String reason, Exception cause) {
        return new HoldfastException(
                ErrorCode.FAILED,
                "the target " + path + " cannot be made or entered: " + reason,
                "Choose a directory you may write to.",
                cause);
    }

    private static void requireOutside(SnapshotAccess access, Bytes into) {
        Optional<Path> directory =
                access.repository().flatMap(opened -> opened.place().directory());
        if (directory.isEmpty()) {
            return;
        }
        String repository = directory.get().toString();
        String path = RawText.decode(into.unsafeArray());
        if (path.equals(repository) || path.startsWith(repository + "/")) {
            throw HoldfastException.usage(
                    "the target " + Names.text(into) + " lies in the repository", "Choose a directory elsewhere.");
        }
    }

    private void report(RestoreResult result, long differing, RestoreRequest.Overwrite when, ProgressLine progress) {
        root.messages()
                .tell("%s %s (%s unchanged), %s, %s written, %s"
                        .formatted(
                                dryRun ? "Would restore" : "Restored",
                                Formats.count(result.files(), "file", "files"),
                                Formats.count(result.unchangedFiles(), "", "").strip(),
                                Formats.size(result.bytes()),
                                Formats.size(result.writtenBytes()),
                                Formats.duration(progress.elapsed())));
        if (result.failed() > 0) {
            root.messages()
                    .tell(Formats.count(result.failed(), "entry", "entries") + " could not be restored, see above.");
        } else if (result.files() == 0 && !includes.isEmpty()) {
            root.messages()
                    .warning(
                            "--include " + String.join(" --include ", includes),
                            "fits no file of the snapshot; 'holdfast find' looks for names");
        }
        if (verify && !dryRun) {
            root.messages()
                    .tell(
                            differing == 0
                                    ? "Read again and compared: the content of all files is as in the snapshot."
                                    : Formats.count(differing, "file differs", "files differ")
                                            + " from the snapshot. "
                                            + (when == RestoreRequest.Overwrite.ALWAYS
                                                    ? "Somebody else writes there, or the disk fails."
                                                    : "Files of the same size and time were left as they are; --overwrite always compares their content."));
        }
        root.messages()
                .object(JsonLine.of("summary")
                        .with("files", result.files())
                        .with("unchanged_files", result.unchangedFiles())
                        .with("directories", result.directories())
                        .with("others", result.others())
                        .with("bytes", result.bytes())
                        .with("written_bytes", result.writtenBytes())
                        .with("failed", result.failed())
                        .with("differing", differing)
                        .with("dry_run", dryRun)
                        .with("seconds", progress.elapsed().toMillis() / 1000.0));
    }

    private record Listener(RootCommand root, ProgressLine progress) implements RestoreListener {
        @Override
        public void advanced(long bytes) {
            progress.bytes.addAndGet(bytes);
        }

        @Override
        public void restored(Bytes path, long sizeBytes, boolean unchanged) {
            progress.files.incrementAndGet();
            if (root.isVerbose()) {
                root.messages().note((unchanged ? "unchanged  " : "restored  ") + Names.text(path));
            }
        }

        @Override
        public void failed(Bytes path, String reason) {
            root.messages().warning(Names.text(path), reason);
        }

        @Override
        public void note(Bytes path, String text) {
            root.messages().remark(Names.text(path), text);
        }
    }
}
