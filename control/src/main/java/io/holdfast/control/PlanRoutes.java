package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Plans;
import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanList;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.api.PlanApi.PlanView;
import io.holdfast.protocol.api.PlanApi.Run;
import io.holdfast.protocol.api.PlanApi.Running;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Plans in the API. */
final class PlanRoutes {
    private final Catalog catalog;
    private final Scheduler scheduler;
    private final JobBell bell;
    private final InstantSource clock;

    PlanRoutes(Catalog catalog, Scheduler scheduler, JobBell bell, InstantSource clock) {
        this.catalog = catalog;
        this.scheduler = scheduler;
        this.bell = bell;
        this.clock = clock;
    }

    void addTo(ApiRoutes routes) {
        routes.get("/plans", "All plans", Permission.READ, PlanList.class, this::list)
                .get("/plans/{name}", "One plan", Permission.READ, PlanView.class, this::show)
                .send(
                        "POST",
                        "/plans",
                        "Puts a plan under its name, in place of an earlier one",
                        Permission.PLAN,
                        PlanText.class,
                        PlanApplied.class,
                        this::apply)
                .act(
                        "DELETE",
                        "/plans/{name}",
                        "Removes a plan; what it has saved stays",
                        Permission.PLAN,
                        this::delete)
                .send(
                        "POST",
                        "/plans/{name}/run",
                        "Runs a plan now, besides its schedule",
                        Permission.RUN,
                        Run.class,
                        Running.class,
                        this::run);
    }

    private PlanList list(Call<Nothing> call) {
        return new PlanList(catalog.plans().all().stream().map(this::view).toList());
    }

    private PlanView show(Call<Nothing> call) {
        return view(stored(call.exchange().parameter("name")));
    }

    private Plans.Stored stored(String name) {
        return catalog.plans().named(name).orElseThrow(() -> HttpProblem.notFound("there is no plan '" + name + "'"));
    }

    private PlanView view(Plans.Stored stored) {
        Optional<Instant> next;
        try {
            Plan plan = Scheduler.read(stored);
            next = plan.schedule()
                    .cron()
                    .nextAfter(clock.instant(), plan.schedule().zone());
        } catch (HoldfastException e) {
            next = Optional.empty();
        }
        return new PlanView(stored.name(), stored.revision(), stored.text(), stored.changed(), next);
    }

    private PlanApplied apply(Call<PlanText> call) {
        String text = call.request().text();
        Plan plan = Plan.read(YamlMap.parse(text, "plan"));
        Optional<Plans.Stored> before = catalog.plans().named(plan.name());
        Plans.Applied applied = catalog.transaction(() -> catalog.plans().apply(plan.name(), text));
        long hosts = scheduler.jobs(plan, clock.instant(), Optional.empty()).size();
        return new PlanApplied(plan.name(), applied.name().toLowerCase(Locale.ROOT), changes(before, plan), hosts);
    }

    private static List<String> changes(Optional<Plans.Stored> before, Plan now) {
        if (before.isEmpty()) {
            return List.of();
        }
        try {
            return Scheduler.read(before.get()).equals(now) ? List.of() : List.of("its text");
        } catch (HoldfastException e) {
            return List.of("what could not be read");
        }
    }

    private Nothing delete(Call<Nothing> call) {
        String name = call.exchange().parameter("name");
        if (!catalog.plans().remove(name)) {
            throw HttpProblem.notFound("there is no plan '" + name + "'");
        }
        return Nothing.NOTHING;
    }

    private Running run(Call<Run> call) {
        Plans.Stored stored = stored(call.exchange().parameter("name"));
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<NewJob> jobs =
                scheduler.jobs(Scheduler.read(stored), now, call.request().host());
        if (jobs.isEmpty()) {
            throw HttpProblem.of(new HoldfastException(
                    ErrorCode.NOT_FOUND,
                    call.request()
                            .host()
                            .map(host -> "plan '" + stored.name() + "' does not name a host '" + host + "'")
                            .orElse("plan '" + stored.name() + "' names no host that there is"),
                    "'holdfast host list' shows hosts with their groups and tags."));
        }
        List<String> put = catalog.transaction(() -> {
            List<String> ids = new ArrayList<>();
            jobs.forEach(job -> catalog.jobs().put(job).map(JobId::text).ifPresent(ids::add));
            return ids;
        });
        bell.look();
        return new Running(put);
    }
}
