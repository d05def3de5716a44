package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreCheck;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
            required = true,
            description = "Where to: /a/b of the snapshot becomes DIR/a/b.")
    private Path target = Path.of("");

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
        HeadStart.begin();
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open();
                ProgressLine progress = ProgressLine.start(root, dryRun ? "Looking" : "Restoring")) {
            Snapshot snapshot = filter.one(opened.repository(), name);
            // By its name before anything is made there, and by where it really lies.
            requireOutside(opened, target.toAbsolutePath().normalize());
            Path into = targetDirectory();
            requireOutside(opened, into);
            RestoreRequest request = new RestoreRequest(
                    paths.stream().map(SnapshotTree::path).toList(),
                    ExcludeRules.of(includes),
                    ExcludeRules.of(excludes),
                    Names.bytes(into.toString()),
                    when,
                    dryRun);
            if (paths.isEmpty() && includes.isEmpty() && excludes.isEmpty()) {
                progress.totalBytes.set(snapshot.manifest().statistics().bytes());
            }
            Listener listener = new Listener(root, progress);
            HostFiles files = HostFiles.ofThisSystem();
            RestoreResult result = new FileRestore(opened.repository(), files, snapshot, request, listener).run();
            long differing = verify && !dryRun
                    ? new RestoreCheck(opened.repository(), files, snapshot, request, listener).run()
                    : 0;
            progress.close();
            report(result, differing, progress);
            return result.damaged() > 0
                    ? ErrorCode.DAMAGED.exitCode()
                    : result.failed() + differing > 0 ? ErrorCode.FAILED.exitCode() : 0;
        }
    }

    private static void requireOutside(RepositoryAccess.Opened opened, Path into) {
        if (into.startsWith(opened.directory())) {
            throw HoldfastException.usage(
                    "the target " + into + " lies in the repository", "Choose a directory elsewhere.");
        }
    }

    private Path targetDirectory() {
        Path absolute = target.toAbsolutePath().normalize();
        try {
            if (!dryRun) {
                Files.createDirectories(absolute);
            }
            return Files.exists(absolute) ? absolute.toRealPath() : Path.of("/");
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the target " + absolute + " cannot be made or entered: " + Reasons.text(e),
                    "Choose a directory you may write to.",
                    e);
        }
    }

    private void report(RestoreResult result, long differing, ProgressLine progress) {
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
        }
        if (verify && !dryRun) {
            root.messages()
                    .tell(
                            differing == 0
                                    ? "Read again and compared: the content of all files is as in the snapshot."
                                    : Formats.count(differing, "file differs", "files differ")
                                            + " from the snapshot: somebody else writes there, or the disk fails.");
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
        public void restored(Bytes path, long sizeBytes, boolean unchanged) {
            progress.files.incrementAndGet();
            progress.bytes.addAndGet(sizeBytes);
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
