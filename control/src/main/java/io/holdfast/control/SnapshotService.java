package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobId;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.plan.Plan;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.SnapshotApi.DatabaseWish;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import io.holdfast.protocol.api.SnapshotApi.RestoreWish;
import io.holdfast.protocol.api.SnapshotApi.Restoring;
import io.holdfast.protocol.api.SnapshotApi.SnapshotPage;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.protocol.machine.JobOrder.DatabaseTarget;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What people do with snapshots; each sees those of their hosts. Thread-safe. */
public final class SnapshotService {
    private static final int LOOKS_KNOWN = 10_000;
    private static final List<String> OVERWRITE = List.of("never", "if-changed", "always");

    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final Audit audit;
    private final JobBell bell;
    private final InstantSource clock;
    /** When somebody looked into a snapshot last. */
    private final Map<String, Instant> looks = new ConcurrentHashMap<>();

    SnapshotService(Catalog catalog, RepositoryDesk desk, JobBell bell, InstantSource clock, Audit audit) {
        this.bell = bell;
        this.clock = clock;
        this.catalog = catalog;
        this.desk = desk;
        this.audit = audit;
    }

    /**
     * Which snapshots are meant; what is empty means any.
     *
     * @param from the server learned of them then or later
     * @param until the server learned of them earlier
     */
    public record Wish(
            String repository,
            Optional<String> host,
            String source,
            String plan,
            String tag,
            Optional<Instant> from,
            Optional<Instant> until) {
        public static final Wish ALL = new Wish("", Optional.empty(), "", "", "", Optional.empty(), Optional.empty());
    }

    /**
     * Snapshots, those that the server learned of last first.
     *
     * @param before where the page before ended
     * @param limit 1 to 1,000
     * @param withDetail whether repositories are asked, too
     */
    public SnapshotPage page(Principal principal, Wish wish, Optional<String> before, int limit, boolean withDetail) {
        Optional<HostId> host = wish.host().map(this::host);
        Snapshots.Filter filter = new Snapshots.Filter(
                wish.repository(),
                host.orElse(null),
                wish.source(),
                wish.plan(),
                wish.tag(),
                wish.from().orElse(null),
                wish.until().orElse(null));
        List<SnapshotEntry> page = catalog.snapshots()
                .page(filter, before.map(SnapshotService::sequence).orElse(Long.MAX_VALUE), limit);
        Map<HostId, Optional<Host>> hosts = new HashMap<>();
        List<SnapshotEntry> visible = page.stream()
                .filter(entry -> isVisible(entry, principal, hosts))
                .toList();
        Map<String, Detail> details = withDetail ? details(visible) : Map.of();
        return new SnapshotPage(
                visible.stream().map(entry -> view(entry, details)).toList(),
                page.size() == limit ? Optional.of(Long.toString(page.getLast().sequence())) : Optional.empty());
    }

    private HostId host(String name) {
        return catalog.hosts()
                .named(name)
                .map(Host::id)
                .orElseThrow(() -> HttpProblem.notFound("there is no host '" + name + "'"));
    }

