package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.control.SearchService;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SearchApi.NameView;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Names over all hosts and snapshots. Thread-safe. */
public final class SearchPages {
    private static final int PAGE = 50;

    private final ControlApi api;
    private final Pages pages;

    SearchPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * What was found.
     *
     * @param host only there; empty for all
     * @param next the address of the rest
     * @param problem what is wrong with the question
     */
    public record SearchPage(
            String question, String host, NamePage names, Optional<String> next, Optional<Pages.ProblemPage> problem) {}

    void addTo(ConsoleRoutes routes) {
        routes.get("/search", Permission.BROWSE, this::search);
    }

    private void search(Exchange exchange, Principal principal) throws IOException {
        String question = exchange.query("q").orElse("").strip();
        String host = exchange.query("host").orElse("").strip();
        NamePage names = new NamePage(List.of(), Optional.empty(), false);
        Optional<Pages.ProblemPage> problem = Optional.empty();
        if (!question.isEmpty()) {
            try {
                names = api.search()
                        .search(
                                principal,
                                new SearchService.Wish(
                                        question,
                                        Optional.of(host).filter(name -> !name.isEmpty()),
                                        exchange.query("from").filter(from -> !from.isEmpty()),
                                        PAGE));
            } catch (HttpProblem e) {
                problem = Optional.of(Pages.ProblemPage.of(e));
            }
        }
        Optional<String> next = names.next()
                .map(from -> "/search?q=" + Formats.segment(question) + "&host=" + Formats.segment(host) + "&from="
                        + Formats.segment(from));
        pages.show(
                exchange,
                200,
                "search.jte",
                pages.frame(exchange, "Search", Section.SEARCH),
                new SearchPage(question, host, names, next, problem));
    }

    /** Where a name that was found is looked at: a directory itself, of anything else its versions. */
    public static String place(NameView name) {
        return name.kind().equals("directory")
                ? SnapshotPages.address(name.snapshot(), name.path())
                : "/snapshots/" + Formats.segment(name.snapshot()) + "/versions?path=" + Formats.segment(name.path());
    }

    /** The directory in which it is. */
    public static String directory(NameView name) {
        int slash = name.path().lastIndexOf('/');
        return SnapshotPages.address(name.snapshot(), slash > 0 ? name.path().substring(0, slash) : "/");
    }
}
