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
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import io.holdfast.protocol.api.SnapshotApi.RestoreWish;
import io.holdfast.protocol.api.SnapshotApi.Restoring;
import io.holdfast.protocol.api.SnapshotApi.SnapshotPage;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.protocol.machine.JobOrder.RestoreOrder;
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
                facts.isReadable() ? Optional.empty() : Optional.of("host"),
                Optional.ofNullable(details.get(facts.id())));
    }

    /** What people and scripts see of an id. */
    static String shortened(String id) {
        return id.substring(id.indexOf('-') + 1);
    }

    /**
     * The same where the server can read it.
     *
     * @throws HttpProblem 409 where only its host can
     */
    SnapshotEntry findReadable(Principal principal, String id) {
        SnapshotEntry entry = find(principal, id);
        if (!entry.facts().isReadable()) {
            throw new HttpProblem(
                    409,
                    "encrypted-by-host",
                    "snapshot " + shortened(entry.facts().id()) + " is encrypted with a key of host '"
                            + entry.facts().hostName() + "' that the server does not have",
                    "Restore it on a host that has the key, or read it directly: holdfast --repo PLACE --key-file KEY, as"
                            + " 'holdfast agent key show' tells there.");
        }
        return entry;
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
        Host host = catalog.hosts()
                .named(wish.host())
                .filter(found -> principal.isAbout(found.groups()))
                .orElseThrow(() -> HttpProblem.notFound("there is no host '" + wish.host() + "'"));
        if (!wish.target().startsWith("/")) {
            throw HttpProblem.badRequest("the target '" + wish.target() + "' is no absolute path of the host");
        }
        String overwrite = wish.overwrite().orElse("if-changed");
        if (!OVERWRITE.contains(overwrite)) {
            throw HttpProblem.badRequest("'" + overwrite + "' is none of " + OVERWRITE);
        }
        String vault = entry.facts().vault();
        RestoreOrder order = new RestoreOrder(
                entry.repository(),
                entry.facts().id(),
                wish.paths(),
                wish.target(),
                overwrite,
                vault.isEmpty() ? Optional.empty() : Optional.of(vault));
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        NewJob job = new NewJob(JobKind.RESTORE, "", host.id(), entry.repository(), Json.text(order), now);
        String put = catalog.transaction(() -> {
            String made = catalog.jobs().put(job).map(JobId::text).orElseThrow();
            audit.write(
                    principal,
                    "snapshot.restore",
                    shortened(entry.facts().id()),
                    Map.of("to", wish.host(), "target", wish.target(), "paths", wish.paths(), "job", made));
            return made;
        });
        bell.look();
        return new Restoring(put);
    }

    /** Begins to read a snapshot: its tree, and for whoever may restore, its content. */
    public ReadAnswer begin(Principal principal, String id) {
        SnapshotEntry entry = findReadable(principal, id);
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
