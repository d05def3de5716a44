package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.EventStream;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.JobApi;
import io.holdfast.protocol.api.JobApi.Again;
import io.holdfast.protocol.api.JobApi.Cancelled;
import io.holdfast.protocol.api.JobApi.EventList;
import io.holdfast.protocol.api.JobApi.EventView;
import io.holdfast.protocol.api.JobApi.JobPage;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.Report;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What people do with jobs; each sees those of their hosts. Thread-safe. */
public final class JobService {
    private static final int MAX_PAGE = 1_000;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int LOOKS_BETWEEN_SIGNS_OF_LIFE = 30;

    private final Catalog catalog;
    private final MonotonicClock clock;
    private final Audit audit;
    private final JobBell bell;

    JobService(Catalog catalog, JobBell bell, MonotonicClock clock, Audit audit) {
        this.bell = bell;
        this.audit = audit;
        this.catalog = catalog;
        this.clock = clock;
    }

    /** Which jobs are meant; what is empty means any. */
    public record Wish(Optional<String> state, Optional<String> kind, Optional<String> host, Optional<String> plan) {
        public static final Wish ALL = new Wish(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * Jobs, newest first.
     *
     * @param after where the page before ended
     * @param limit 1 to 1,000
     */
    public JobPage page(Principal principal, Wish wish, Optional<String> after, int limit) {
        Optional<Host> host = wish.host().map(this::host);
        JobHistory.Filter filter = new JobHistory.Filter(
                orNull(wish.state().map(word -> word(JobState.class, word))),
                orNull(wish.kind().map(word -> word(JobKind.class, word))),
                orNull(host.map(Host::id)),
                wish.plan().orElse(""),
                "",
                null,
                null);
        Map<HostId, Optional<Host>> hosts = new HashMap<>();
        List<JobView> views = new ArrayList<>();
        JobHistory.Position from = orNull(after.map(JobService::position));
        boolean more = true;
        // Those of other hosts are left out: further ones take their place.
        while (more && views.size() < limit) {
            List<Job> page = catalog.history().page(filter, from, limit);
            more = page.size() == limit;
            for (Job job : page) {
                if (views.size() == limit) {
                    more = true;
                    break;
                }
                from = JobHistory.Position.of(job);
                if (isVisible(job, principal, hosts)) {
                    views.add(view(job, hosts));
                }
            }
        }
        return new JobPage(views, more && from != null ? Optional.of(text(from)) : Optional.empty());
    }

    private static <T> @Nullable T orNull(Optional<T> value) {
        return value.orElse(null);
    }

    private Host host(String name) {
        return catalog.hosts().named(name).orElseThrow(() -> HttpProblem.notFound("there is no host '" + name + "'"));
    }

    private static <E extends Enum<E>> E word(Class<E> type, String word) {
        return Arrays.stream(type.getEnumConstants())
                .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(() -> HttpProblem.badRequest("'" + word + "' is none of "
                        + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
    }

    private static String text(JobHistory.Position position) {
        return position.queued() + "_" + position.id().text();
    }

    private static JobHistory.Position position(String text) {
        try {
            int end = text.indexOf('_');
            return new JobHistory.Position(Instant.parse(text.substring(0, end)), new JobId(text.substring(end + 1)));
        } catch (RuntimeException e) {
            throw HttpProblem.badRequest("after=" + text + " is not where a page ended");
        }
    }

    private boolean isVisible(Job job, Principal principal, Map<HostId, Optional<Host>> hosts) {
        HostId id = job.host();
        return principal.groups().isEmpty()
                || id != null
                        && hosts.computeIfAbsent(id, catalog.hosts()::of)
                                .filter(host -> principal.isAbout(host.groups()))
                                .isPresent();
    }

    private Job job(Principal principal, String id) {
        return catalog.jobs()
                .job(MachineApi.jobId(id))
                .filter(job -> isVisible(job, principal, new HashMap<>()))
                .orElseThrow(() -> HttpProblem.notFound("there is no job '" + id + "'"));
    }

    public JobView show(Principal principal, String id) {
        return view(job(principal, id), new HashMap<>());
    }

    /** What happened in a job since the event of this number. */
    public EventList events(Principal principal, String id, long after) {
        return new EventList(events(job(principal, id).id(), after));
    }

    private List<EventView> events(JobId job, long after) {
        return catalog.history().events(job, after, MAX_PAGE).stream()
                .map(event -> new EventView(
                        event.sequence(), event.at(), event.level().name().toLowerCase(Locale.ROOT), event.text()))
                .toList();
    }

    /** Wants a job to stop. */
    public Cancelled cancel(Principal principal, String id) {
        Job job = job(principal, id);
        return catalog.transaction(() -> {
            boolean cancelled = catalog.jobs().cancel(job.id());
            if (cancelled) {
                audit.write(principal, "job.cancel", id, Map.of());
            }
            return new Cancelled(cancelled);
        });
    }

    /**
     * Puts a job that does once more what this one did or should have done.
     *
     * @throws HttpProblem 409 where one was put in this very moment
     */
    public Again again(Principal principal, String id) {
        Job job = job(principal, id);
        if (job.kind() == JobKind.RESTORE) {
            // It reads a snapshot, which has its own rule.
            principal.require(Permission.RESTORE);
            requireVisible(principal, Json.parse(job.spec(), RestoreOrder.class));
        }
        if (job.kind() == JobKind.PRUNE) {
            principal.require(Permission.ADMINISTER);
        }
        String put = catalog.transaction(() -> {
            Optional<JobId> fresh = job.kind() == JobKind.PRUNE
                    ? Optional.of(catalog.jobs().putAlone(Housekeeping.prune(job.repository(), job.moment())))
                    : catalog.jobs().again(job.id());
            String again = fresh.map(JobId::text)
                    .orElseThrow(() -> new HttpProblem(
                            409, "refused", "this job was put again a moment ago", "Look at the list of jobs."));
            audit.write(principal, "job.again", id, Map.of("job", again));
            return again;
        });
        bell.look();
        return new Again(put);
    }

    private void requireVisible(Principal principal, RestoreOrder order) {
        boolean isVisible = catalog.snapshots()
                .of(order.repository(), order.snapshot())
                .map(entry -> entry.facts().host())
                .flatMap(catalog.hosts()::of)
                .filter(host -> principal.isAbout(host.groups()))
                .isPresent();
        if (!principal.groups().isEmpty() && !isVisible) {
            throw HttpProblem.notFound("the snapshot of this job is not there");
        }
    }

    /** Tells a client of a job in its own words. */
    public interface Follower {
        void event(EventStream stream, EventView event) throws IOException;

        /** It has changed. */
        void job(EventStream stream, JobView job) throws IOException;
    }

    /**
     * Answers with a job whenever it has changed, and its events, until it has ended.
     *
     * @param after the sequence number of the last event that is known already; 0 for all
     */
    public void follow(Principal principal, String id, long after, Exchange exchange, Follower follower)
            throws IOException {
        Job job = job(principal, id);
        long sequence = after;
        Optional<JobView> told = Optional.empty();
        try (EventStream stream = exchange.answerEvents()) {
            for (int quiet = 0; ; quiet++) {
                JobView now = view(job, new HashMap<>());
                for (EventView event : events(job.id(), sequence)) {
                    follower.event(stream, event);
                    sequence = event.sequence();
                    quiet = 0;
                }
                if (told.isEmpty() || !told.get().equals(now)) {
                    follower.job(stream, now);
                    told = Optional.of(now);
                    quiet = 0;
                }
                if (job.state().isFinal()) {
                    stream.send("", "end", now.state());
                    return;
                }
                if (quiet >= LOOKS_BETWEEN_SIGNS_OF_LIFE) {
                    stream.keepAlive();
                    quiet = 0;
                }
                clock.sleep(BETWEEN_LOOKS);
                if (bell.isClosed()) {
                    return;
                }
                Optional<Job> later = catalog.jobs().job(job.id());
                if (later.isEmpty()) {
                    return;
                }
                job = later.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private JobView view(Job job, Map<HostId, Optional<Host>> hosts) {
        HostId host = job.host();
        Job.Progress progress = job.progress();
        return new JobView(
                job.id().text(),
                job.kind().name().toLowerCase(Locale.ROOT),
                job.plan().isEmpty() ? Optional.empty() : Optional.of(job.plan()),
                host == null
                        ? Optional.empty()
                        : hosts.computeIfAbsent(host, catalog.hosts()::of).map(Host::name),
                job.repository(),
                job.state().name().toLowerCase(Locale.ROOT),
                job.isCancelWanted(),
                job.moment(),
                job.times().queued(),
                Optional.ofNullable(job.times().begun()),
                Optional.ofNullable(job.times().ended()),
                job.fence(),
                new JobApi.Progress(
                        progress.filesDone(),
                        progress.bytesDone(),
                        progress.bytesTotal() == 0 ? Optional.empty() : Optional.of(progress.bytesTotal())),
                job.message(),
                made(job.result()),
                job.warnings());
    }

    private static List<JobApi.Made> made(String result) {
        if (result.isEmpty()) {
            return List.of();
        }
        return Arrays.stream(Json.parse(result, Report.Made[].class))
                .map(made -> new JobApi.Made(
                        made.snapshot(),
                        made.source(),
                        made.files(),
                        made.bytes(),
                        made.addedBytes(),
                        made.logPosition()))
                .toList();
    }
}
