package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.HostService;
import io.holdfast.control.JobService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.protocol.api.HostApi.HostChange;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.JobApi.JobView;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Hosts: the list, and each of them. Thread-safe. */
public final class HostPages {
    private static final int PAGE = 100;
    private static final int JOBS = 30;

    private final ControlApi api;
    private final Pages pages;

    HostPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * A page of the list.
     *
     * @param next the address of the next one
     */
    public record HostListPage(HostService.Wish wish, List<HostView> hosts, Optional<String> next) {}

    /**
     * A host.
     *
     * @param jobs its last ones, newest first
     */
    public record HostDetailPage(HostView host, List<JobView> jobs, Chart.Bars chart) {}

    /** What is to be confirmed before it is done. */
    public record Confirmation(String question, String consequence, String action, String button, String back) {}

    void addTo(ConsoleRoutes routes) {
        routes.get("/hosts", Permission.READ, this::list)
                .get("/hosts/{name}", Permission.READ, this::show)
                .post("/hosts/{name}", Permission.PLAN, this::change)
                .get("/hosts/{name}/remove", Permission.ADMINISTER, this::confirmRemoval)
                .post("/hosts/{name}/remove", Permission.ADMINISTER, (exchange, principal) -> {
                    api.hosts().remove(principal, exchange.parameter("name"));
                    exchange.redirect("/hosts?said=removed");
                });
    }

    private void list(Exchange exchange, Principal principal) throws IOException {
        HostService.Wish wish = new HostService.Wish(
                exchange.query("q").orElse("").strip(),
                exchange.query("group").orElse("").strip(),
                exchange.query("tag").orElse("").strip());
        HostPage page =
                api.hosts().page(principal, wish, exchange.query("after").orElse(""), PAGE);
        Optional<String> next = page.next()
                .map(after -> "/hosts?q=" + Formats.segment(wish.word()) + "&group="
                        + Formats.segment(wish.group()) + "&tag=" + Formats.segment(wish.tag()) + "&after="
                        + Formats.segment(after));
        pages.show(
                exchange,
                200,
                "hosts.jte",
                pages.frame(exchange, "Hosts", Section.HOSTS),
                new HostListPage(wish, page.items(), next));
    }

    private void show(Exchange exchange, Principal principal) throws IOException {
        HostView host = api.hosts().show(principal, exchange.parameter("name"));
        JobService.Wish wish =
                new JobService.Wish(Optional.empty(), Optional.empty(), Optional.of(host.name()), Optional.empty());
        List<JobView> jobs =
                api.jobs().page(principal, wish, Optional.empty(), JOBS).items();
        pages.show(
                exchange,
                200,
                "host.jte",
                pages.frame(exchange, host.name(), Section.HOSTS),
                new HostDetailPage(host, jobs, Chart.stored(jobs)));
    }

    private void change(Exchange exchange, Principal principal) throws IOException {
        var form = exchange.form();
        HostView host = api.hosts()
                .change(
                        principal,
                        exchange.parameter("name"),
                        new HostChange(
                                Optional.of(words(form.getOrDefault("groups", ""))),
                                Optional.of(words(form.getOrDefault("tags", "")))));
        exchange.redirect("/hosts/" + Formats.segment(host.name()) + "?said=changed");
    }

    static List<String> words(String text) {
        return Arrays.stream(text.split("[,\\s]+", -1))
                .filter(word -> !word.isEmpty())
                .distinct()
                .toList();
    }

    private void confirmRemoval(Exchange exchange, Principal principal) throws IOException {
        String name = api.hosts().show(principal, exchange.parameter("name")).name();
        String path = "/hosts/" + Formats.segment(name);
        pages.show(
                exchange,
                200,
                "confirm.jte",
                pages.frame(exchange, "Remove a host", Section.HOSTS),
                new Confirmation(
                        "Remove the host “" + Formats.visible(name) + "”?",
                        "Its agent is refused from now on, and its jobs go out of the history. Its snapshots stay.",
                        path + "/remove",
                        "Remove it",
                        path));
    }
}
