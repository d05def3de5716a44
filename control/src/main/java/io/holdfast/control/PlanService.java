package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Placement;
import io.holdfast.plan.Plan;
import io.holdfast.plan.PlanChange;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanList;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.api.PlanApi.PlanView;
import io.holdfast.protocol.api.PlanApi.Running;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What people do with plans. Thread-safe. */
public final class PlanService {
    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final Scheduler scheduler;
    private final Retention retention;
    private final JobBell bell;
    private final InstantSource clock;
    private final Audit audit;

    PlanService(
            Catalog catalog,
            RepositoryDesk desk,
            Scheduler scheduler,
            Retention retention,
            JobBell bell,
            InstantSource clock,
            Audit audit) {
        this.desk = desk;
        this.retention = retention;
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
        return apply(principal, new PlanText(text, Optional.empty()));
    }

    /** The same, or only says what that would mean. */
    public PlanApplied apply(Principal principal, PlanText wish) {
        String text = wish.text();
        Plan plan = Plan.read(YamlMap.parse(text, "plan"));
        requireOwn(principal, plan);
        Optional<Plans.Stored> before = catalog.plans().named(plan.name());
        before.ifPresent(old -> requireOwn(principal, old));
        requireRepositories(plan);
        Optional<Plan> old = before.flatMap(PlanService::readable);
        Set<String> hosts = scheduler.hostNames(plan);
        Set<String> hostsBefore = old.map(scheduler::hostNames).orElse(Set.of());
        boolean isSame = before.filter(stored -> stored.text().equals(text)).isPresent();
        String outcome = isSame ? "unchanged" : before.isPresent() ? "changed" : "new";
        PlanApplied answer = new PlanApplied(
                plan.name(),
                outcome,
                changes(before, old, plan),
                hosts.size(),
                less(hosts, hostsBefore),
                less(hostsBefore, hosts),
                retention.expiring(plan));
        if (!wish.dryRun().orElse(false)) {
            put(principal, plan, text);
        }
        return answer;
    }

    private void put(Principal principal, Plan plan, String text) {
        catalog.transaction(() -> {
            // In here again, so that none is removed meanwhile.
            var ignored = repositories(plan);
            if (catalog.plans().apply(plan.name(), text) != Plans.Applied.UNCHANGED) {
                audit.write(principal, "plan.apply", plan.name(), Map.of("text", text));
            }
        });
    }

    private static List<String> less(Set<String> these, Set<String> those) {
        return these.stream().filter(name -> !those.contains(name)).sorted().toList();
    }

    private static Optional<Plan> readable(Plans.Stored stored) {
        try {
            return Optional.of(Scheduler.read(stored));
        } catch (HoldfastException e) {
            return Optional.empty();
        }
    }

    /** All that it names are there, and can store as it wishes. */
    private void requireRepositories(Plan plan) {
        Placement placement = plan.placement();
        repositories(plan).forEach((name, id) -> {
            boolean isItsOwn = name.equals(BackupOrders.repository(plan));
            boolean locks = isItsOwn
                    ? placement.lock().isPresent()
                    : placement.copies().stream()
                            .anyMatch(copy ->
                                    copy.to().equals(name) && copy.lock().isPresent());
            desk.requireStoring(id, locks, isItsOwn ? placement.dataClass() : Optional.empty());
        });
    }

    /** The ids of the repositories that it names, by their names. */
    private Map<String, String> repositories(Plan plan) {
        Set<String> names = new LinkedHashSet<>();
        names.add(BackupOrders.repository(plan));
        for (Placement.Copy copy : plan.placement().copies()) {
            if (!names.add(copy.to())) {
                throw HoldfastException.usage(
                        "plan '" + plan.name() + "': its snapshots are in '" + copy.to() + "' already",
                        "Copy them to another repository.");
            }
        }
        Map<String, String> ids = new LinkedHashMap<>();
        for (String name : names) {
            Optional<RepositoryEntry> entry = catalog.repositories().named(name);
            if (entry.isEmpty() && !name.equals(BackupOrders.DEFAULT_REPOSITORY)) {
                throw HoldfastException.usage(
                        "plan '" + plan.name() + "': there is no repository '" + name + "'",
                        "'holdfast repository list' shows them; 'holdfast repository add' makes one.");
            }
            entry.ifPresent(there -> ids.put(name, there.repositoryId()));
        }
        return ids;
    }

    private static List<String> changes(Optional<Plans.Stored> before, Optional<Plan> old, Plan now) {
        if (before.isPresent() && old.isEmpty()) {
            return List.of("~ its earlier text cannot be read any more");
        }
        return old.map(plan ->
                        Plan.diff(plan, now).stream().map(PlanChange::text).toList())
                .orElse(List.of());
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
