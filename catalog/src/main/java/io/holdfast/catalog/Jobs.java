package io.holdfast.catalog;

import io.holdfast.catalog.Database.Turn;
import io.holdfast.catalog.Job.Level;
import io.holdfast.catalog.Job.Progress;
import io.holdfast.catalog.Places.Taken;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** The jobs of a catalog: who runs what, by the rules of docs/jobs.md. Thread-safe, for any number of servers and workers. */
public final class Jobs {
    /** A job that kills whoever runs it must not kill everybody. */
    private static final int MAX_ATTEMPTS = 5;

    /** So many free jobs are looked at for one that finds a place. */
    private static final int MAX_LOOKED_AT = 200;

    private static final int MAX_EVENT_TEXT = 2_000;
    private static final int MAX_MESSAGE = 4_000;
    private static final int MAX_RESULT = 1 << 20;

    private static final String FREE =
            "ended_micros = 0 AND (state = 'queued' AND not_before_micros <= ? OR state = 'running' AND lease_until_micros < ?)";

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** What a worker that holds a lease is told. */
    public enum Lease {
        HELD,
        /** Held, and somebody wants the job cancelled. */
        CANCEL,
        /** Another one has the job, or it has ended: nothing that is done for it counts any more. */
        LOST
    }

    /** What became of a job that failed. */
    public enum AfterFailure {
        /** It is queued again. */
        QUEUED,
        /** It has ended as failed, or as cancelled where somebody wants that. */
        ENDED,
        /** It was another's, or had ended: nothing was changed. */
        LOST
    }

    /**
     * What a worker says of a job.
     *
     * @param firstEvent how many events it has sent before in this attempt: those that came already, because an answer was lost, are not taken twice
     * @param events what happened since
     */
    public record Report(Progress progress, long firstEvent, List<News> events) {
        public Report {
            events = List.copyOf(events);
        }
    }

    /** An event that a worker tells; of a text longer than 2,000 characters the rest is left out. */
    public record News(Instant at, Level level, String text) {}

    /**
     * How a job ended.
     *
     * @param state a final one
     * @param message why; empty where there is nothing to say
     * @param result JSON text: what it has made; 1 Mi characters at most
     * @param warnings how many there were
     */
    public record End(JobState state, String message, String result, long warnings) {
        public End {
            if (!state.isFinal()) {
                throw new IllegalArgumentException("a job that ends as " + state);
            }
            if (result.length() > MAX_RESULT) {
                throw new IllegalArgumentException("a result of " + result.length() + " characters");
            }
            message = Texts.storable(message, MAX_MESSAGE);
            result = Texts.storable(result, MAX_RESULT);
        }
    }

