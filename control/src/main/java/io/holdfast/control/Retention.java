package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.plan.Expiry;
import io.holdfast.plan.Expiry.Committed;
import io.holdfast.plan.Placement;
import io.holdfast.plan.Plan;
import io.holdfast.repository.collect.RetentionPolicy;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Forgets what plans do not keep, by the order of the catalog and the server's own clock (docs/server.md, "Forgetting"). Snapshots of no plan that there is stay.
 * Thread-safe; what several do at once is done and noted once.
 */
public final class Retention {
    /** Whose word it is in the audit log. */
    public static final String ACTOR = "server";

    private static final int PAGE = 1_000;
    /** So many go at a time: what is noted of them is one transaction. */
    private static final int BATCH = 200;

    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final InstantSource clock;
    private final EventLog log;

    public Retention(Catalog catalog, RepositoryDesk desk, InstantSource clock, EventLog log) {
        this.catalog = catalog;
        this.desk = desk;
        this.clock = clock;
        this.log = log;
    }

    /**
     * What became of snapshots that no rule keeps.
     *
     * @param forgotten how many went
     * @param kept those that stay all the same, with why, for people
     */
    public record Outcome(long forgotten, List<String> kept) {
        public Outcome {
            kept = List.copyOf(kept);
        }
    }

    /**
     * Forgets in one repository what has expired by now.
     *
     * @throws HoldfastException where it is not open, or cannot be relied on at the moment
     */
    public Outcome forget(String repository) {
        return forget(repository, plan -> true);
    }

    /** The same for some plans alone, by their names. */
    Outcome forget(String repository, Predicate<String> plans) {
        RepositoryEntry entry = catalog.repositories().named(repository).orElse(null);
        if (entry == null || entry.state() != RepositoryEntry.State.ACTIVE) {
            return new Outcome(0, List.of());
        }
        Optional<Map<String, Boolean>> complete = Optional.empty();
        long forgotten = 0;
        List<String> kept = new ArrayList<>();
        for (Plans.Stored stored : catalog.plans().all()) {
            Optional<Plan> plan = plans.test(stored.name()) ? read(stored) : Optional.empty();
            RetentionPolicy policy = plan.map(each -> policy(each, repository)).orElse(null);
            if (policy == null || policy.isEmpty()) {
                continue;
            }
            if (complete.isEmpty()) {
                complete = Optional.of(desk.complete(entry.repositoryId()));
            }
            List<SnapshotEntry> expired =
                    expired(policy, entries(repository, stored.name()), complete.get(), clock.instant());
            for (int from = 0; from < expired.size(); from += BATCH) {
                List<SnapshotEntry> batch = expired.subList(from, Math.min(from + BATCH, expired.size()));
                forgotten += forget(entry, batch, Expiry.rules(policy), kept);
            }
        }
        Outcome outcome = new Outcome(forgotten, kept);
        tell(repository, outcome);
        return outcome;
    }

