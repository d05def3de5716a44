package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpProblem;
import io.holdfast.plan.Plan;
import io.holdfast.protocol.api.RepositoryApi.NewRepository;
import io.holdfast.protocol.api.RepositoryApi.Pruning;
import io.holdfast.protocol.api.RepositoryApi.RecoverySheet;
import io.holdfast.protocol.api.RepositoryApi.RepositoryKey;
import io.holdfast.protocol.api.RepositoryApi.RepositoryList;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import io.holdfast.protocol.api.RepositoryApi.Size;
import io.holdfast.protocol.api.RepositoryApi.SizeList;
import io.holdfast.security.SealingKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What people do with repositories. Thread-safe. */
public final class RepositoryService {
    private static final long MANY = 100_000;
    private static final Duration SHOWN = Duration.ofDays(366);
    private static final int MOST_SIZES = 400;
    private static final String LOCAL = "local";

    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final RepositoriesElsewhere elsewhere;
    private final SealingKey sealing;
    private final InstantSource clock;
    private final String version;
    private final Audit audit;

    /** @param version of the program */
    RepositoryService(
            Catalog catalog,
            RepositoryDesk desk,
            RepositoriesElsewhere elsewhere,
            SealingKey sealing,
            InstantSource clock,
            String version,
            Audit audit) {
        this.clock = clock;
        this.version = version;
        this.catalog = catalog;
        this.desk = desk;
        this.elsewhere = elsewhere;
        this.sealing = sealing;
        this.audit = audit;
    }

    /** What a repository's key is sealed as. */
    public static String purpose(String repository) {
        return "repository " + repository;
    }

    /** All, in the order of their names. */
    public RepositoryList list() {
        return new RepositoryList(
                catalog.repositories().all().stream().map(this::view).toList());
    }

    public RepositoryView show(String name) {
        return view(entry(name));
    }

    private RepositoryView view(RepositoryEntry entry) {
        Snapshots.Totals totals = totals(entry);
        return new RepositoryView(
                entry.name(),
                entry.url(),
                entry.repositoryId(),
                entry.state().name().toLowerCase(Locale.ROOT),
                entry.added(),
                totals.snapshots(),
                totals.bytes(),
                totals.storedBytes(),
                desk.storedBytes(entry.repositoryId()).stream().boxed().findFirst(),
                sheetConfirmed(entry.name()),
                entry.trouble().isEmpty() ? Optional.empty() : Optional.of(entry.trouble()),
                elsewhere.of(entry.name()));
    }

    /** Of many snapshots they are not counted each time: once a day they are noted. */
    private Snapshots.Totals totals(RepositoryEntry entry) {
        return catalog.repositories().sizes(entry.name(), Instant.EPOCH, 1).stream()
                .filter(size -> size.snapshots() >= MANY)
                .findFirst()
                .map(size -> new Snapshots.Totals(size.snapshots(), size.plainBytes(), size.storedBytes()))
                .orElseGet(() ->
                        catalog.snapshots().totals(new Snapshots.Filter(entry.name(), null, "", "", "", null, null)));
    }

    /** How it has grown in the last year, the oldest first. */
    public SizeList sizes(String name) {
        String known = entry(name).name();
        return new SizeList(catalog.repositories().sizes(known, clock.instant().minus(SHOWN), MOST_SIZES).stream()
                .map(size -> new Size(size.at(), size.snapshots(), size.plainBytes(), size.storedBytes()))
                .toList());
    }

    private RepositoryEntry entry(String name) {
        return catalog.repositories()
                .named(name)
                .orElseThrow(() -> HttpProblem.notFound("there is no repository '" + name + "'"));
    }

    private static String sheetKey(String name) {
        return "repository." + name + ".sheet";
    }

    private Optional<Instant> sheetConfirmed(String name) {
        return catalog.settings().of(sheetKey(name)).map(Instant::parse);
    }

    /** The repositories whose keys the server has, and of which nobody has confirmed to have the recovery sheet. */
    public List<String> withoutSheet() {
        return catalog.repositories().all().stream()
                .filter(entry -> entry.sealedKey() != null)
                .map(RepositoryEntry::name)
                .filter(name -> sheetConfirmed(name).isEmpty())
                .toList();
    }

    /**
     * The recovery sheet of a repository. That somebody has seen it is noted each time.
     *
     * @throws HttpProblem 409 where the server does not have its key
     */
    public RecoverySheet sheet(Principal principal, String name) {
        principal.require(Permission.ADMINISTER);
        RepositoryEntry entry = entry(name);
        Bytes sealed = entry.sealedKey();
        if (sealed == null) {
            throw new HttpProblem(
                    409,
                    "refused",
                    "the server has no key of repository '" + name + "'",
                    "Whoever made it has its key.");
        }
        String key = new String(sealing.open(sealed, purpose(name)), StandardCharsets.UTF_8);
        catalog.transaction(() -> audit.write(principal, "repository.sheet", name, Map.of()));
        return new RecoverySheet(name, entry.url(), entry.repositoryId(), key.strip(), version);
    }

