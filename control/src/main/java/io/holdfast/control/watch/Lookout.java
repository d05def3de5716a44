package io.holdfast.control.watch;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.Plans;
import io.holdfast.catalog.Protection;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.control.watch.Watch.Failing;
import io.holdfast.control.watch.Watch.Machine;
import io.holdfast.control.watch.Watch.Room;
import io.holdfast.control.watch.Watch.Run;
import io.holdfast.control.watch.Watch.Store;
import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Gathers what is known for {@link Watch}. Thread-safe. */
public final class Lookout {
    private static final int PAGE = 1_000;
    private static final Duration TREND = Duration.ofDays(30);
    /** Where the last run of a plan is looked for, the nearest first. */
    private static final List<Duration> BACK = List.of(Duration.ofDays(2), Duration.ofDays(35), Duration.ofDays(367));

    private final Catalog catalog;
    private final Function<String, Optional<Room>> room;

    /** @param room of a store's URL */
    public Lookout(Catalog catalog, Function<String, Optional<Room>> room) {
        this.catalog = catalog;
        this.room = room;
    }

    Watch.View view(Instant now) {
        List<Host> hosts = hosts();
        return new Watch.View(
                hosts.stream()
                        .map(host -> new Machine(
                                host.name(),
                                host.added(),
                                Optional.ofNullable(host.seen()).map(seen -> seen.at())))
                        .toList(),
                catalog.mediaServers().all().stream()
                        .filter(server -> !server.url().equals(MediaPlace.IN_CONTROL))
                        .map(server -> new Machine(
                                server.name(),
                                server.added(),
                                Optional.ofNullable(server.seen()).map(seen -> seen.at())))
                        .toList(),
                failing(hosts),
                runs(hosts, now),
                catalog.repositories().all().stream()
                        .map(entry -> store(entry, now))
                        .toList());
    }

    private List<Host> hosts() {
        List<Host> all = new ArrayList<>();
        List<Host> page = catalog.hosts().page("", PAGE);
        while (!page.isEmpty()) {
            all.addAll(page);
            page = page.size() < PAGE
                    ? List.of()
                    : catalog.hosts().page(page.getLast().name(), PAGE);
        }
        return all;
    }

    private List<Failing> failing(List<Host> hosts) {
        Map<String, String> names =
                hosts.stream().collect(Collectors.toMap(host -> host.id().text(), Host::name));
        List<Failing> failing = new ArrayList<>();
        for (JobHistory.Result result : catalog.history().failing()) {
            String kind = result.kind().name().toLowerCase(Locale.ROOT);
            String host = names.get(result.subject());
            if (!result.kind().isOfHost()) {
                failing.add(new Failing(
                        AlertKind.UPKEEP_FAILED, result.subject(), kind, result.failures(), result.message()));
            } else if (host != null && !result.plan().isEmpty()) {
                // A restore is somebody's who looks himself.
                failing.add(
                        new Failing(AlertKind.JOB_FAILED, host, result.plan(), result.failures(), result.message()));
            }
        }
        return failing;
    }

    private List<Run> runs(List<Host> hosts, Instant now) {
        List<Run> runs = new ArrayList<>();
        for (Plans.Stored stored : catalog.plans().all()) {
            try {
                Plan plan = Plan.read(YamlMap.parse(stored.text(), stored.name()));
                last(plan, stored.changed(), now).ifPresent(moment -> runs.add(run(plan, moment, hosts)));
            } catch (HoldfastException e) {
                // The scheduler tells of a plan that cannot be read.
            }
        }
        return runs;
    }

    /** The last moment of a plan whose window is over, since it is what it is. */
    private static Optional<Instant> last(Plan plan, Instant changed, Instant now) {
        Instant end = now.minus(plan.schedule().window());
        for (Duration back : BACK) {
            Instant begin = end.minus(back).isBefore(changed) ? changed : end.minus(back);
            List<Instant> moments = plan.schedule().moments(begin, end, 1);
            if (!moments.isEmpty()) {
                return Optional.of(moments.getLast());
            }
        }
        return Optional.empty();
    }

    private Run run(Plan plan, Instant moment, List<Host> hosts) {
        Set<HostId> begun = catalog.history().begun(plan.name(), moment);
        List<Host> meant = hosts.stream()
                .filter(host -> host.added().isBefore(moment)
                        && plan.selection().names(host.name(), host.groups(), host.tags()))
                .toList();
        return new Run(
                plan.name(),
                moment,
                plan.schedule().window(),
                meant.stream().map(Host::name).collect(Collectors.toSet()),
                meant.stream()
                        .filter(host -> begun.contains(host.id()))
                        .map(Host::name)
                        .collect(Collectors.toSet()));
    }

    private Store store(RepositoryEntry entry, Instant now) {
        return new Store(
                entry.name(),
                entry.trouble(),
                room.apply(entry.url()),
                catalog.repositories().sizes(entry.name(), now.minus(TREND), PAGE).stream()
                        .map(size -> new Watch.Size(size.at(), size.storedBytes()))
                        .toList());
    }

    Notice.Summary summary(Instant now) {
        Protection.Counts hosts = catalog.protection().counts(Set.of(), now.minus(Duration.ofDays(2)));
        Map<JobState, Long> jobs = catalog.history()
                .counts(new JobHistory.Filter(null, null, null, "", "", now.minus(Duration.ofDays(1)), null));
        return new Notice.Summary(
                hosts.hosts(),
                hosts.saved(),
                hosts.never(),
                jobs.getOrDefault(JobState.DONE, 0L),
                jobs.getOrDefault(JobState.PARTIAL, 0L),
                jobs.getOrDefault(JobState.FAILED, 0L),
                jobs.getOrDefault(JobState.QUEUED, 0L) + jobs.getOrDefault(JobState.RUNNING, 0L),
                catalog.alerts().current().stream().limit(100).map(Notice::view).toList());
    }
}
