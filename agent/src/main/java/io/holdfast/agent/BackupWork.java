package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.machine.JobConduct;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.sources.files.ThreadPriority;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Saves what a plan names, through a media server. */
public final class BackupWork implements JobWork {
    private final SourceSaver.Host host;
    private final RepositorySettings settings;

    /**
     * @param settings of this process
     * @param alwaysExcluded patterns of what no plan saves: this program's own repositories
     * @param temporary a directory for what programs say
     * @param keys of this machine's vaults
     */
    public BackupWork(
            MediaConnections media,
            RepositorySettings settings,
            List<String> alwaysExcluded,
            Path temporary,
            VaultKeys keys) {
        this.host = new SourceSaver.Host(media, alwaysExcluded, temporary, keys);
        this.settings = settings;
    }

    @Override
    public Report.End run(JobOrder order, JobWatch watch) {
        BackupOrder backup = order.backup()
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.FAILED,
                        "this agent does not know how to do this job",
                        "Install the agent of the server's version."));
        JobConduct conduct = backup.conduct().orElse(JobConduct.NONE);
        try (Hooks hooks = new Hooks(host.temporary(), watch)) {
            return run(order, backup, conduct, hooks, watch);
        }
    }

    private Report.End run(JobOrder order, BackupOrder backup, JobConduct conduct, Hooks hooks, JobWatch watch) {
        boolean saved = false;
        List<Report.Made> made = new ArrayList<>();
        Optional<String> failure;
        try {
            hooks.before(conduct.before());
            RepositorySettings own = conduct.courtesy()
                    .map(courtesy -> courteous(courtesy, watch))
                    .orElse(settings);
            BandwidthByTime bandwidth = new BandwidthByTime(
                    BandwidthByTime.limits(conduct),
                    settings.clock(),
                    settings.waits(),
                    text -> watch.event("info", "", text));
            SourceSaver saver = new SourceSaver(host, order, backup, own, bandwidth, new JobProgress(watch));
            for (Source source : backup.sources()) {
                made.addAll(saver.save(source));
            }
            saved = true;
        } finally {
            failure = hooks.after(conduct.after(), saved);
        }
        if (failure.isPresent()) {
            return new Report.End("failed", failure.get() + "; what was saved stays", made);
        }
        return end(made);
    }

    /** Of this thread, and all that it starts. */
    private RepositorySettings courteous(JobConduct.Courtesy courtesy, JobWatch watch) {
        try {
            if (courtesy.nice() > 0) {
                ThreadPriority.nice(courtesy.nice());
            }
            switch (courtesy.io()) {
                case JobConduct.Courtesy.LOW -> ThreadPriority.io(ThreadPriority.Io.LOW);
                case JobConduct.Courtesy.IDLE -> ThreadPriority.io(ThreadPriority.Io.IDLE);
                default -> {
                    // As the agent itself.
                }
            }
        } catch (HoldfastException e) {
            watch.event("warning", "", "courtesy: " + e.getMessage());
        }
        return courtesy.threads() > 0 ? settings.withThreads(courtesy.threads()) : settings;
    }

    private static Report.End end(List<Report.Made> made) {
        long unreadable = made.stream().mapToLong(Report.Made::unreadable).sum();
        return new Report.End(
                unreadable == 0 ? "done" : "partial",
                unreadable == 0 ? "" : unreadable + " entries could not be read",
                made);
    }
}
