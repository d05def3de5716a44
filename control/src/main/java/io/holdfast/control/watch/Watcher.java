package io.holdfast.control.watch;

import io.holdfast.catalog.Alert;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Leaderships.Leadership;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.control.watch.UsualRun.Run;
import io.holdfast.core.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks, decides, notes and tells. Of several servers of a catalog one does, the leader; what it notes is noted in a transaction in which it is the leader still. For one thread.
 */
public final class Watcher {
    private static final String LEADERSHIP = "watch";
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final String MARK = "watch.mark";
    private static final String SUMMARY = "watch.summary";
    private static final int MOST_JUDGED = 500;
    private static final int MOST_UNTOLD = 500;
    /** Of these nothing is known between two backups. */
    private static final Set<AlertKind> OF_BACKUPS = EnumSet.of(AlertKind.BACKUP_UNUSUAL, AlertKind.CONTENT_ENTROPY);

    private final Catalog catalog;
    private final Lookout lookout;
    private final Outbox outbox;
    private final InstantSource clock;
    private final String owner;
    private @Nullable Leadership leadership;

    /** @param owner another one for each start of each server */
    public Watcher(Catalog catalog, Lookout lookout, Targets targets, InstantSource clock, String owner, EventLog log) {
        this.catalog = catalog;
        this.lookout = lookout;
        this.outbox = new Outbox(catalog.alerts(), targets, log);
        this.clock = clock;
        this.owner = owner;
    }

    /** Does what is to be done now; nothing where another server is the leader. */
    public void look() throws InterruptedException {
        Optional<Leadership> acquired = catalog.leaderships().acquire(LEADERSHIP, owner, LEASE);
        leadership = acquired.orElse(null);
        if (acquired.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        WatchSettings settings = WatchSettings.of(catalog.settings());
        Watch.View view = lookout.view(now);
        List<Finding> findings = Watch.findings(view, settings, now);
        Set<String> hosts = view.hosts().stream().map(Watch.Machine::name).collect(Collectors.toSet());
        List<Alert> over = new ArrayList<>();
        boolean isLeader = catalog.transaction(() -> {
            boolean holds = catalog.leaderships().holds(acquired.get());
            if (holds) {
                over.addAll(note(findings, hosts));
                over.addAll(judge());
            }
            return holds;
        });
        if (!isLeader) {
            return;
        }
        outbox.put(
                catalog.alerts().untold(MOST_UNTOLD),
                over,
                summary(settings, now).stream().toList());
        outbox.deliver(now);
    }

    /** Lets another server be the leader at once. */
    public void release() {
        Leadership held = leadership;
        if (held != null) {
            catalog.leaderships().release(held);
        }
    }

    /** Opens what is new, keeps what goes on, and closes what is over, or about a host that is gone. Gives those that it closed. */
    private List<Alert> note(List<Finding> findings, Set<String> hosts) {
        Map<String, Alert> open = open();
        for (Finding finding : findings) {
            Alert known = open.remove(key(finding.kind().word(), finding.object()));
            // What has not changed is not written again and again.
            if (known == null || !known.text().equals(finding.text())) {
                var ignored = catalog.alerts().raise(finding.kind().word(), finding.object(), finding.text());
            }
        }
        List<Alert> over = new ArrayList<>();
        for (Alert alert : open.values()) {
            Optional<AlertKind> kind = AlertKind.of(alert.kind());
            boolean lastsUntilNextBackup = kind.filter(OF_BACKUPS::contains)
                    .flatMap(known -> known.host(alert.object()))
                    .filter(hosts::contains)
                    .isPresent();
            if (!lastsUntilNextBackup) {
                settle(alert).ifPresent(over::add);
            }
        }
        return over;
    }

    private Optional<Alert> settle(@Nullable Alert open) {
        return open != null && catalog.alerts().settle(open.kind(), open.object())
                ? catalog.alerts().of(open.id())
                : Optional.empty();
    }

    /** By kind and object. */
    private Map<String, Alert> open() {
        Map<String, Alert> open = new HashMap<>();
        for (Alert alert : catalog.alerts().current()) {
            open.put(key(alert.kind(), alert.object()), alert);
        }
        return open;
    }

    private static String key(String kind, String object) {
        return kind + " " + object;
    }

    /** Judges the backups that were noted since the last time. */
    private List<Alert> judge() {
        String mark = catalog.settings()
                .putFirst(MARK, Long.toString(catalog.snapshots().mark()));
        List<SnapshotEntry> fresh = catalog.snapshots().since(Long.parseLong(mark), MOST_JUDGED);
        List<Alert> over = new ArrayList<>();
        if (fresh.isEmpty()) {
            return over;
        }
        Map<String, Alert> open = open();
        for (SnapshotEntry entry : fresh) {
            HostId id = entry.facts().host();
            Optional<Host> host =
                    id == null ? Optional.empty() : catalog.hosts().of(id);
            if (host.isPresent() && !entry.facts().plan().isEmpty()) {
                over.addAll(judge(entry, host.get(), open));
            }
        }
        catalog.settings().put(MARK, Long.toString(fresh.getLast().sequence()));
        return over;
    }

    private List<Alert> judge(SnapshotEntry entry, Host host, Map<String, Alert> open) {
        String source = entry.facts().source();
        List<Run> before = catalog
                .snapshots()
                .page(
                        new Snapshots.Filter(
                                entry.repository(),
                                host.id(),
                                source,
                                entry.facts().plan(),
                                "",
                                null,
                                null),
                        entry.sequence(),
                        UsualRun.MOST_HISTORY)
                .stream()
                .map(Watcher::run)
                .toList();
        UsualRun.Verdict verdict = UsualRun.judge(run(entry), before);
        String object = host.name() + "/" + entry.facts().plan() + "/" + source;
        List<Alert> over = new ArrayList<>();
        Map.of(AlertKind.BACKUP_UNUSUAL, verdict.unusual(), AlertKind.CONTENT_ENTROPY, verdict.entropy())
                .forEach((kind, odd) -> {
                    String key = key(kind.word(), object);
                    if (odd.isPresent()) {
                        String text = odd.get() + " (snapshot "
                                + shortened(entry.facts().id()) + ")";
                        open.put(key, catalog.alerts().raise(kind.word(), object, text));
                    } else {
                        settle(open.remove(key)).ifPresent(over::add);
                    }
                });
        return over;
    }

    /** As people know it: without the generation. */
    private static String shortened(String id) {
        return id.substring(id.indexOf('-') + 1);
    }

    private static Run run(SnapshotEntry entry) {
        return new Run(
                entry.facts().files(),
                entry.facts().bytes(),
                entry.facts().addedBytes(),
                entry.facts().storedBytes());
    }

    /** Where its hour has come today and nobody has told it. A server that was down at that hour tells it later on the same day. */
    private Optional<Notice> summary(WatchSettings settings, Instant now) {
        if (settings.summary().isEmpty()) {
            return Optional.empty();
        }
        WatchSettings.SummaryTime time = settings.summary().get();
        ZonedDateTime local = now.atZone(time.zone());
        // The day before was told, or nobody wanted to know.
        LocalDate due = local.getHour() >= time.hour()
                ? local.toLocalDate()
                : local.toLocalDate().minusDays(1);
        String told = catalog.settings().putFirst(SUMMARY, due.toString());
        return LocalDate.parse(told).isBefore(due) && catalog.settings().replace(SUMMARY, told, due.toString())
                ? Optional.of(Notice.ofSummary(now, lookout.summary(now)))
                : Optional.empty();
    }
}
