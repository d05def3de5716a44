package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Jobs;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.Report;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What hosts ask the control server about jobs (rules J2, J3, J6 and J9 of docs/jobs.md). Thread-safe. */
public final class HostDesk {
    private final Catalog catalog;
    private final Dispatch dispatch;
    private final InstantSource clock;
    private final EventLog log;

    /** @param ends is told what becomes of jobs */
    public HostDesk(Catalog catalog, JobEnds ends, InstantSource clock, EventLog log) {
        this.catalog = catalog;
        this.dispatch = new Dispatch(catalog, ends, clock, log);
        this.clock = clock;
        this.log = log;
    }

    /** An agent has just been started: what its host had at work is free at once. */
    public void began(HostId host) {
        int abandoned = catalog.jobs().abandon(host);
        if (abandoned > 0) {
            log.warning("agent began anew with jobs at work", Map.of("host", host.text(), "jobs", abandoned));
        }
    }

    /** A job of this host, taken for it. */
    public Optional<JobOrder> take(HostId host) {
        return dispatch.take(host);
    }

    /**
     * A host says how a job goes, or that it has ended.
     *
     * @return what {@link Report.Answer#lease} has
     * @throws HoldfastException {@code NOT_FOUND} where this host has no such job, {@code USAGE} where no job can end so
     */
    public String report(HostId host, JobId id, Report.Word word) {
        Job job = catalog.jobs()
                .job(id)
                .filter(found -> host.equals(found.host()))
                .orElseThrow(() -> HoldfastException.notFound("this host has no job " + id.text()));
        Instant now = clock.instant();
        Jobs.Report report = new Jobs.Report(
                new Job.Progress(
                        word.progress().bytes(),
                        Math.max(word.progress().totalBytes(), 0),
                        word.progress().files(),
                        0),
                word.firstEvent(),
                word.events().stream().map(event -> news(event, now)).toList());
        Jobs.Lease lease = catalog.jobs().report(id, word.fence(), MachineApi.LEASE, report);
        if (lease != Jobs.Lease.LOST && word.end().isPresent()) {
            Report.End end = word.end().get();
            dispatch.ended(job, word.fence(), state(end), word.progress(), end);
        }
        return lease.name().toLowerCase(Locale.ROOT);
    }

    private static Jobs.News news(Report.Event event, Instant now) {
        Job.Level level = switch (event.level()) {
            case "error" -> Job.Level.ERROR;
            case "warning" -> Job.Level.WARNING;
            default -> Job.Level.INFO;
        };
        return new Jobs.News(
                now,
                level,
                event.path().isEmpty() ? event.text() : RawText.printable(event.path()) + ": " + event.text());
    }

    private static JobState state(Report.End end) {
        return switch (end.state()) {
            case "done" -> JobState.DONE;
            case "partial" -> JobState.PARTIAL;
            case "cancelled" -> JobState.CANCELLED;
            case "failed" -> JobState.FAILED;
            default -> throw new HoldfastException(ErrorCode.USAGE, "'" + end.state() + "' is no state to end in");
        };
    }
}