    static long sequence(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw HttpProblem.badRequest("before=" + text + " is not where a page ended");
        }
    }

    private boolean isVisible(SnapshotEntry entry, Principal principal, Map<HostId, Optional<Host>> hosts) {
        HostId id = entry.facts().host();
        return principal.groups().isEmpty()
                || id != null
                        && hosts.computeIfAbsent(id, catalog.hosts()::of)
                                .filter(host -> principal.isAbout(host.groups()))
                                .isPresent();
    }

    private Map<String, Detail> details(List<SnapshotEntry> entries) {
        Map<String, List<String>> byRepository = new HashMap<>();
        entries.forEach(entry -> byRepository
                .computeIfAbsent(entry.repository(), name -> new ArrayList<>())
                .add(entry.facts().id()));
        Map<String, Detail> details = new HashMap<>();
        byRepository.forEach((name, ids) -> catalog.repositories()
                .named(name)
                .map(RepositoryEntry::repositoryId)
                .ifPresent(id -> details.putAll(desk.details(id, ids))));
        return details;
    }

    static SnapshotView view(SnapshotEntry entry, Map<String, Detail> details) {
        SnapshotFacts facts = entry.facts();
        return new SnapshotView(
                shortened(facts.id()),
                entry.repository(),
                facts.hostName(),
                facts.source(),
                facts.plan().isEmpty() ? Optional.empty() : Optional.of(facts.plan()),
                Optional.ofNullable(facts.job()).map(JobId::text),
                facts.started(),
                facts.ended(),
                entry.noted(),
                facts.files(),
                facts.bytes(),
                facts.addedBytes(),
                facts.storedBytes(),
                Optional.ofNullable(facts.lockedUntil()),
                List.copyOf(facts.tags()),
                Optional.ofNullable(details.get(facts.id())));
    }

    /** What people and scripts see of an id. */
    static String shortened(String id) {
        return id.substring(id.indexOf('-') + 1);
    }

    /** The snapshot of this id, or whose id begins so. */
    SnapshotEntry find(Principal principal, String id) {
        Map<HostId, Optional<Host>> hosts = new HashMap<>();
        List<SnapshotEntry> found = catalog.snapshots().withIdPart(id, 100).stream()
                .filter(entry -> !id.isEmpty() && shortened(entry.facts().id()).startsWith(id))
                .filter(entry -> isVisible(entry, principal, hosts))
                .toList();
        if (found.isEmpty()) {
            throw HttpProblem.notFound("there is no snapshot '" + id + "'");
        }
        if (found.size() > 1) {
            throw HttpProblem.badRequest("'" + id + "' fits " + found.size() + " snapshots");
        }
        return found.getFirst();
    }

    /** One snapshot, with what its repository says. */
    public SnapshotView show(Principal principal, String id) {
        SnapshotEntry entry = find(principal, id);
        return view(entry, details(List.of(entry)));
    }

    /** Has a host bring files back. */
    public Restoring restore(Principal principal, String id, RestoreWish wish) {
        SnapshotEntry entry = find(principal, id);
        Host host = restoringHost(principal, wish.host());
        if (!wish.target().startsWith("/")) {
            throw HttpProblem.badRequest("the target '" + wish.target() + "' is no absolute path of the host");
        }
        String overwrite = wish.overwrite().orElse("if-changed");
        if (!OVERWRITE.contains(overwrite)) {
            throw HttpProblem.badRequest("'" + overwrite + "' is none of " + OVERWRITE);
        }
        RestoreOrder order = new RestoreOrder(
                entry.repository(), entry.facts().id(), wish.paths(), wish.target(), overwrite, Optional.empty());
        return put(principal, host, order, Map.of("target", wish.target(), "paths", wish.paths()));
    }

    private Restoring put(Principal principal, Host host, RestoreOrder order, Map<String, Object> details) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        NewJob job = new NewJob(JobKind.RESTORE, "", host.id(), order.repository(), Json.text(order), now);
        String put = catalog.transaction(() -> {
            String made = catalog.jobs().put(job).map(JobId::text).orElseThrow();
            Map<String, Object> told = new TreeMap<>(details);
            told.put("to", host.name());
            told.put("job", made);
            audit.write(principal, "snapshot.restore", shortened(order.snapshot()), told);
            return made;
        });
        bell.look();
        return new Restoring(put);
    }

    /** Has a host bring a dump into a running database server. */
    public Restoring restoreDatabase(Principal principal, String id, DatabaseWish wish) {
        requireRestorable(principal, id, wish);
        SnapshotEntry entry = find(principal, id);
        Host host = restoringHost(principal, wish.host());
        Optional<Plan.Source.Databases> planned = planned(entry);
        boolean isReplacing = wish.replace().orElse(false);
        DatabaseTarget target = new DatabaseTarget(
                wish.name(),
                isReplacing,
                wish.connection().or(() -> planned.flatMap(Plan.Source.Databases::connectionFile)),
                wish.runAs().or(() -> planned.flatMap(Plan.Source.Databases::runAs)));
        RestoreOrder order =
                new RestoreOrder(entry.repository(), entry.facts().id(), List.of(), "", "never", Optional.of(target));
        return put(
                principal,
                host,
                order,
                Map.of(
                        "database",
                        wish.name().orElse(entry.facts().source()),
                        "replace",
                        isReplacing,
                        "connection",
                        target.connectionFile().orElse("")));
    }

    /** Looks at a wish as {@link #restoreDatabase} does. */
    public void requireRestorable(Principal principal, String id, DatabaseWish wish) {
        SnapshotEntry entry = find(principal, id);
        var ignored = restoringHost(principal, wish.host());
        String source = entry.facts().source();
        if (Source.ofDump(source).isEmpty()) {
            throw HttpProblem.badRequest(
                    "snapshot " + shortened(entry.facts().id()) + " is no dump of a database but of '" + source + "'");
        }
        if (wish.name().filter(String::isBlank).isPresent()) {
            throw HttpProblem.badRequest("a database has a name");
        }
        wish.connection().filter(file -> !file.startsWith("/")).ifPresent(file -> {
            throw HttpProblem.badRequest("the connection file '" + file + "' is no absolute path of the host");
        });
    }

    private Host restoringHost(Principal principal, String name) {
        return catalog.hosts()
                .named(name)
                .filter(found -> principal.isAbout(found.groups()))
                .orElseThrow(() -> HttpProblem.notFound("there is no host '" + name + "'"));
    }

    /** What the plan of a dump says of its server now; empty where it does not name it any more. */
    private Optional<Plan.Source.Databases> planned(SnapshotEntry dump) {
        String source = Source.ofDump(dump.facts().source()).orElse("");
        return catalog.plans().named(dump.facts().plan()).flatMap(stored -> {
            try {
                return Scheduler.read(stored).sources().stream()
                        .filter(Plan.Source.Databases.class::isInstance)
                        .map(Plan.Source.Databases.class::cast)
                        .filter(databases -> databases.name().equals(source))
                        .findFirst();
            } catch (HoldfastException e) {
                return Optional.empty();
            }
        });
    }

    /** Begins to read a snapshot: its tree, and for whoever may restore, its content. */
    public ReadAnswer begin(Principal principal, String id) {
        SnapshotEntry entry = find(principal, id);
        String repositoryId = catalog.repositories()
                .named(entry.repository())
                .map(RepositoryEntry::repositoryId)
                .orElseThrow(
                        () -> HttpProblem.notFound("there is no repository '" + entry.repository() + "' any more"));
        ReadAnswer answer =
                desk.begin(owner(principal), repositoryId, entry.facts().id());
        catalog.transaction(() -> writeRead(principal, entry));
        return answer;
    }

    private void writeRead(Principal principal, SnapshotEntry entry) {
        audit.write(
                principal,
                "snapshot.read",
                shortened(entry.facts().id()),
                Map.of("host", entry.facts().hostName(), "source", entry.facts().source()));
    }

    /** Notes that somebody looks into a snapshot: once a day, however many pages of it they see. */
    void noteLook(Principal principal, SnapshotEntry entry) {
        String look = principal.name() + "\n" + entry.facts().id();
        Instant today = clock.instant().truncatedTo(ChronoUnit.DAYS);
        if (!today.equals(looks.put(look, today))) {
            catalog.transaction(() -> writeRead(principal, entry));
        }
        if (looks.size() > LOOKS_KNOWN) {
            looks.clear();
        }
    }

    /**
     * Writes chunks that a read may have.
     *
     * @param target is asked for when it is known that they may be read
     */
    public void serve(Principal principal, String read, byte[] chunkIds, Supplier<OutputStream> target)
            throws IOException {
        desk.serve(owner(principal), read, chunkIds, principal.may(Permission.RESTORE), target);
    }

    public void end(Principal principal, String read) {
        desk.end(owner(principal), read);
    }

    private static String owner(Principal principal) {
        return "user " + principal.name();
    }
}
