package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.JobService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.EventStream;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.JobApi.EventView;
import io.holdfast.protocol.api.JobApi.JobPage;
import io.holdfast.protocol.api.JobApi.JobView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Jobs: the list, and each of them as it goes. Thread-safe. */
public final class JobPages {
    private static final int PAGE = 50;
    private static final List<String> STATES = List.of("queued", "running", "done", "partial", "failed", "cancelled");
    private static final List<String> KINDS = List.of("backup", "restore", "copy", "prune", "verify");

    private final ControlApi api;
    private final Pages pages;

    JobPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** What a form asks for; empty texts mean any. */
    public record Wish(String state, String kind, String host, String plan) {
        String query() {
            return "state=" + Formats.segment(state) + "&kind=" + Formats.segment(kind) + "&host="
                    + Formats.segment(host) + "&plan=" + Formats.segment(plan);
        }
    }

    /**
     * A page of the list.
     *
     * @param next the address of the next one
     * @param problem why there is none
     */
    public record JobListPage(
            Wish wish,
            List<String> states,
            List<String> kinds,
            List<JobView> jobs,
            Optional<String> next,
            Optional<Pages.ProblemPage> problem) {}

    /** A job with what happened in it so far. */
    public record JobDetailPage(JobView job, List<EventView> events) {
        public boolean isOver() {
            return job.ended().isPresent();
        }

        /** Where the rest of the story comes from. */
        public String live() {
            return "/jobs/" + job.id() + "/live?after="
                    + (events.isEmpty() ? 0 : events.getLast().sequence());
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.get("/jobs", Permission.READ, this::list)
                .get("/jobs/{id}", Permission.READ, this::show)
                .get("/jobs/{id}/live", Permission.READ, this::live)
                .post("/jobs/{id}/cancel", Permission.RUN, (exchange, principal) -> {
                    String id = exchange.parameter("id");
                    boolean cancelled = api.jobs().cancel(principal, id).cancelled();
                    exchange.redirect("/jobs/" + Formats.segment(id) + (cancelled ? "?said=cancelled" : ""));
                })
                .post(
                        "/jobs/{id}/again",
                        Permission.RUN,
                        (exchange, principal) -> exchange.redirect("/jobs/"
                                + Formats.segment(api.jobs()
                                        .again(principal, exchange.parameter("id"))
                                        .job())));
    }

    private void list(Exchange exchange, Principal principal) throws IOException {
        Wish wish = new Wish(
                exchange.query("state").orElse("").strip(),
                exchange.query("kind").orElse("").strip(),
                exchange.query("host").orElse("").strip(),
                exchange.query("plan").orElse("").strip());
        JobPage page = new JobPage(List.of(), Optional.empty());
        Optional<Pages.ProblemPage> problem = Optional.empty();
        try {
            page = api.jobs()
                    .page(
                            principal,
                            new JobService.Wish(
                                    given(wish.state()), given(wish.kind()), given(wish.host()), given(wish.plan())),
                            exchange.query("after").filter(after -> !after.isEmpty()),
                            PAGE);
        } catch (HttpProblem e) {
            // A filter that fits nothing is mended where it was written.
            problem = Optional.of(Pages.ProblemPage.of(e));
        }
        pages.show(
                exchange,
                200,
                "jobs.jte",
                pages.frame(exchange, "Jobs", Section.JOBS),
                new JobListPage(
                        wish,
                        STATES,
                        KINDS,
                        page.items(),
                        page.next().map(after -> "/jobs?" + wish.query() + "&after=" + Formats.segment(after)),
                        problem));
    }

    private static Optional<String> given(String word) {
        return word.isEmpty() ? Optional.empty() : Optional.of(word);
    }

    private void show(Exchange exchange, Principal principal) throws IOException {
        JobView job = api.jobs().show(principal, exchange.parameter("id"));
        List<EventView> events = new ArrayList<>();
        List<EventView> more = api.jobs().events(principal, job.id(), 0).items();
        while (!more.isEmpty()) {
            events.addAll(more);
            more = api.jobs()
                    .events(principal, job.id(), events.getLast().sequence())
                    .items();
        }
        String title = job.plan().orElse(job.kind())
                + job.host().map(host -> " on " + host).orElse("");
        pages.show(
                exchange, 200, "job.jte", pages.frame(exchange, title, Section.JOBS), new JobDetailPage(job, events));
    }

    /** What a page about a job takes into itself while the job goes on. */
    private void live(Exchange exchange, Principal principal) throws IOException {
        // A browser that comes back says what it has seen.
        long after = exchange.header("Last-Event-ID")
                .filter(id -> id.matches("[0-9]{1,9}"))
                .map(Long::parseLong)
                .orElse((long) exchange.queryNumber("after", 0, 0, Integer.MAX_VALUE));
        api.jobs().follow(principal, exchange.parameter("id"), after, exchange, new JobService.Follower() {
            @Override
            public void event(EventStream stream, EventView event) throws IOException {
                stream.send(Long.toString(event.sequence()), "event", pages.text("event.jte", Map.of("event", event)));
            }

            @Override
            public void job(EventStream stream, JobView job) throws IOException {
                stream.send("", "job", pages.text("jobstate.jte", Map.of("job", job, "now", pages.now())));
            }
        });
    }
}
