package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Leaderships.Leadership;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What nobody asks for and one control server does for all: it forgets what has expired when backups were made, and has each repository pruned once a night
 * (docs/jobs.md, "Prunes"). At work from {@link #start} on.
 */
final class Housekeeping implements AutoCloseable {
    /** Of UTC, so that all servers mean the same moment. */
    static final LocalTime NIGHT = LocalTime.of(2, 30);

    private static final String NAME = "housekeeping";
    private static final String DECIDED = "prune.decided.";
    private static final Duration LEASE = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofSeconds(5);
    /** While snapshots come and come it forgets so often. */
    private static final int MOST_LOOKS_WITHOUT = 12;

    private static final int PAGE = 1_000;

    private final Catalog catalog;
    private final Retention retention;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final EventLog log;
    private final String owner;
    private final Thread thread;
    private Optional<Leadership> leadership = Optional.empty();
    private long seen;
    private long last;
    private int waited;

    Housekeeping(
            Catalog catalog,
            Retention retention,
            InstantSource clock,
            MonotonicClock monotonic,
            RandomGenerator random,
            EventLog log) {
        this.catalog = catalog;
        this.retention = retention;
        this.clock = clock;
        this.monotonic = monotonic;
        this.log = log;
        this.owner = "server-" + Long.toHexString(random.nextLong());
        this.seen = catalog.snapshots().mark();
        this.last = seen;
        this.thread = Thread.ofPlatform().daemon().name("holdfast-housekeeping").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                try {
                    look();
                } catch (HoldfastException e) {
                    log.error("housekeeping failed", Map.of("why", String.valueOf(e.getMessage())));
                } catch (RuntimeException e) {
                    // A database that does not answer is asked again.
                    log.error("housekeeping failed", Map.of("defect", e));
                }
                monotonic.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            // The server stops.
        }
    }

    /** Looks once. */
    void look() {
        // A disk has better things to do than to hear of it at each look.
        boolean isLong = leadership
                .filter(held -> held.until().isAfter(clock.instant().plus(LEASE.dividedBy(2))))
                .isPresent();
        if (!isLong) {
            leadership = catalog.leaderships().acquire(NAME, owner, LEASE);
        }
        long mark = catalog.snapshots().mark();
        if (leadership.isEmpty()) {
            seen = mark;
            last = mark;
            return;
        }
        nightly();
        waited = mark == seen ? 0 : waited + 1;
        boolean isQuiet = mark == last;
        last = mark;
        if (mark != seen && (isQuiet || waited > MOST_LOOKS_WITHOUT)) {
            waited = 0;
            afterBackups(mark);
        }
    }

    /** The beginning of the night that it is, or was last. */
    static Instant night(Instant now) {
        ZonedDateTime today = now.atZone(ZoneOffset.UTC).with(NIGHT);
        return (today.toInstant().isAfter(now) ? today.minusDays(1) : today).toInstant();
    }

    /** Each night is decided once for each repository, as moments of plans are; one that is new waits for the next. */
    private void nightly() {
        Instant night = night(clock.instant());
        for (RepositoryEntry repository : catalog.repositories().all()) {
            String key = DECIDED + repository.name();
            String decided = catalog.settings().putFirst(key, night.toString());
            if (Instant.parse(decided).isBefore(night) && repository.state() == RepositoryEntry.State.ACTIVE) {
                catalog.transaction(() -> {
                    if (catalog.settings().replace(key, decided, night.toString())) {
                        var ignored = catalog.jobs().putAlone(prune(repository.name(), night));
                    }
                });
            }
        }
    }

    static NewJob prune(String repository, Instant moment) {
        return new NewJob(JobKind.PRUNE, "", null, repository, "", moment);
    }

    /** Where it was noted what was decided of a repository that is removed. */
    static String decided(String repository) {
        return DECIDED + repository;
    }

    /** Forgets for the plans that have new snapshots, where they have them. */
    private void afterBackups(long mark) {
        Map<String, Set<String>> plans = new HashMap<>();
        long before = Long.MAX_VALUE;
        List<SnapshotEntry> page;
        do {
            page = catalog.snapshots().page(Snapshots.Filter.ALL, before, PAGE);
            for (SnapshotEntry entry : page) {
                before = entry.sequence();
                if (before > seen && !entry.facts().plan().isEmpty()) {
                    plans.computeIfAbsent(entry.repository(), name -> new HashSet<>())
                            .add(entry.facts().plan());
                }
            }
        } while (page.size() == PAGE && before > seen);
        // What goes wrong is done again in the night.
        seen = mark;
        plans.forEach((repository, names) -> {
            leadership = catalog.leaderships().acquire(NAME, owner, LEASE);
            if (leadership.isPresent()) {
                forget(repository, names);
            }
        });
    }

    private void forget(String repository, Set<String> plans) {
        try {
            var ignored = retention.forget(repository, plans::contains);
        } catch (HoldfastException e) {
            log.error(
                    "expired snapshots stay for now",
                    Map.of("repository", repository, "why", String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            leadership.ifPresent(catalog.leaderships()::release);
        } catch (RuntimeException e) {
            // The database is away: the right ends by itself.
            log.warning("leadership was not given up", Map.of("why", e));
        }
    }
}
