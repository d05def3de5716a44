package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.SnapshotApi.DatabaseWish;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings a dump back into a running database server, in two steps: where to, and a look at what will be done. Thread-safe. */
public final class DatabaseRestorePages {
    private final ControlApi api;
    private final Pages pages;

    DatabaseRestorePages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * What somebody wants back, as it was typed; what is empty stays as the dump or the plan says.
     *
     * @param name of the database
     */
    public record Wish(String host, String name, boolean replaces, String connection, String runAs) {
        DatabaseWish toHost() {
            return new DatabaseWish(host, given(name), Optional.of(replaces), given(connection), given(runAs));
        }

        private static Optional<String> given(String text) {
            return Optional.of(text).filter(typed -> !typed.isEmpty());
        }
    }

    /** The first step. */
    public record DatabasePage(
            SnapshotView snapshot, Wish wish, List<String> hosts, Optional<Pages.ProblemPage> problem) {}

    /** The second step. */
    public record DatabaseCheckPage(SnapshotView snapshot, Wish wish, Optional<Pages.ProblemPage> problem) {}

    void addTo(ConsoleRoutes routes) {
        routes.get("/snapshots/{id}/restore-database", Permission.RESTORE, this::where)
                .post("/snapshots/{id}/restore-database/check", Permission.RESTORE, this::check)
                .post("/snapshots/{id}/restore-database/start", Permission.RESTORE, this::start);
    }

    private static Wish wish(Map<String, String> form, SnapshotView snapshot) {
        return new Wish(
                form.getOrDefault("host", snapshot.host()).strip(),
                form.getOrDefault("name", "").strip(),
                form.containsKey("replace"),
                form.getOrDefault("connection", "").strip(),
                form.getOrDefault("run-as", "").strip());
    }

    private SnapshotView snapshot(Exchange exchange, Principal principal) {
        return api.snapshots().show(principal, exchange.parameter("id"));
    }

    private void where(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = snapshot(exchange, principal);
        where(exchange, principal, 200, snapshot, wish(Map.of(), snapshot), Optional.empty());
    }

    private void where(
            Exchange exchange,
            Principal principal,
            int status,
            SnapshotView snapshot,
            Wish wish,
            Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "restoredatabase.jte",
                pages.frame(exchange, "Restore a database", Section.SNAPSHOTS),
                new DatabasePage(
                        snapshot, wish, RestorePages.hosts(api, principal), problem.map(Pages.ProblemPage::of)));
    }

    private void check(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = snapshot(exchange, principal);
        Wish wish = wish(exchange.form(), snapshot);
        try {
            api.snapshots().requireRestorable(principal, snapshot.id(), wish.toHost());
            show(exchange, 200, snapshot, wish, Optional.empty());
        } catch (HttpProblem e) {
            where(exchange, principal, e.status(), snapshot, wish, Optional.of(e));
        }
    }

    private void show(Exchange exchange, int status, SnapshotView snapshot, Wish wish, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "restoredatabasecheck.jte",
                pages.frame(exchange, "Restore a database", Section.SNAPSHOTS),
                new DatabaseCheckPage(snapshot, wish, problem.map(Pages.ProblemPage::of)));
    }

    private void start(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = snapshot(exchange, principal);
        Map<String, String> form = exchange.form();
        Wish wish = wish(form, snapshot);
        if (form.containsKey("back")) {
            where(exchange, principal, 200, snapshot, wish, Optional.empty());
            return;
        }
        if (wish.replaces() && !form.containsKey("understood")) {
            show(
                    exchange,
                    400,
                    snapshot,
                    wish,
                    Optional.of(HttpProblem.badRequest("a database would be replaced, and nobody has confirmed that")));
            return;
        }
        String job = api.snapshots()
                .restoreDatabase(principal, snapshot.id(), wish.toHost())
                .job();
        exchange.redirect("/jobs/" + Formats.segment(job));
    }
}
