package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.repository.RepositorySettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Saves what a plan names, through a media server. */
public final class BackupWork implements JobWork {
    private final SourceSaver.Host host;
    private final RepositorySettings settings;

    /**
     * @param settings of this process
     * @param alwaysExcluded patterns of what no plan saves: this program's own repositories
     * @param temporary a directory for what programs say
     */
    public BackupWork(
            MediaConnections media, RepositorySettings settings, List<String> alwaysExcluded, Path temporary) {
        this.host = new SourceSaver.Host(media, alwaysExcluded, temporary);
        this.settings = settings;
    }

    @Override
    public Report.End run(JobOrder order, JobWatch watch) {
        BackupOrder backup = order.backup()
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.FAILED,
                        "this agent does not know how to do this job",
                        "Install the agent of the server's version."));
        SourceSaver saver = new SourceSaver(host, order, backup.tags(), settings, new JobProgress(watch));
        List<Report.Made> made = new ArrayList<>();
        for (Source source : backup.sources()) {
            made.addAll(saver.save(source));
        }
        long unreadable = made.stream().mapToLong(Report.Made::unreadable).sum();
        return new Report.End(
                unreadable == 0 ? "done" : "partial",
                unreadable == 0 ? "" : unreadable + " entries could not be read",
                made);
    }
}
