package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Plans;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanList;
import io.holdfast.protocol.api.PlanApi.PlanView;
import io.holdfast.protocol.api.PlanApi.Running;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What people do with plans. Thread-safe. */
public final class PlanService {
    private final Catalog catalog;
    private final Scheduler scheduler;
    private final JobBell bell;
    private final InstantSource clock;
    private final Audit audit;

    PlanService(Catalog catalog, Scheduler scheduler, JobBell bell, InstantSource clock, Audit audit) {
        this.audit = audit;
        this.catalog = catalog;
        this.scheduler = scheduler;
        this.bell = bell;
        this.clock = clock;
    }

    /** All, in the order of their names. */
    public PlanList list() {
        return new PlanList(catalog.plans().all().stream().map(this::view).toList());
    }

    public PlanView show(String name) {
        return view(stored(name));
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

    /** Puts a plan under its name, in place of an earlier one. */
    public PlanApplied apply(Principal principal, String text) {
        Plan plan = Plan.read(YamlMap.parse(text, "plan"));
        requireOwn(principal, plan);
        Optional<Plans.Stored> before = catalog.plans().named(plan.name());
        before.ifPresent(old -> requireOwn(principal, old));
        Plans.Applied applied = catalog.transaction(() -> {
            Plans.Applied outcome = catalog.plans().apply(plan.name(), text);
            if (outcome != Plans.Applied.UNCHANGED) {
                audit.write(principal, "plan.apply", plan.name(), Map.of("text", text));
            }
            return outcome;
        });
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

    /** Removes a plan; what it has saved stays. */
    public void delete(Principal principal, String name) {
        requireOwn(principal, stored(name));
        boolean removed = catalog.transaction(() -> {
            boolean was = catalog.plans().remove(name);
            if (was) {
                audit.write(principal, "plan.delete", name, Map.of());
            }
            return was;
        });
        if (!removed) {
            throw HttpProblem.notFound("there is no plan '" + name + "'");
        }
    }

    /**
     * Runs a plan now, besides its schedule.
     *
     * @param host the one that is meant; empty for all that the plan names
     */
    public Running run(Principal principal, String name, Optional<String> host) {
        Plans.Stored stored = stored(name);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<NewJob> jobs = scheduler.jobs(Scheduler.read(stored), now, host).stream()
                .filter(job -> isVisible(job, principal))
                .toList();
        if (jobs.isEmpty()) {
            throw HttpProblem.of(new HoldfastException(
                    ErrorCode.NOT_FOUND,
                    host.map(only -> "plan '" + stored.name() + "' does not name a host '" + only + "'")
                            .orElse("plan '" + stored.name() + "' names no host that there is"),
                    "'holdfast host list' shows hosts with their groups and tags."));
        }
        List<String> put = catalog.transaction(() -> {
            List<String> ids = new ArrayList<>();
            jobs.forEach(job -> catalog.jobs().put(job).map(JobId::text).ifPresent(ids::add));
            audit.write(principal, "plan.run", name, Map.of("jobs", ids));
            return ids;
        });
        bell.look();
        return new Running(put);
    }

    private void requireOwn(Principal principal, Plans.Stored stored) {
        if (!principal.groups().isEmpty()) {
            requireOwn(principal, Scheduler.read(stored));
        }
    }

    /** Whoever is there for some groups of hosts decides for these alone, those that come later included. */
    private void requireOwn(Principal principal, Plan plan) {
        Plan.Selection selection = plan.selection();
        boolean isOwn = principal.groups().isEmpty()
                || selection.tags().isEmpty()
                        && principal.groups().containsAll(selection.groups())
                        && selection.hosts().stream()
                                .allMatch(name -> catalog.hosts()
                                        .named(name)
                                        .filter(host -> principal.isAbout(host.groups()))
                                        .isPresent());
        if (!isOwn) {
            throw new HttpProblem(
                    403,
                    "denied",
                    "plan '" + plan.name() + "' is about other hosts than those of your groups",
                    "Select by " + String.join(", ", principal.groups()) + ", or name hosts of these.");
        }
    }

    private boolean isVisible(NewJob job, Principal principal) {
        HostId id = job.host();
        return id != null
                && catalog.hosts()
                        .of(id)
                        .filter(host -> principal.isAbout(host.groups()))
                        .isPresent();
    }
}
