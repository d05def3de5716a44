package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Hosts;
import io.holdfast.catalog.JobHistory;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.Sighting;
import io.holdfast.control.ApiRoutes.Call;
import io.holdfast.control.Operation.Query;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.HostApi.HostChange;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.HostApi.LastRun;
import io.holdfast.protocol.api.Nothing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Hosts in the API. */
final class HostRoutes {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1_000;

    private final Catalog catalog;

    HostRoutes(Catalog catalog) {
        this.catalog = catalog;
    }

    void addTo(ApiRoutes routes) {
        routes.get(
                        "/hosts",
                        "Hosts in the order of their names",
                        Permission.READ,
                        HostPage.class,
                        this::list,
                        new Query("q", "a part of the name", false),
                        new Query("group", "only of this group", false),
                        new Query("tag", "only with this tag", false),
                        new Query("after", "where the page before ended", false),
                        new Query("limit", "hosts a page, 1 to 1000", true))
                .get("/hosts/{name}", "One host", Permission.READ, HostView.class, this::show)
                .send(
                        "PATCH",
                        "/hosts/{name}",
                        "Changes the groups or tags of a host",
                        Permission.PLAN,
                        HostChange.class,
                        HostView.class,
                        this::change)
                .act(
                        "DELETE",
                        "/hosts/{name}",
                        "Removes a host: its agent is refused from now on, its snapshots stay",
                        Permission.ADMINISTER,
                        this::remove);
    }

    private HostPage list(Call<Nothing> call) {
        int limit = call.exchange().queryNumber("limit", PAGE, 1, MAX_PAGE);
        Hosts.Filter filter = new Hosts.Filter(
                call.exchange().query("q").orElse(""),
                call.exchange().query("group").orElse(""),
                call.exchange().query("tag").orElse(""));
        List<Host> visible = new ArrayList<>();
        String after = call.exchange().query("after").orElse("");
        boolean more = true;
        while (more && visible.size() < limit) {
            List<Host> page = catalog.hosts().page(after, limit, filter);
            more = page.size() == limit;
            after = page.isEmpty() ? after : page.getLast().name();
            page.stream()
                    .filter(host -> call.principal().isAbout(host.groups()))
                    .limit(limit - visible.size())
                    .forEach(visible::add);
            if (visible.size() == limit) {
                more = more || !visible.getLast().name().equals(after);
                after = visible.getLast().name();
            }
        }
        return new HostPage(views(visible), more ? Optional.of(after) : Optional.empty());
    }

    private HostView show(Call<Nothing> call) {
        return views(List.of(host(call.exchange().parameter("name"), call.principal())))
                .getFirst();
    }

    private Host host(String name, Principal principal) {
        return catalog.hosts()
                .named(name)
                .filter(host -> principal.isAbout(host.groups()))
                .orElseThrow(() -> HttpProblem.notFound("there is no host '" + name + "'"));
    }

    private HostView change(Call<HostChange> call) {
        Host host = host(call.exchange().parameter("name"), call.principal());
        catalog.transaction(() -> {
            call.request().groups().ifPresent(groups -> catalog.hosts().setGroups(host.id(), new HashSet<>(groups)));
            call.request().tags().ifPresent(tags -> catalog.hosts().setTags(host.id(), new HashSet<>(tags)));
        });
        return views(List.of(host(host.name(), call.principal()))).getFirst();
    }

    private Nothing remove(Call<Nothing> call) {
        boolean ignored = catalog.hosts()
                .remove(host(call.exchange().parameter("name"), call.principal())
                        .id());
        return Nothing.NOTHING;
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
