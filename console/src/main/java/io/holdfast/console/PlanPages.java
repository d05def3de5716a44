package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.console.HostPages.Confirmation;
import io.holdfast.control.ControlApi;
import io.holdfast.control.JobService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.api.PlanApi.PlanView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans: the list, each of them with its calendar, and their texts to be changed. Thread-safe. */
public final class PlanPages {
    private static final int JOBS = 10;
    private static final String NEW_PLAN = """
            plan: nightly
            cron: "30 1 * * *"        # minute, hour, day of month, month, day of week
            zone: UTC
            sources:
              - files: [/etc, /home]
            keep:
              daily: 14
              weekly: 8
              monthly: 12
            """;

    private final ControlApi api;
    private final Pages pages;
    private final InstantSource clock;

    PlanPages(ControlApi api, Pages pages, InstantSource clock) {
        this.api = api;
        this.pages = pages;
        this.clock = clock;
    }

    /** The list. */
    public record PlanListPage(List<PlanView> plans) {}

    /**
     * A plan.
     *
     * @param calendar absent where its text cannot be read
     * @param jobs its last ones
     */
    public record PlanDetailPage(PlanView plan, Optional<PlanCalendar> calendar, List<JobView> jobs) {}

    /**
     * A text that is changed.
     *
     * @param name of the plan that was opened; empty for a new one
     * @param mistake what is wrong in it
     * @param preview what it would do
     */
    public record PlanEditPage(String name, String text, Optional<Mistake> mistake, Optional<Preview> preview) {}

    /**
     * What is wrong in a text.
     *
     * @param line 0 where it is none of them
     * @param lines those around it
     */
    public record Mistake(String detail, Optional<String> hint, int line, List<Line> lines) {}

    /** A line of a text. */
    public record Line(int number, String text) {}

    /**
     * What a text would do.
     *
     * @param seen says which text over which revision this is about
     */
    public record Preview(PlanApplied applied, PlanCalendar calendar, String seen) {
        public boolean isNew() {
            return applied.outcome().equals("new");
        }

        /** How many snapshots the rules do not keep; 0 also where that cannot be told. */
        public long expiring() {
            return applied.expiring().orElse(0L);
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.get(
                        "/plans",
                        Permission.READ,
                        (exchange, principal) -> pages.show(
                                exchange,
                                200,
                                "plans.jte",
                                pages.frame(exchange, "Plans", Section.PLANS),
                                new PlanListPage(api.plans().list().items())))
                .get(
                        "/new-plan",
                        Permission.PLAN,
                        (exchange, principal) ->
                                edit(exchange, 200, new PlanEditPage("", NEW_PLAN, Optional.empty(), Optional.empty())))
                .post("/edit-plan", Permission.PLAN, this::edited)
                .get("/plans/{name}", Permission.READ, this::show)
                .get("/plans/{name}/edit", Permission.PLAN, (exchange, principal) -> {
                    PlanView plan = api.plans().show(exchange.parameter("name"));
                    edit(exchange, 200, new PlanEditPage(plan.name(), plan.text(), Optional.empty(), Optional.empty()));
                })
                .post("/plans/{name}/run", Permission.RUN, this::run)
                .get("/plans/{name}/delete", Permission.PLAN, this::confirmDeletion)
                .post("/plans/{name}/delete", Permission.PLAN, (exchange, principal) -> {
                    api.plans().delete(principal, exchange.parameter("name"));
                    exchange.redirect("/plans?said=deleted");
                });
    }

    private void show(Exchange exchange, Principal principal) throws IOException {
        PlanView plan = api.plans().show(exchange.parameter("name"));
        JobService.Wish wish =
                new JobService.Wish(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(plan.name()));
        pages.show(
                exchange,
                200,
                "plan.jte",
                pages.frame(exchange, plan.name(), Section.PLANS),
                new PlanDetailPage(
                        plan,
                        calendar(plan.text()),
                        api.jobs().page(principal, wish, Optional.empty(), JOBS).items()));
    }

    private Optional<PlanCalendar> calendar(String text) {
        try {
            return Optional.of(PlanCalendar.of(read(text).schedule(), clock.instant()));
        } catch (HoldfastException e) {
            return Optional.empty();
        }
    }

    private static Plan read(String text) {
        return Plan.read(YamlMap.parse(text, "line"));
    }

    private void edit(Exchange exchange, int status, PlanEditPage page) throws IOException {
        String title = page.name().isEmpty() ? "New plan" : "Change " + page.name();
        pages.show(exchange, status, "planedit.jte", pages.frame(exchange, title, Section.PLANS), page);
    }

    private void edited(Exchange exchange, Principal principal) throws IOException {
        Map<String, String> form = exchange.form();
        String name = form.getOrDefault("name", "");
        String text = form.getOrDefault("text", "").replace("\r\n", "\n");
        try {
            Plan plan = read(text);
            if (!name.isEmpty() && !plan.name().equals(name)) {
                throw HoldfastException.usage(
                        "the text is that of a plan '" + plan.name() + "'",
                        "Write '" + name + "', or make a new plan.");
            }
            requireNew(name, plan);
            if (form.getOrDefault("seen", "").equals(seen(plan, text)) && form.containsKey("save")) {
                PlanApplied applied = api.plans().apply(principal, text);
                exchange.redirect("/plans/" + Formats.segment(applied.name()) + "?said="
                        + (applied.outcome().equals("unchanged") ? "unchanged" : "saved"));
            } else {
                Preview preview = new Preview(
                        api.plans().apply(principal, new PlanText(text, Optional.of(true))),
                        PlanCalendar.of(plan.schedule(), clock.instant()),
                        seen(plan, text));
                edit(exchange, 200, new PlanEditPage(name, text, Optional.empty(), Optional.of(preview)));
            }
        } catch (HoldfastException e) {
            edit(exchange, 400, new PlanEditPage(name, text, Optional.of(Mistakes.of(e, text)), Optional.empty()));
        }
    }

    /** A new plan does not take the place of one that is there. */
    private void requireNew(String name, Plan plan) {
        if (name.isEmpty() && stored(plan.name()).isPresent()) {
            throw HoldfastException.usage(
                    "there is a plan '" + plan.name() + "' already", "Name this one otherwise, or change that one.");
        }
    }

    private Optional<PlanView> stored(String name) {
        return api.plans().list().items().stream()
                .filter(plan -> plan.name().equals(name))
                .findFirst();
    }

    /** Of a text, and of what it would take the place of: whoever changes either looks at it again before it is saved. */
    private String seen(Plan plan, String text) {
        long revision = stored(plan.name()).map(PlanView::revision).orElse(0L);
        try {
            byte[] content = (revision + "\n" + text).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        List<String> jobs = api.plans().run(principal, name, Optional.empty()).jobs();
        if (jobs.isEmpty()) {
            throw new HttpProblem(409, "refused", "the plan was run a moment ago", "Look at the list of jobs.");
        }
        exchange.redirect(jobs.size() == 1 ? "/jobs/" + jobs.getFirst() : "/jobs?plan=" + Formats.segment(name));
    }

    private void confirmDeletion(Exchange exchange, Principal principal) throws IOException {
        String name = api.plans().show(exchange.parameter("name")).name();
        String path = "/plans/" + Formats.segment(name);
        pages.show(
                exchange,
                200,
                "confirm.jte",
                pages.frame(exchange, "Delete a plan", Section.PLANS),
                new Confirmation(
                        "Delete the plan “" + name + "”?",
                        "What it has saved stays; nothing new is saved by it.",
                        path + "/delete",
                        "Delete it",
                        path));
    }
}