    Jobs(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Decides the moments of a plan, and puts the jobs of its run (rule J1). Hosts that are gone get none.
     *
     * @param before up to which moment everything was decided when this was looked at
     * @param decided up to which it is now
     * @return false where somebody else has decided meanwhile: then nothing was put
     */
    public boolean put(String plan, Instant before, Instant decided, Collection<NewJob> jobs) {
        return database.write(handle -> {
            if (!Plans.decide(handle, plan, before, decided)) {
                return false;
            }
            Set<String> hosts = new HashSet<>(
                    handle.select("SELECT id FROM hosts").mapTo(String.class).list());
            List<NewJob> possible = jobs.stream()
                    .filter(job -> {
                        HostId host = job.host();
                        return host == null || hosts.contains(host.text());
                    })
                    .toList();
            insert(handle, possible);
            return true;
        });
    }

    /**
     * Puts a job that no schedule asks for, or that follows another one of its plan.
     *
     * @return its id; empty where the plan has one of this kind, moment and host already
     */
    public Optional<JobId> put(NewJob job) {
        return database.write(handle -> insert(handle, List.of(job)).stream().findFirst());
    }

    /** Puts a job of which one is enough for its repository; where one of its kind has not ended there, that one is meant. Gives the id of the one that is there then. */
    public JobId putAlone(NewJob job) {
        return database.write(handle -> {
            database.await(handle, Turn.TAKING_JOBS);
            return handle.select(
                            "SELECT id FROM jobs WHERE ended_micros = 0 AND cancel_wanted = 0 AND kind = ? AND repository = ?"
                                    + " ORDER BY queued_micros, id LIMIT 1",
                            Words.of(job.kind()),
                            job.repository())
                    .mapTo(String.class)
                    .findFirst()
                    .map(JobId::new)
                    .orElseGet(() -> insert(handle, List.of(job)).getFirst());
        });
    }

    /** Puts a job that does again what this one did or should have done; empty where there is none of this id. */
    public Optional<JobId> again(JobId id) {
        Instant now = Micros.exact(clock);
        return database.write(handle -> JobRows.of(handle, id)
                .flatMap(job -> put(new NewJob(
                        job.kind(), job.plan(), job.host(), job.repository(), job.spec(), now, now, job.priority()))));
    }

    /** The ids of those that were not there. */
    private List<JobId> insert(Handle handle, List<NewJob> jobs) {
        if (jobs.isEmpty()) {
            return List.of();
        }
        long now = Micros.of(clock.instant());
        List<JobId> ids = new ArrayList<>();
        PreparedBatch batch = handle.prepareBatch(
                "INSERT INTO jobs (id, kind, plan, host_id, repository, spec, moment_micros, priority, state, queued_micros,"
                        + " not_before_micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)"
                        + " ON CONFLICT (plan, moment_micros, host_id, kind) DO NOTHING");
        for (NewJob job : jobs) {
            JobId id = JobId.generate(random);
            ids.add(id);
            HostId host = job.host();
            batch.add(
                    id.text(),
                    Words.of(job.kind()),
                    job.plan().isEmpty() ? null : job.plan(),
                    host == null ? null : host.text(),
                    job.repository(),
                    job.spec(),
                    Micros.of(job.moment()),
                    job.priority(),
                    now,
                    Micros.of(job.notBefore()));
        }
        int[] put = batch.execute();
        List<JobId> fresh = new ArrayList<>();
        for (int i = 0; i < put.length; i++) {
            if (put[i] > 0) {
                fresh.add(ids.get(i));
            }
        }
        return fresh;
    }

    /** Takes the job that has waited longest, wherever it is to run (rule J2). See {@link #takeOf}. */
    public Optional<Job> take(String owner, Duration lease) {
        return take(List.of(JobKind.values()), null, new Worker(owner, lease, Places.UNLIMITED));
    }

    /**
     * Who wants a job.
     *
     * @param owner for people
     * @param lease how long the job is this one's without a renewal
     */
    public record Worker(String owner, Duration lease, Places places) {}

    /**
     * Takes the job of a host that goes first: by priority, then the one that has waited longest (rules J2, J7). One whose worker is gone for the last time it may
     * be fails instead, and one that somebody wants cancelled is cancelled.
     */
    public Optional<Job> takeOf(HostId host, Worker worker) {
        return take(JobKind.ofHosts(true), host, worker);
    }

    /** Takes a job that a media server runs: the same for those. Where the places name media servers for a job, this one has to be among them. */
    public Optional<Job> takeAt(MediaServerId server, Worker worker) {
        Places places = worker.places();
        Worker here = new Worker(
                worker.owner(),
                worker.lease(),
                new Places(
                        Optional.of(job -> places.of(job)
                                .map(servers -> servers.contains(server) ? List.of(server) : List.<MediaServerId>of())
                                .orElse(List.of(server))),
                        places.perHost(),
                        places.perRepository(),
                        places.perMediaServer()));
        return take(JobKind.ofHosts(false), null, here);
    }

    private Optional<Job> take(List<JobKind> kinds, @Nullable HostId host, Worker worker) {
        // Most that ask get nothing: they need not wait for their turn.
        if (database.read(handle -> free(handle, kinds, host, MAX_LOOKED_AT)).stream()
                .noneMatch(free ->
                        worker.places().isPossible(free.job()) || free.job().isCancelWanted())) {
            return Optional.empty();
        }
        return database.write(handle -> {
            database.await(handle, Turn.TAKING_JOBS);
            Taken taken = Taken.read(handle);
            for (Free free : free(handle, kinds, host, MAX_LOOKED_AT)) {
                Optional<Job> job = take(handle, free, worker, taken);
                if (job.isPresent()) {
                    return job;
                }
            }
            return Optional.empty();
        });
    }

    private Optional<Job> take(Handle handle, Free free, Worker worker, Taken taken) {
        Job job = free.job();
        Instant now = clock.instant();
        boolean isAbandoned = job.state() == JobState.RUNNING;
        if (isAbandoned) {
            taken.leave(job);
        }
        if (job.isCancelWanted()) {
            end(handle, free, JobState.CANCELLED, "cancelled", now);
            return Optional.empty();
        }
        if (free.takes() >= MAX_ATTEMPTS) {
            end(handle, free, JobState.FAILED, "began " + MAX_ATTEMPTS + " times without an end", now);
            return Optional.empty();
        }
        Places places = worker.places();
        Optional<List<MediaServerId>> servers = places.of(job);
        Optional<MediaServerId> mediaServer =
                servers.flatMap(possible -> Places.firstWithRoom(possible, places.perMediaServer(), taken));
        if (!places.hasRoom(job, taken) || servers.isPresent() && mediaServer.isEmpty()) {
            if (isAbandoned) {
                // It still has the place that it had, and counts.
                taken.stay(job);
            }
            return Optional.empty();
        }
        boolean isTaken = change(
                handle,
                free,
                "state = 'running', fence = fence + 1, takes = takes + 1, owner = ?, lease_until_micros = ?, begun_micros = ?,"
                        + " media_server_id = ?, events_taken = 0",
                worker.owner(),
                Micros.of(now.plus(worker.lease())),
                Micros.of(now),
                mediaServer.map(MediaServerId::text).orElse(null));
        // Else somebody has renewed or cancelled it at the last moment.
        return isTaken ? JobRows.of(handle, job.id()) : Optional.empty();
    }

    /** A job that nobody holds. Whoever renews his lease after this was read still holds it. */
    private record Free(Job job, long leaseUntilMicros, long takes) {}

    private List<Free> free(Handle handle, List<JobKind> kinds, @Nullable HostId host, int most) {
        String words = kinds.stream().map(kind -> "'" + Words.of(kind) + "'").collect(Collectors.joining(", "));
        long now = Micros.of(clock.instant());
        List<Object> arguments = new ArrayList<>(List.of(now, now));
        if (host != null) {
            arguments.add(host.text());
        }
        arguments.add(most);
        return handle.select(
                        "SELECT " + JobRows.COLUMNS + ", lease_until_micros, takes FROM jobs WHERE " + FREE
                                + " AND kind IN (" + words + ")" + (host == null ? "" : " AND host_id = ?")
                                + " ORDER BY priority DESC, queued_micros, id LIMIT ?",
                        arguments.toArray())
                .map((row, context) ->
                        new Free(JobRows.read(row, context), row.getLong("lease_until_micros"), row.getLong("takes")))
                .list();
    }

    /** The hosts that would get a job if they came now and there were places, so that those that wait can be told. */
    public Set<HostId> waiting() {
        long now = Micros.of(clock.instant());
        String words = JobKind.ofHosts(true).stream()
                .map(kind -> "'" + Words.of(kind) + "'")
                .collect(Collectors.joining(", "));
        return database.read(handle -> handle
                .select("SELECT DISTINCT host_id FROM jobs WHERE " + FREE + " AND kind IN (" + words + ")", now, now)
                .mapTo(String.class)
                .stream()
                .map(HostId::new)
                .collect(Collectors.toSet()));
    }

    private static void end(Handle handle, Free free, JobState state, String message, Instant now) {
        if (change(
                handle, free, "state = ?, ended_micros = ?, message = ?", Words.of(state), Micros.of(now), message)) {
            JobResults.note(handle, free.job(), state, message, now);
        }
    }

    private static boolean change(Handle handle, Free free, String what, @Nullable Object... values) {
        List<@Nullable Object> arguments = new ArrayList<>(Arrays.asList(values));
        arguments.addAll(List.of(
                free.job().id().text(), free.job().fence(), Words.of(free.job().state()), free.leaseUntilMicros()));
        return handle.execute(
                        "UPDATE jobs SET " + what
                                + " WHERE id = ? AND fence = ? AND state = ? AND lease_until_micros = ?",
                        arguments.toArray())
                > 0;
    }

    /**
     * A host has begun anew, and has nothing at work: what it had is free at once, instead of when its lease is over.
     *
     * @return how many jobs that were
     */
    public int abandon(HostId host) {
        String kinds = JobKind.ofHosts(true).stream()
                .map(kind -> "'" + Words.of(kind) + "'")
                .collect(Collectors.joining(", "));
        return database.execute(
                "UPDATE jobs SET lease_until_micros = 0 WHERE host_id = ? AND state = 'running' AND kind IN (" + kinds
                        + ")",
                host.text());
    }

    /** Holds a job for longer (rule J3). */
    public Lease renew(JobId id, long fence, Duration lease) {
        return database.write(handle -> renew(handle, id, fence, lease, ""));
    }

    /** Holds a job for longer, and notes how far it is and what happened (rule J3). */
    public Lease report(JobId id, long fence, Duration lease, Report report) {
        Progress progress = report.progress();
        return database.write(handle -> {
            Lease held = renew(
                    handle,
                    id,
                    fence,
                    lease,
                    ", bytes_done = ?, bytes_total = ?, files_done = ?, files_total = ?",
                    progress.bytesDone(),
                    progress.bytesTotal(),
                    progress.filesDone(),
                    progress.filesTotal());
            if (held != Lease.LOST) {
                note(handle, id, report);
            }
            return held;
        });
    }

    private Lease renew(Handle handle, JobId id, long fence, Duration lease, String more, Object... values) {
        List<Object> arguments =
                new ArrayList<>(List.of(Micros.of(clock.instant().plus(lease))));
        arguments.addAll(List.of(values));
        arguments.addAll(List.of(id.text(), fence));
        int held = handle.execute(
                "UPDATE jobs SET lease_until_micros = ?" + more + " WHERE id = ? AND fence = ? AND state = 'running'",
                arguments.toArray());
        if (held == 0) {
            return Lease.LOST;
        }
        return JobRows.of(handle, id).map(Job::isCancelWanted).orElse(false) ? Lease.CANCEL : Lease.HELD;
    }

    private static void note(Handle handle, JobId id, Report report) {
        if (report.events().isEmpty()) {
            return;
        }
        record Counts(long ofAttempt, long kept) {}
        Counts counts = handle.select("SELECT events_taken, events FROM jobs WHERE id = ?", id.text())
                .map((row, context) -> new Counts(row.getLong(1), row.getLong(2)))
                .one();
        long kept = counts.kept();
        int known = Math.clamp(
                counts.ofAttempt() - report.firstEvent(), 0, report.events().size());
        for (News news : report.events().subList(known, report.events().size())) {
            if (kept < news.level().room) {
                kept++;
                handle.execute(
                        "INSERT INTO job_events (job_id, sequence, at_micros, level, text) VALUES (?, ?, ?, ?, ?)",
                        id.text(),
                        kept,
                        Micros.of(news.at()),
                        Words.of(news.level()),
                        Texts.storable(news.text(), MAX_EVENT_TEXT));
            }
        }
        handle.execute(
                "UPDATE jobs SET events_taken = ?, events = ? WHERE id = ?",
                Math.max(
                        counts.ofAttempt(),
                        report.firstEvent() + report.events().size()),
                kept,
                id.text());
    }

    /** Ends a job that has nothing to show (rule J3). See {@link #finish(JobId, long, End)}. */
    public boolean finish(JobId id, long fence, JobState state, String message) {
        return finish(id, fence, new End(state, message, "", 0));
    }

    /**
     * Ends a job (rule J3).
     *
     * @return false where the job is another's by now, or has ended: then this says nothing
     */
    public boolean finish(JobId id, long fence, End end) {
        return database.write(handle -> finish(handle, id, fence, end));
    }

    private boolean finish(Handle handle, JobId id, long fence, End end) {
        Instant now = clock.instant();
        int ended = handle.execute(
                "UPDATE jobs SET state = ?, ended_micros = ?, message = ?, result = ?, warnings = ?"
                        + " WHERE id = ? AND fence = ? AND state = 'running'",
                Words.of(end.state()),
                Micros.of(now),
                end.message(),
                end.result(),
                end.warnings(),
                id.text(),
                fence);
        if (ended > 0) {
            JobRows.of(handle, id).ifPresent(job -> JobResults.note(handle, job, end.state(), end.message(), now));
        }
        return ended > 0;
    }

    /** As below, of an attempt that has made nothing. */
    public AfterFailure fail(JobId id, long fence, String message, Retries retries) {
        return fail(id, fence, message, "", retries);
    }

    /**
     * Ends an attempt that failed: the job is queued again after a pause, or fails where that happened often enough (rules J3, J8).
     *
     * @param result what it has made before; it stays where no further attempt makes something else
     */
    public AfterFailure fail(JobId id, long fence, String message, String result, Retries retries) {
        return database.write(handle -> {
            Optional<Job> found = JobRows.of(handle, id);
            if (found.isEmpty()) {
                return AfterFailure.LOST;
            }
            Job job = found.get();
            // An attempt that has made nothing takes away nothing.
            String made = result.isEmpty() ? job.result() : result;
            if (job.isCancelWanted() || job.failures() >= retries.most()) {
                JobState state = job.isCancelWanted() ? JobState.CANCELLED : JobState.FAILED;
                return finish(handle, id, fence, new End(state, message, made, 0))
                        ? AfterFailure.ENDED
                        : AfterFailure.LOST;
            }
            int queued = handle.execute(
                    "UPDATE jobs SET state = 'queued', failures = failures + 1, takes = 0, lease_until_micros = 0,"
                            + " not_before_micros = ?, message = ?, result = ?"
                            + " WHERE id = ? AND fence = ? AND state = 'running' AND cancel_wanted = 0",
                    Micros.of(clock.instant().plus(retries.pause(job.failures()))),
                    Texts.storable(message, MAX_MESSAGE),
                    made,
                    id.text(),
                    fence);
            if (queued > 0) {
                return AfterFailure.QUEUED;
            }
            // It is another's by now; or somebody wants it cancelled since it was read.
            return finish(handle, id, fence, new End(JobState.CANCELLED, message, made, 0))
                    ? AfterFailure.ENDED
                    : AfterFailure.LOST;
        });
    }

    /**
     * Gives back a job that was taken and will not be run here: it is queued as if it had never been taken (rule J3).
     *
     * @return false where it is another's, or has ended, or is to be cancelled: then it is not queued
     */
    public boolean giveBack(JobId id, long fence) {
        return database.execute(
                        "UPDATE jobs SET state = 'queued', takes = takes - 1, lease_until_micros = 0"
                                + " WHERE id = ? AND fence = ? AND state = 'running' AND cancel_wanted = 0",
                        id.text(),
                        fence)
                > 0;
    }

    /**
     * Wants a job cancelled (rule J6).
     *
     * @return false where it has ended
     */
    public boolean cancel(JobId id) {
        return database.write(handle -> {
            Instant now = clock.instant();
            int noted =
                    handle.execute("UPDATE jobs SET cancel_wanted = 1 WHERE id = ? AND state = 'running'", id.text());
            int ended = handle.execute(
                    "UPDATE jobs SET state = 'cancelled', ended_micros = ?, message = 'cancelled'"
                            + " WHERE id = ? AND state = 'queued'",
                    Micros.of(now),
                    id.text());
            if (ended > 0) {
                JobRows.of(handle, id)
                        .ifPresent(job -> JobResults.note(handle, job, JobState.CANCELLED, "cancelled", now));
            }
            return ended + noted > 0;
        });
    }

    /** How many jobs run through each media server; those without one are not in it. */
    public Map<MediaServerId, Long> atWork() {
        return database.read(handle -> handle.select(
                        "SELECT media_server_id, COUNT(*) FROM jobs WHERE ended_micros = 0 AND state = 'running'"
                                + " AND media_server_id IS NOT NULL GROUP BY media_server_id")
                .map((row, context) -> Map.entry(new MediaServerId(row.getString(1)), row.getLong(2)))
                .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    public Optional<Job> job(JobId id) {
        return database.read(handle -> JobRows.of(handle, id));
    }

    /** The newest ones of a plan, newest first. */
    public List<Job> of(String plan, int most) {
        int rows = Pages.check(most);
        return database.read(
                handle -> JobRows.select(handle, "WHERE plan = ? ORDER BY moment_micros DESC, id LIMIT ?", plan, rows));
    }
}
