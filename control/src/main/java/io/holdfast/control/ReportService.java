package io.holdfast.control;

import io.holdfast.catalog.AuditEntry;
import io.holdfast.catalog.AuditLog;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Figures;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.plan.Plan;
import io.holdfast.protocol.api.ReportApi.Report;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes reports; each person gets what is about their hosts. Thread-safe. */
public final class ReportService {
    private static final int PAGE = 1_000;
    /** More is no report. */
    private static final int MOST_ROWS = 100_000;

    private final Catalog catalog;
    private final RepositoryDesk repositories;
    private final InstantSource clock;

    ReportService(Catalog catalog, RepositoryDesk repositories, InstantSource clock) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.clock = clock;
    }

    /**
     * Makes one.
     *
     * @param word {@code protected}, {@code unprotected}, {@code failed}, {@code restored} or {@code storage}
     * @param days it is about the last so many
     */
    public Report report(Principal principal, String word, int days) {
        ReportKind kind = ReportKind.of(word)
                .orElseThrow(() -> HttpProblem.notFound(
                        "there is no report '" + word + "': protected, unprotected, failed, restored or storage"));
        Instant now = clock.instant();
        Instant since = now.minus(Duration.ofDays(days));
        Map<HostId, Host> hosts = hosts(principal);
        List<Map<String, Object>> rows = switch (kind) {
            case PROTECTED -> protectedSources(hosts, since, now);
            case UNPROTECTED -> unprotected(hosts, since);
            case FAILED -> failed(principal, hosts, since);
            case RESTORED -> restored(principal, hosts, since);
            case STORAGE -> storage(principal);
        };
        return new Report(kind.word(), kind.title(), now, days, kind.columns(), rows);
    }

    /** Those that are this one's to see, in the order of their names. */
    private Map<HostId, Host> hosts(Principal principal) {
        Map<HostId, Host> all = new LinkedHashMap<>();
        List<Host> page = catalog.hosts().page("", PAGE);
        while (!page.isEmpty()) {
            page.stream().filter(host -> principal.isAbout(host.groups())).forEach(host -> all.put(host.id(), host));
            page = page.size() < PAGE
                    ? List.of()
                    : catalog.hosts().page(page.getLast().name(), PAGE);
        }
        return all;
    }

    private static boolean hasName(Map<HostId, Host> hosts, String name) {
        return hosts.values().stream().anyMatch(host -> host.name().equals(name));
    }

    private static Map<String, Object> row(@Nullable Object... entries) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            Object value = entries[i + 1];
            if (value != null && entries[i] instanceof String name) {
                row.put(name, value);
            }
        }
        return row;
    }

    private List<Map<String, Object>> protectedSources(Map<HostId, Host> hosts, Instant since, Instant now) {
        Map<String, Host> names = new HashMap<>();
        hosts.values().forEach(host -> names.put(host.name(), host));
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Figures.Saved saved : catalog.figures().saved()) {
            if (names.containsKey(saved.host()) && !saved.last().isBefore(since)) {
                rows.add(row(
                        "host", saved.host(),
                        "plan", saved.plan(),
                        "source", saved.source(),
                        "repository", saved.repository(),
                        "last_good", saved.last(),
                        "age_hours",
                                Math.max(0, Duration.between(saved.last(), now).toHours()),
                        "snapshots", saved.snapshots(),
                        "files", saved.files(),
                        "bytes", saved.bytes(),
                        "stored_bytes", saved.storedBytes()));
            }
        }
        return rows;
    }

    private List<Map<String, Object>> unprotected(Map<HostId, Host> hosts, Instant since) {
        List<Plan> plans = plans();
        List<HostId> ids = List.copyOf(hosts.keySet());
        Map<String, Instant> lastGood = new HashMap<>();
        for (int from = 0; from < ids.size(); from += PAGE) {
            for (JobHistory.Result result :
                    catalog.history().results(ids.subList(from, Math.min(from + PAGE, ids.size())))) {
                Instant good = later(result.done(), result.partial());
                if (result.kind() == JobKind.BACKUP && good != null) {
                    lastGood.merge(result.subject(), good, (one, other) -> one.isAfter(other) ? one : other);
                }
            }
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Host host : hosts.values()) {
            List<String> names = plans.stream()
                    .filter(plan -> plan.selection().names(host.name(), host.groups(), host.tags()))
                    .map(Plan::name)
                    .toList();
            Instant last = lastGood.get(host.id().text());
            if (names.isEmpty() || last == null || last.isBefore(since)) {
                rows.add(row(
                        "host", host.name(),
                        "groups", String.join(" ", host.groups()),
                        "plans", String.join(" ", names),
                        "last_good", last,
                        "why", names.isEmpty() ? "no plan" : last == null ? "never saved" : "not saved lately"));
            }
        }
        return rows;
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        return one == null || other != null && other.isAfter(one) ? other : one;
    }

    private List<Plan> plans() {
        List<Plan> plans = new ArrayList<>();
        for (Plans.Stored stored : catalog.plans().all()) {
            try {
                plans.add(Scheduler.read(stored));
            } catch (HoldfastException e) {
                // It saves nothing, either.
            }
        }
        return plans;
    }

    private List<Map<String, Object>> failed(Principal principal, Map<HostId, Host> hosts, Instant since) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (JobState state : List.of(JobState.FAILED, JobState.PARTIAL)) {
            JobHistory.Filter filter = new JobHistory.Filter(state, null, null, "", "", since, null);
            JobHistory.Position from = null;
            boolean more = true;
            while (more && rows.size() < MOST_ROWS) {
                List<Job> page = catalog.history().page(filter, from, PAGE);
                more = page.size() == PAGE;
                for (Job job : page) {
                    from = JobHistory.Position.of(job);
                    HostId id = job.host();
                    Host host = id == null ? null : hosts.get(id);
                    if (host != null || id == null && principal.groups().isEmpty()) {
                        rows.add(row(
                                "ended", job.times().ended(),
                                "host", host == null ? "" : host.name(),
                                "plan", job.plan(),
                                "kind", word(job.kind()),
                                "state", word(job.state()),
                                "job", job.id().text(),
                                "message", job.message()));
                    }
                }
            }
        }
        return rows;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** The audit log knows who wanted it. */
    private List<Map<String, Object>> restored(Principal principal, Map<HostId, Host> hosts, Instant since) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (String action : List.of("snapshot.", "job.again")) {
            AuditLog.Filter filter = new AuditLog.Filter("", action, "", since, null);
            long before = Long.MAX_VALUE;
            boolean more = true;
            while (more && rows.size() < MOST_ROWS) {
                List<AuditEntry> page = catalog.audit().page(filter, before, PAGE);
                more = page.size() == PAGE;
                for (AuditEntry entry : page) {
                    before = entry.sequence();
                    restored(entry)
                            .filter(row ->
                                    principal.groups().isEmpty() || hasName(hosts, String.valueOf(row.get("host"))))
                            .ifPresent(rows::add);
                }
            }
        }
        return rows;
    }

    private Optional<Map<String, Object>> restored(AuditEntry entry) {
        Map<String, Object> details;
        try {
            details = Json.parseObject(entry.details());
        } catch (HoldfastException e) {
            // It was too long to be kept whole.
            details = Map.of();
        }
        if (entry.action().equals("snapshot.read")) {
            return Optional.of(row(
                    "at", entry.at(),
                    "who", entry.actor(),
                    "snapshot", entry.object(),
                    "host", String.valueOf(details.getOrDefault("host", "")),
                    "target", "read by " + entry.actor(),
                    "paths", String.valueOf(details.getOrDefault("source", ""))));
        }
        Optional<Job> job =
                job(String.valueOf(details.getOrDefault("job", ""))).filter(found -> found.kind() == JobKind.RESTORE);
        if (!entry.action().equals("snapshot.restore") && job.isEmpty()) {
            return Optional.empty();
        }
        Optional<RestoreOrder> order = job.map(found -> Json.parse(found.spec(), RestoreOrder.class));
        String to =
                job.map(Job::host).flatMap(catalog.hosts()::of).map(Host::name).orElse("");
        return Optional.of(row(
                "at", entry.at(),
                "who", entry.actor(),
                "snapshot",
                        SnapshotService.shortened(
                                order.map(RestoreOrder::snapshot).orElse(entry.object())),
                "host", to.isEmpty() ? String.valueOf(details.getOrDefault("to", "")) : to,
                "target", order.map(ReportService::target).orElse(String.valueOf(details.getOrDefault("target", ""))),
                "paths", order.map(its -> String.join(" ", its.paths())).orElse(""),
                "job", job.map(found -> found.id().text()).orElse(null),
                "state", job.map(found -> word(found.state())).orElse(null)));
    }

    private static String target(RestoreOrder order) {
        return order.database()
                .map(database -> "database " + database.name().orElse("of the same name"))
                .orElse(order.target().isEmpty() ? "in place" : order.target());
    }

    private Optional<Job> job(String id) {
        return id.isEmpty() ? Optional.empty() : catalog.jobs().job(new JobId(id));
    }

    private List<Map<String, Object>> storage(Principal principal) {
        if (!principal.groups().isEmpty()) {
            throw HttpProblem.forbidden("repositories are of all hosts, and " + principal.name() + " sees some alone");
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        for (RepositoryEntry entry : catalog.repositories().all()) {
            Snapshots.Totals totals =
                    catalog.snapshots().totals(new Snapshots.Filter(entry.name(), null, "", "", "", null, null));
            Optional<RepositoryDesk.Room> room = repositories.room(entry.url());
            rows.add(row(
                    "repository", entry.name(),
                    "url", entry.url(),
                    "snapshots", totals.snapshots(),
                    "bytes", totals.bytes(),
                    "stored_bytes", totals.storedBytes(),
                    "free_bytes", room.map(RepositoryDesk.Room::freeBytes).orElse(null),
                    "total_bytes", room.map(RepositoryDesk.Room::totalBytes).orElse(null),
                    "trouble", entry.trouble()));
        }
        return rows;
    }
}