    private Optional<Plan> read(Plans.Stored stored) {
        try {
            return Optional.of(Scheduler.read(stored));
        } catch (HoldfastException e) {
            // What it keeps is not known: all of it.
            log.error("plan cannot be read", Map.of("plan", stored.name(), "why", String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    /** By which rules a plan's snapshots stay in this repository: those of the copy that it has there, or its own. */
    static RetentionPolicy policy(Plan plan, String repository) {
        boolean isItsOwn = BackupOrders.repository(plan).equals(repository);
        return plan.placement().copies().stream()
                .filter(copy -> !isItsOwn && copy.to().equals(repository))
                .findFirst()
                .flatMap(Placement.Copy::retention)
                .orElse(plan.retention());
    }

    private List<SnapshotEntry> entries(String repository, String plan) {
        Snapshots.Filter filter = new Snapshots.Filter(repository, null, "", plan, "", null, null);
        List<SnapshotEntry> entries = new ArrayList<>();
        long before = Long.MAX_VALUE;
        List<SnapshotEntry> page;
        do {
            page = catalog.snapshots().page(filter, before, PAGE);
            entries.addAll(page);
            before = page.isEmpty() ? before : page.getLast().sequence();
        } while (page.size() == PAGE);
        return entries;
    }

    /**
     * Which of a plan's snapshots have expired in a repository.
     *
     * @param entries all of them
     * @param complete what the repository has, and whether nothing was left out of it; others count for nothing
     */
    static List<SnapshotEntry> expired(
            RetentionPolicy policy, List<SnapshotEntry> entries, Map<String, Boolean> complete, Instant now) {
        Map<List<String>, List<SnapshotEntry>> bySource = new LinkedHashMap<>();
        Map<Long, SnapshotEntry> bySequence = new HashMap<>();
        for (SnapshotEntry entry : entries) {
            SnapshotFacts facts = entry.facts();
            if (complete.containsKey(facts.id())) {
                HostId host = facts.host();
                bySource.computeIfAbsent(
                                List.of(host == null ? "" : host.text(), facts.hostName(), facts.source()),
                                source -> new ArrayList<>())
                        .add(entry);
                bySequence.put(entry.sequence(), entry);
            }
        }
        List<SnapshotEntry> expired = new ArrayList<>();
        for (List<SnapshotEntry> group : bySource.values()) {
            List<Committed> snapshots = group.stream()
                    .map(entry -> new Committed(
                            entry.sequence(),
                            entry.noted(),
                            complete.getOrDefault(entry.facts().id(), false),
                            List.copyOf(entry.facts().tags())))
                    .toList();
            for (Expiry.Decision decision : Expiry.decide(policy, snapshots, now)) {
                SnapshotEntry entry = bySequence.get(decision.snapshot().sequence());
                if (!decision.isKept() && entry != null) {
                    expired.add(entry);
                }
            }
        }
        return expired;
    }

    /** Marker in the repository first, row and audit entry then: a row whose snapshot is gone is found by looking. */
    private long forget(RepositoryEntry repository, List<SnapshotEntry> expired, String rules, List<String> kept) {
        Map<String, SnapshotEntry> going = new TreeMap<>();
        for (SnapshotEntry entry : expired) {
            Instant locked = entry.facts().lockedUntil();
            if (locked != null && locked.isAfter(clock.instant())) {
                kept.add(text(entry) + ": locked until " + locked);
            } else {
                going.put(entry.facts().id(), entry);
            }
        }
        if (going.isEmpty()) {
            return 0;
        }
        RepositoryDesk.Forgotten done = desk.forget(repository.repositoryId(), going.keySet());
        new TreeMap<>(done.kept()).forEach((id, why) -> {
            SnapshotEntry entry = going.get(id);
            if (entry != null) {
                kept.add(text(entry) + ": " + why);
            }
        });
        return catalog.transaction(() -> {
            long removed = 0;
            for (SnapshotEntry entry : going.values()) {
                if (done.forgotten().contains(entry.facts().id())
                        && catalog.snapshots()
                                .remove(repository.name(), entry.facts().id())) {
                    note(entry, rules);
                    removed++;
                }
            }
            return removed;
        });
    }

    private void note(SnapshotEntry entry, String rules) {
        SnapshotFacts facts = entry.facts();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("repository", entry.repository());
        details.put("plan", facts.plan());
        details.put("host", facts.hostName());
        details.put("source", facts.source());
        details.put("committed", entry.noted().toString());
        details.put("keep", rules);
        catalog.audit().append(ACTOR, "snapshot.forget", SnapshotService.shortened(facts.id()), Json.text(details));
    }

    private static String text(SnapshotEntry entry) {
        return "snapshot " + SnapshotService.shortened(entry.facts().id()) + " of "
                + entry.facts().hostName();
    }

    private void tell(String repository, Outcome outcome) {
        if (outcome.forgotten() > 0) {
            log.info("snapshots forgotten", Map.of("repository", repository, "count", outcome.forgotten()));
        }
        if (!outcome.kept().isEmpty()) {
            log.info(
                    "snapshots stay though no rule keeps them",
                    Map.of(
                            "repository",
                            repository,
                            "count",
                            outcome.kept().size(),
                            "first",
                            outcome.kept().getFirst()));
        }
    }

    /** How many snapshots expire with this plan at once where it is applied now; empty where the repositories cannot be asked. */
    Optional<Long> expiring(Plan plan) {
        long count = 0;
        try {
            for (RepositoryEntry repository : catalog.repositories().all()) {
                RetentionPolicy policy = policy(plan, repository.name());
                List<SnapshotEntry> entries = policy.isEmpty() ? List.of() : entries(repository.name(), plan.name());
                if (!entries.isEmpty()) {
                    Map<String, Boolean> complete = desk.complete(repository.repositoryId());
                    count += expired(policy, entries, complete, clock.instant()).stream()
                            .filter(entry -> !isLocked(entry))
                            .count();
                }
            }
        } catch (HoldfastException e) {
            return Optional.empty();
        }
        return Optional.of(count);
    }

    private boolean isLocked(SnapshotEntry entry) {
        Instant locked = entry.facts().lockedUntil();
        return locked != null && locked.isAfter(clock.instant());
    }
}
