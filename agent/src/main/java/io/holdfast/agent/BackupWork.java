package io.holdfast.agent;

import io.holdfast.agent.data.MediaBackups;
import io.holdfast.agent.data.MediaJob;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.sources.backup.BackupRequest;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.backup.FileBackup;
import io.holdfast.sources.backup.NamedSource;
import io.holdfast.sources.backup.StreamBackup;
import io.holdfast.sources.backup.StreamCommand;
import io.holdfast.sources.backup.VolumeBackup;
import io.holdfast.sources.files.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Saves what a plan names, through a media server. */
public final class BackupWork implements JobWork {
    private final MediaConnections media;
    private final RepositorySettings settings;
    private final List<String> alwaysExcluded;
    private final Path temporary;

    /**
     * @param settings of this process
     * @param alwaysExcluded patterns of what no plan saves: this program's own repositories
     * @param temporary a directory for what programs say
     */
    public BackupWork(
            MediaConnections media, RepositorySettings settings, List<String> alwaysExcluded, Path temporary) {
        this.media = media;
        this.settings = settings;
        this.alwaysExcluded = List.copyOf(alwaysExcluded);
        this.temporary = temporary;
    }

    @Override
    public Report.End run(JobOrder order, JobWatch watch) {
        BackupOrder backup = order.backup()
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.FAILED,
                        "this agent does not know how to do this job",
                        "Install the agent of the server's version."));
        JobProgress progress = new JobProgress(watch);
        List<Report.Made> made = new ArrayList<>();
        long unreadable = 0;
        for (Source source : backup.sources()) {
            BackupResult result = save(order, backup, source, progress);
            SnapshotStatistics statistics = result.statistics();
            unreadable += statistics.unreadable();
            made.add(new Report.Made(
                    result.snapshot().orElseThrow().text(),
                    text(source),
                    statistics.files(),
                    statistics.bytes(),
                    statistics.addedBytes(),
                    statistics.newFiles(),
                    statistics.changedFiles(),
                    statistics.unreadable()));
        }
        return new Report.End(
                unreadable == 0 ? "done" : "partial",
                unreadable == 0 ? "" : unreadable + " entries could not be read",
                made);
    }

    private static String text(Source source) {
        return source.kind().equals(Source.FILES) ? String.join(" ", source.paths()) : source.name();
    }

    /** With the first media server that answers. */
    private BackupResult save(JobOrder order, BackupOrder backup, Source source, JobProgress progress) {
        if (order.media().isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "no media server is there",
                    "Start one: holdfast server, or media run.");
        }
        HoldfastException failure = null;
        for (MediaPlace place : order.media()) {
            try (HttpMediaCalls calls = media.open(place)) {
                return save(new MediaBackups(calls, settings), order, backup, source, progress);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE) {
                    throw e;
                }
                progress.watch().event("warning", "", "media server " + place.name() + ": " + e.getMessage());
                failure = e;
            }
        }
        throw failure == null ? new IllegalStateException() : failure;
    }

    private BackupResult save(
            MediaBackups media, JobOrder order, BackupOrder backup, Source source, JobProgress progress) {
        List<String> tags = backup.tags().stream().distinct().sorted().toList();
        return switch (source.kind()) {
            case Source.FILES -> {
                List<Bytes> paths = source.names();
                paths.forEach(BackupWork::requireRealParent);
                BackupRequest request =
                        new BackupRequest(paths, excludes(source), false, false, tags, order.host(), Optional.empty());
                yield media.run(
                        new MediaJob(order.job(), order.fence(), source.names()),
                        target -> new FileBackup(target, HostFiles.ofThisSystem(), request, progress).run());
            }
            case Source.VOLUME -> {
                NamedSource named = named(source, order, tags);
                Path path = Path.of(source.paths().getFirst());
                yield media.run(
                        new MediaJob(order.job(), order.fence(), List.of(named.name())),
                        target -> new VolumeBackup(target, named, progress).run(path));
            }
            case Source.COMMAND -> {
                NamedSource named = named(source, order, tags);
                yield media.run(
                        new MediaJob(order.job(), order.fence(), List.of(named.name())),
                        target -> command(source, new StreamBackup(target, named, progress)));
            }
            default ->
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "this agent cannot save '" + source.kind() + "'",
                        "Install the agent of the server's version.");
        };
    }

    private static NamedSource named(Source source, JobOrder order, List<String> tags) {
        return new NamedSource(RawText.encode(source.name()), order.host(), tags, Optional.empty());
    }

    private BackupResult command(Source source, StreamBackup backup) {
        Path said = null;
        try {
            said = Files.createTempFile(Files.createDirectories(temporary), "said", ".txt");
            try (StreamCommand running = StreamCommand.start(source.command(), said)) {
                return backup.run(running.output(), running);
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, temporary + " cannot be used: " + e, "Check its rights and space.", e);
        } finally {
            if (said != null) {
                try {
                    Files.deleteIfExists(said);
                } catch (IOException e) {
                    // A few lines of text stay.
                }
            }
        }
    }

    private ExcludeRules excludes(Source source) {
        List<String> patterns = new ArrayList<>(source.excludes());
        patterns.addAll(alwaysExcluded);
        return ExcludeRules.of(patterns);
    }

    /** Its name is what the server knows it by, so it must be its real one. */
    private static void requireRealParent(Bytes path) {
        String text = RawText.decode(path.unsafeArray());
        if (RawText.hasRaw(text)) {
            return; // Java cannot name it; the backup itself looks again.
        }
        Path given = Path.of(text);
        Path above = given.getParent();
        if (!Files.exists(given, LinkOption.NOFOLLOW_LINKS)) {
            throw HoldfastException.usage("'" + text + "' does not exist on this host", "Change the plan.");
        }
        try {
            if (above != null && !above.toRealPath().equals(above)) {
                throw HoldfastException.usage(
                        "'" + text + "' goes through a symbolic link",
                        "Write " + above.toRealPath().resolve(given.getFileName()) + " in the plan.");
            }
        } catch (IOException e) {
            throw HoldfastException.usage("'" + text + "' cannot be reached: " + e, "Check its rights.");
        }
    }
}
