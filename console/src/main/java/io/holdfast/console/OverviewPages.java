package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.JobService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.protocol.api.AlertApi.AlertView;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.OverviewApi.Overview;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The first page: what is saved, what is not, what failed, what runs. Thread-safe. */
public final class OverviewPages {
    private static final int SHOWN = 10;

    private final ControlApi api;
    private final Pages pages;

    OverviewPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * How things stand.
     *
     * @param busy jobs that run, and those that wait
     * @param alerts all that are not closed
     * @param hasPlans whether anything is to be saved at all
     * @param withoutSheet repositories whose recovery sheet nobody has confirmed, for administrators
     */
    public record OverviewPage(
            Overview overview,
            List<JobView> busy,
            List<AlertView> alerts,
            boolean hasPlans,
            List<String> withoutSheet) {
        /** Those that nobody knows of first. */
        public List<AlertView> shownAlerts() {
            return alerts.stream()
                    .sorted(Comparator.comparing(
                            (AlertView alert) -> !alert.state().equals("open")))
                    .limit(SHOWN)
                    .toList();
        }

        /** Hosts that were saved once, and not lately. */
        public long late() {
            return overview.hosts() - overview.saved() - overview.never();
        }

        /** Jobs that have failed, and will be tried again by themselves. */
        public List<JobView> failing() {
            return busy.stream().filter(job -> !job.message().isEmpty()).toList();
        }

        public Chart.Shares shares() {
            return Chart.shares(overview.saved(), late(), overview.never());
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.get("/", Permission.READ, this::overview)
                .get("/overview/busy", Permission.READ, this::busy)
                .post("/alerts/{id}/acknowledge", Permission.RUN, this::acknowledge);
    }

    private void overview(Exchange exchange, Principal principal) throws IOException {
        OverviewPage page = new OverviewPage(
                api.overview().overview(principal),
                busy(principal),
                api.alerts().current(principal),
                !api.plans().list().items().isEmpty(),
                principal.may(Permission.ADMINISTER) ? api.repositories().withoutSheet() : List.of());
        pages.show(exchange, 200, "overview.jte", pages.frame(exchange, "Overview", Section.OVERVIEW), page);
    }

    private void acknowledge(Exchange exchange, Principal principal) {
        AlertView known = api.alerts().acknowledge(principal, exchange.parameter("id"));
        exchange.redirect(known.state().equals("closed") ? "/" : "/?said=acknowledged");
    }

    private void busy(Exchange exchange, Principal principal) throws IOException {
        pages.fragment(exchange, "busy.jte", Map.of("busy", busy(principal), "now", pages.now()));
    }

    private List<JobView> busy(Principal principal) {
        List<JobView> jobs = new ArrayList<>(inState("running", principal));
        jobs.addAll(inState("queued", principal));
        return jobs;
    }

    private List<JobView> inState(String state, Principal principal) {
        JobService.Wish wish =
                new JobService.Wish(Optional.of(state), Optional.empty(), Optional.empty(), Optional.empty());
        return api.jobs().page(principal, wish, Optional.empty(), SHOWN).items();
    }
}
