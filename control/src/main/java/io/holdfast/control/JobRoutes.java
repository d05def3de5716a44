package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.control.Operation.Query;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.EventStream;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.JobApi;
import io.holdfast.protocol.api.JobApi.Cancelled;
import io.holdfast.protocol.api.JobApi.EventList;
import io.holdfast.protocol.api.JobApi.EventView;
import io.holdfast.protocol.api.JobApi.JobPage;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.machine.Report;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Jobs in the API. */
final class JobRoutes {
    private static final int PAGE = 50;
    private static final int MAX_PAGE = 1_000;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int LOOKS_BETWEEN_SIGNS_OF_LIFE = 30;

    private final Catalog catalog;
    private final MonotonicClock clock;

    JobRoutes(Catalog catalog, MonotonicClock clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    void addTo(ApiRoutes routes) {
        Query limit = new Query("limit", "jobs a page, 1 to 1000", true);
        routes.get(
                        "/jobs",
                        "Jobs, newest first",
                        Permission.READ,
                        JobPage.class,
                        this::list,
                        new Query("state", "only in this state", false),
                        new Query("kind", "only of this kind", false),
                        new Query("host", "only of this host", false),
                        new Query("plan", "only of this plan", false),
                        new Query("after", "where the page before ended", false),
                        limit)
                .get("/jobs/{id}", "One job", Permission.READ, JobView.class, this::show)
                .get(
                        "/jobs/{id}/events",
                        "What happened in a job",
                        Permission.READ,
                        EventList.class,
                        this::events,
                        new Query("after", "the sequence number of the last one that is known", true))
                .send(
                        "POST",
                        "/jobs/{id}/cancel",
                        "Wants a job to stop",
                        Permission.RUN,
                        Nothing.class,
                        Cancelled.class,
                        this::cancel)
                .raw(
                        new Operation(
                                "GET",
                                "/api/v1/jobs/{id}/watch",
                                "A job as it goes, as server-sent events: job (a JobView), event (an EventView), end",
                                Optional.of(Permission.READ),
                                List.of(),
                                Optional.empty(),
                                JobView.class,
                                "text/event-stream"),
                        this::watch);
    }

    private JobPage list(Call<Nothing> call) {
        Exchange exchange = call.exchange();
        int limit = exchange.queryNumber("limit", PAGE, 1, MAX_PAGE);
        Optional<Host> host = exchange.query("host").map(this::host);
        JobHistory.Filter filter = new JobHistory.Filter(
                orNull(exchange.query("state").map(word -> word(JobState.class, word))),
                orNull(exchange.query("kind").map(word -> word(JobKind.class, word))),
                orNull(host.map(Host::id)),
                exchange.query("plan").orElse(""),
                "",
                null,
                null);
        List<Job> page =
                catalog.history().page(filter, orNull(exchange.query("after").map(JobRoutes::position)), limit);
        Map<HostId, Optional<Host>> hosts = new HashMap<>();
        List<JobView> views = page.stream()
                .filter(job -> isVisible(job, call.principal(), hosts))
                .map(job -> view(job, hosts))
                .toList();
        return new JobPage(views, page.size() == limit ? Optional.of(position(page.getLast())) : Optional.empty());
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

    private static String position(Job job) {
        return job.times().queued() + "_" + job.id().text();
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

    private Job job(Exchange exchange, Principal principal) {
        String id = exchange.parameter("id");
        return catalog.jobs()
                .job(MachineApi.jobId(id))
                .filter(job -> isVisible(job, principal, new HashMap<>()))
                .orElseThrow(() -> HttpProblem.notFound("there is no job '" + id + "'"));
    }

    private JobView show(Call<Nothing> call) {
        return view(job(call.exchange(), call.principal()), new HashMap<>());
    }

    private EventList events(Call<Nothing> call) {
        Job job = job(call.exchange(), call.principal());
        long after = call.exchange().queryNumber("after", 0, 0, Integer.MAX_VALUE);
        return new EventList(events(job.id(), after));
    }

    private List<EventView> events(JobId job, long after) {
        return catalog.history().events(job, after, MAX_PAGE).stream()
                .map(event -> new EventView(
                        event.sequence(), event.at(), event.level().name().toLowerCase(Locale.ROOT), event.text()))
                .toList();
    }

    private Cancelled cancel(Call<Nothing> call) {
        return new Cancelled(
                catalog.jobs().cancel(job(call.exchange(), call.principal()).id()));
    }

    /** Sends a job whenever it has changed, and its events, until it has ended. */
    private void watch(Exchange exchange) throws IOException {
        Principal principal = ApiRoutes.principal(exchange);
        Job job = job(exchange, principal);
        long sequence = 0;
        Optional<JobView> told = Optional.empty();
        try (EventStream stream = exchange.answerEvents()) {
            for (int quiet = 0; ; quiet++) {
                JobView now = view(job, new HashMap<>());
                for (EventView event : events(job.id(), sequence)) {
                    stream.send(Long.toString(event.sequence()), "event", Json.text(event));
                    sequence = event.sequence();
                    quiet = 0;
                }
                if (told.isEmpty() || !told.get().equals(now)) {
                    stream.send("", "job", Json.text(now));
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
                .map(made ->
                        new JobApi.Made(made.snapshot(), made.source(), made.files(), made.bytes(), made.addedBytes()))
                .toList();
    }
}
