package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.Hosts;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.Plans;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.plan.Plan;
import io.holdfast.plan.Schedule;
import io.holdfast.plan.yaml.YamlMap;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Puts the jobs of plans that are due (rule J1 of docs/jobs.md). Any number of servers may look at once. Thread-safe.
 */
public final class Scheduler {
    private static final int PAGE = 500;

    private final Catalog catalog;
    private final InstantSource clock;
    private final EventLog log;

    public Scheduler(Catalog catalog, InstantSource clock, EventLog log) {
        this.catalog = catalog;
        this.clock = clock;
        this.log = log;
    }

    /** Looks at all plans once. Whether anything was put. */
    public boolean look() {
        boolean any = false;
        for (Plans.Stored stored : catalog.plans().all()) {
            try {
                any |= look(stored);
            } catch (HoldfastException e) {
                log.error("plan cannot be read", Map.of("plan", stored.name(), "why", String.valueOf(e.getMessage())));
            }
        }
        return any;
    }

    private boolean look(Plans.Stored stored) {
        Plan plan = read(stored);
        Optional<Schedule.Due> due = plan.schedule().due(stored.decided(), clock.instant());
        if (due.isEmpty()) {
            return false;
        }
        List<NewJob> jobs = due.get()
                .run()
                .map(moment -> jobs(plan, moment, Optional.empty()))
                .orElse(List.of());
        boolean decided =
                catalog.jobs().put(stored.name(), stored.decided(), due.get().decided(), jobs);
        if (decided && due.get().missed() > 0) {
            log.warning(
                    "runs missed",
                    Map.of("plan", stored.name(), "count", due.get().missed()));
        }
        return decided && !jobs.isEmpty();
    }

    static Plan read(Plans.Stored stored) {
        return Plan.read(YamlMap.parse(stored.text(), stored.name()));
    }

    /**
     * The jobs of a run.
     *
     * @param only the name of the one host that is meant; empty for all that the plan names
     */
    List<NewJob> jobs(Plan plan, Instant moment, Optional<String> only) {
        List<NewJob> jobs = new ArrayList<>();
        String spec = Json.text(BackupOrders.of(plan));
        for (Host host : hosts()) {
            boolean isMeant = only.map(host.name()::equals).orElse(true);
            if (isMeant && plan.selection().names(host.name(), host.groups(), host.tags())) {
                jobs.add(new NewJob(
                        JobKind.BACKUP,
                        plan.name(),
                        host.id(),
                        BackupOrders.repository(plan),
                        spec,
                        moment,
                        moment,
                        plan.conduct().priority()));
            }
        }
        return jobs;
    }

    /** The names of the hosts that a plan names at the moment. */
    Set<String> hostNames(Plan plan) {
        return hosts().stream()
                .filter(host -> plan.selection().names(host.name(), host.groups(), host.tags()))
                .map(Host::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<Host> hosts() {
        List<Host> all = new ArrayList<>();
        Hosts hosts = catalog.hosts();
        List<Host> page = hosts.page("", PAGE);
        while (!page.isEmpty()) {
            all.addAll(page);
            page = page.size() < PAGE ? List.of() : hosts.page(page.getLast().name(), PAGE);
        }
        return all;
    }
}
