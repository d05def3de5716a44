package io.holdfast.agent;

import io.holdfast.agent.data.MediaBackups;
import io.holdfast.agent.data.MediaJob;
import io.holdfast.agent.data.VaultLink;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.VaultMade;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.session.BackupTarget;
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
import io.holdfast.storage.Bandwidth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Saves the sources of one job, one after the other. For one thread. */
final class SourceSaver {
    private final Host host;
    private final JobOrder order;
    private final List<String> tags;
    private final RepositorySettings settings;
    private final Supplier<Bandwidth> bandwidth;
    private final JobProgress progress;
    private final boolean isForVault;

    /**
     * What is the same for all jobs.
     *
     * @param alwaysExcluded patterns of what no plan saves: this program's own repositories
     * @param temporary a directory for what programs say; it may be missing
     * @param keys of this machine's vaults
     */
    record Host(MediaConnections media, List<String> alwaysExcluded, Path temporary, VaultKeys keys) {
        Host {
            alwaysExcluded = List.copyOf(alwaysExcluded);
        }
    }

    /**
     * @param settings of this process, for this job
     * @param bandwidth how fast content may go and come; asked again and again
     */
    SourceSaver(
            Host host,
            JobOrder order,
            BackupOrder backup,
            RepositorySettings settings,
            Supplier<Bandwidth> bandwidth,
            JobProgress progress) {
        this.host = host;
        this.isForVault = backup.isForVault();
        this.order = order;
        this.tags = backup.tags().stream().distinct().sorted().toList();
        this.settings = settings;
        this.bandwidth = bandwidth;
        this.progress = progress;
    }

    /** What was made of a source: one snapshot, or one for each database. */
    List<Report.Made> save(Source source) {
        return switch (source.kind()) {
            case Source.FILES -> {
                List<Bytes> paths = source.names();
                paths.forEach(SourceSaver::requireRealParent);
                BackupRequest request =
                        new BackupRequest(paths, excludes(source), false, false, tags, order.host(), Optional.empty());
                yield List.of(made(
                        String.join(" ", source.paths()),
                        snapshot(
                                paths,
                                target -> new FileBackup(target, HostFiles.ofThisSystem(), request, progress).run())));
            }
            case Source.VOLUME -> {
                NamedSource named = named(source.name());
                Path path = Path.of(source.paths().getFirst());
                yield List.of(made(
                        source.name(),
                        snapshot(
                                List.of(named.name()), target -> new VolumeBackup(target, named, progress).run(path))));
            }
            case Source.COMMAND -> {
                NamedSource named = named(source.name());
                yield List.of(made(
                        source.name(),
                        snapshot(
                                List.of(named.name()),
                                target -> command(source, new StreamBackup(target, named, progress)))));
            }
            default -> new DatabaseSaver(this, progress.watch()).save(source);
        };
    }

    private Report.Made made(String source, BackupResult result) {
        return made(source, result, Optional.empty());
    }

    /** Tells of a snapshot that is there, whatever becomes of the rest of the job. */
    Report.Made made(String source, BackupResult result, Optional<String> logPosition) {
        SnapshotStatistics statistics = result.statistics();
        Report.Made made = new Report.Made(
                result.snapshot().orElseThrow().text(),
                source,
                statistics.files(),
                statistics.bytes(),
                statistics.addedBytes(),
                statistics.newFiles(),
                statistics.changedFiles(),
                statistics.unreadable(),
                logPosition);
        progress.watch().made(made);
        return made;
    }

    /** What is saved under a name of its own. */
    NamedSource named(String name) {
        return new NamedSource(RawText.encode(name), order.host(), tags, Optional.empty());
    }

    /** Saves a stream; what {@code send} does with the backup that it gets may be asked for again. */
    BackupResult stream(NamedSource named, Function<StreamBackup, BackupResult> send) {
        return snapshot(List.of(named.name()), target -> send.apply(new StreamBackup(target, named, progress)));
    }

    /** With the first media server that answers. */
    private BackupResult snapshot(List<Bytes> paths, Function<BackupTarget, BackupResult> backup) {
        if (order.media().isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "no media server is there",
                    "Start one: holdfast server, or media run.");
        }
        HoldfastException failure = null;
        for (MediaPlace place : order.media()) {
            try {
                return isForVault ? intoVault(place, paths, backup) : intoRepository(place, paths, backup);
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

    private BackupResult intoRepository(
            MediaPlace place, List<Bytes> paths, Function<BackupTarget, BackupResult> backup) {
        try (HttpMediaCalls calls = host.media().open(place, bandwidth)) {
            return new MediaBackups(calls, settings, !place.equals(order.media().getLast()))
                    .run(new MediaJob(order.job(), order.fence(), paths), backup);
        }
    }

    /** Encrypted here, with keys of this host. */
    private BackupResult intoVault(MediaPlace place, List<Bytes> paths, Function<BackupTarget, BackupResult> backup) {
        try (VaultCalls calls = host.media().openVaults(place, bandwidth)) {
            return new VaultLink(calls, settings).with(order.job(), order.fence(), paths, (access, store) -> {
                try (Repository vault = host.keys().open(store, access.answer(), settings, this::tell)) {
                    BackupResult result = backup.apply(vault);
                    tellOf(result, access);
                    return result;
                }
            });
        }
    }

    private void tell(String news) {
        progress.watch().event("warning", "", news);
    }

    /** The snapshot is made whether or not somebody hears how much is in it. */
    private void tellOf(BackupResult result, VaultLink.Access access) {
        SnapshotStatistics statistics = result.statistics();
        try {
            access.made(new VaultMade(
                    result.snapshot().orElseThrow().leaf(),
                    statistics.files(),
                    statistics.bytes(),
                    statistics.addedBytes()));
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                throw e;
            }
            tell("the server does not know the size of a snapshot: " + e.getMessage());
        }
    }

    private BackupResult command(Source source, StreamBackup backup) {
        Path said = null;
        try {
            said = Files.createTempFile(Files.createDirectories(host.temporary()), "said", ".txt");
            try (StreamCommand running = StreamCommand.start(source.command(), said)) {
                return backup.run(running.output(), running);
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, host.temporary() + " cannot be used: " + e, "Check its rights and space.", e);
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
        patterns.addAll(host.alwaysExcluded());
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