    /** Notes that somebody has printed the sheet and keeps it. */
    public RepositoryView confirmSheet(Principal principal, String name) {
        principal.require(Permission.ADMINISTER);
        String known = entry(name).name();
        catalog.transaction(() -> {
            catalog.settings()
                    .put(
                            sheetKey(known),
                            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
            audit.write(principal, "repository.sheet.confirm", known, Map.of());
        });
        return show(known);
    }

    /** Makes a repository, or adds one that is there. Its key is kept before anything is encrypted with it. */
    public RepositoryView add(Principal principal, NewRepository wish) {
        List<MediaServer> servers = elsewhere.named(wish.media());
        if (servers.isEmpty() || servers.stream().anyMatch(MediaChoice::isInControl)) {
            addHere(principal, wish, servers);
        } else {
            makeElsewhere(principal, wish, servers);
        }
        return show(wish.name());
    }

    private void addHere(Principal principal, NewRepository wish, List<MediaServer> servers) {
        RepositoryDesk.Opening opening =
                wish.key().map(key -> desk.look(wish.url(), key)).orElseGet(() -> desk.draw(wish.url()));
        note(principal, wish, opening, servers, () -> {});
        opened(principal, wish.name(), () -> desk.open(wish.url(), opening));
    }

    private void makeElsewhere(Principal principal, NewRepository wish, List<MediaServer> servers) {
        if (wish.key().isPresent()) {
            throw new HttpProblem(
                    409,
                    "refused",
                    "a repository that is there can only be added where the control server opens it, too",
                    "Leave --media out, or name '" + LOCAL + "', too.");
        }
        MediaServer maker = elsewhere.maker(servers);
        note(principal, wish, elsewhere.draw(), servers, () -> elsewhere.have(maker, wish.name()));
        try {
            opened(principal, wish.name(), () -> elsewhere.await(maker, wish.name()));
        } finally {
            elsewhere.made(wish.name());
        }
    }

    private void note(
            Principal principal,
            NewRepository wish,
            RepositoryDesk.Opening opening,
            List<MediaServer> servers,
            Runnable further) {
        Bytes sealed = sealing.seal(opening.key().getBytes(StandardCharsets.UTF_8), purpose(wish.name()));
        catalog.transaction(() -> {
            var ignored = catalog.repositories().add(wish.name(), wish.url(), sealed, opening.repositoryId());
            catalog.servedRepositories()
                    .assign(wish.name(), servers.stream().map(MediaServer::id).toList());
            further.run();
            audit.write(principal, "repository.add", wish.name(), Map.of("url", wish.url(), "media", wish.media()));
        });
    }

    /** Has the repository opened; where that fails, it is forgotten again. */
    private void opened(Principal principal, String name, Runnable opening) {
        try {
            opening.run();
        } catch (RuntimeException e) {
            catalog.transaction(() -> {
                if (catalog.repositories().remove(name)) {
                    audit.write(principal, "repository.remove", name, Map.of("why", "it could not be opened"));
                }
            });
            throw e;
        }
    }

    /**
     * Forgets a repository, which stays as it is in its store.
     *
     * @throws HttpProblem 409 where plans go there, or snapshots or jobs are there, and for the one that plans go to that name none
     */
    public void remove(Principal principal, String name) {
        RepositoryEntry entry = entry(name);
        catalog.transaction(() -> {
            requireUnused(name);
            if (catalog.repositories().remove(name)) {
                boolean ignored = catalog.settings().remove(Housekeeping.decided(name));
                audit.write(principal, "repository.remove", name, Map.of("url", entry.url()));
            }
        });
        desk.close(entry.repositoryId());
    }

    private void requireUnused(String name) {
        if (name.equals(BackupOrders.DEFAULT_REPOSITORY)) {
            throw inUse("repository '" + name + "' is where plans go that name none", "It stays.");
        }
        for (Plans.Stored stored : catalog.plans().all()) {
            if (goesTo(stored, name)) {
                throw inUse(
                        "plan '" + stored.name() + "' uses repository '" + name + "'",
                        "Have it go elsewhere, or delete it.");
            }
        }
        long snapshots = catalog.snapshots()
                .totals(new Snapshots.Filter(name, null, "", "", "", null, null))
                .snapshots();
        if (snapshots > 0) {
            throw inUse(
                    "repository '" + name + "' has " + snapshots + (snapshots == 1 ? " snapshot" : " snapshots"),
                    "Forget them first.");
        }
        for (JobState state : List.of(JobState.QUEUED, JobState.RUNNING)) {
            JobHistory.Filter open = new JobHistory.Filter(state, null, null, "", name, null, null);
            if (!catalog.history().page(open, null, 1).isEmpty()) {
                throw inUse("a job of repository '" + name + "' has not ended", "Wait for it, or cancel it.");
            }
        }
    }

    private static boolean goesTo(Plans.Stored stored, String repository) {
        try {
            Plan plan = Scheduler.read(stored);
            return BackupOrders.repository(plan).equals(repository)
                    || plan.placement().copies().stream()
                            .anyMatch(copy -> copy.to().equals(repository));
        } catch (HoldfastException e) {
            // It cannot be read, and runs no more.
            return false;
        }
    }

    private static HttpProblem inUse(String why, String help) {
        return new HttpProblem(409, "refused", why, help);
    }

    /** The key that opens a repository: whoever has it reads everything in it. */
    public RepositoryKey key(Principal principal, String name) {
        RepositoryEntry entry = entry(name);
        Bytes sealed = entry.sealedKey();
        if (sealed == null) {
            throw HttpProblem.notFound("the server has no key of repository '" + name + "'");
        }
        String key = new String(sealing.open(sealed, purpose(name)), StandardCharsets.UTF_8);
        catalog.transaction(() -> audit.write(principal, "repository.key", name, Map.of()));
        return new RepositoryKey(key);
    }

    /** Has a repository pruned now, besides its nights; where that is under way or waits already, that is meant. */
    public Pruning prune(Principal principal, String name) {
        RepositoryEntry entry = entry(name);
        if (entry.state() != RepositoryEntry.State.ACTIVE) {
            throw inUse("repository '" + name + "' is paused", "Nothing is removed there.");
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return new Pruning(catalog.transaction(() -> {
            String job = catalog.jobs().putAlone(Housekeeping.prune(name, now)).text();
            audit.write(principal, "repository.prune", name, Map.of("job", job));
            return job;
        }));
    }
}
