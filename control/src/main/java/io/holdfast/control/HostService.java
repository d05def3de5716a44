package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Hosts;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Sighting;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.HostApi.HostChange;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.HostApi.LastRun;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What people do with hosts; each sees those of their groups. Thread-safe. */
public final class HostService {
    private final Catalog catalog;
    private final Audit audit;

    /**
     * Which hosts are meant; an empty text means any.
     *
     * @param word what their names contain
     */
    public record Wish(String word, String group, String tag) {
        public static final Wish ALL = new Wish("", "", "");
    }

    HostService(Catalog catalog, Audit audit) {
        this.audit = audit;
        this.catalog = catalog;
    }

    /**
     * Hosts in the order of their names.
     *
     * @param start the name of the last one that is known already; empty for the first page
     * @param limit 1 to 1,000
     */
    public HostPage page(Principal principal, Hosts.Filter filter, String start, int limit) {
        List<Host> visible = new ArrayList<>();
        String after = start;
        boolean more = true;
        while (more && visible.size() < limit) {
            List<Host> page = catalog.hosts().page(after, limit, filter);
            more = page.size() == limit;
            after = page.isEmpty() ? after : page.getLast().name();
            page.stream()
                    .filter(host -> principal.isAbout(host.groups()))
                    .limit(limit - visible.size())
                    .forEach(visible::add);
            if (visible.size() == limit) {
                more = more || !visible.getLast().name().equals(after);
                after = visible.getLast().name();
            }
        }
        return new HostPage(views(visible), more ? Optional.of(after) : Optional.empty());
    }

    /** The same by words; an empty one means any. */
    public HostPage page(Principal principal, Wish wish, String start, int limit) {
        return page(principal, new Hosts.Filter(wish.word(), wish.group(), wish.tag()), start, limit);
    }

    public HostView show(Principal principal, String name) {
        return views(List.of(host(name, principal))).getFirst();
    }

    private Host host(String name, Principal principal) {
        return catalog.hosts()
                .named(name)
                .filter(host -> principal.isAbout(host.groups()))
                .orElseThrow(() -> HttpProblem.notFound("there is no host '" + name + "'"));
    }

    /** Gives a host other groups or tags. Whoever sees some groups alone cannot take a host out of all of them. */
    public HostView change(Principal principal, String name, HostChange change) {
        Host host = host(name, principal);
        if (change.groups().isPresent()
                && !principal.isAbout(new HashSet<>(change.groups().get()))) {
            throw HttpProblem.forbidden("the host would be in none of your groups");
        }
        catalog.transaction(() -> {
            change.groups().ifPresent(groups -> catalog.hosts().setGroups(host.id(), new HashSet<>(groups)));
            change.tags().ifPresent(tags -> catalog.hosts().setTags(host.id(), new HashSet<>(tags)));
            audit.write(principal, "host.change", name, change);
        });
        return views(List.of(host(host.name(), principal))).getFirst();
    }

    /** Removes a host: its agent is refused from now on, its snapshots stay. */
    public void remove(Principal principal, String name) {
        Host host = host(name, principal);
        catalog.transaction(() -> {
            if (catalog.hosts().remove(host.id())) {
                audit.write(
                        principal, "host.remove", name, Map.of("id", host.id().text()));
            }
        });
    }

    /** With the last results of their plans, in one query for all. */
    private List<HostView> views(List<Host> hosts) {
        Map<String, List<LastRun>> last = new HashMap<>();
        List<HostId> ids = hosts.stream().map(Host::id).toList();
        for (JobHistory.Result result : catalog.history().results(ids)) {
            if (result.kind() == JobKind.BACKUP) {
                last.computeIfAbsent(result.subject(), id -> new ArrayList<>())
                        .add(new LastRun(
                                result.plan(),
                                result.state().name().toLowerCase(Locale.ROOT),
                                result.ended(),
                                result.message()));
            }
        }
        return hosts.stream()
                .map(host -> view(host, last.getOrDefault(host.id().text(), List.of())))
                .toList();
    }

    private static HostView view(Host host, List<LastRun> last) {
        Optional<Sighting> seen = Optional.ofNullable(host.seen());
        Map<String, String> facts = new HashMap<>();
        seen.ifPresent(sighting -> facts.putAll(Json.parseTexts(sighting.facts())));
        return new HostView(
                host.id().text(),
                host.name(),
                host.added(),
                List.copyOf(host.groups()),
                List.copyOf(host.tags()),
                seen.map(Sighting::at),
                seen.map(Sighting::version),
                seen.map(Sighting::address),
                facts,
                last);
    }
}
