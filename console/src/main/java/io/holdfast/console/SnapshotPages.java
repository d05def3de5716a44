package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.control.SnapshotService;
import io.holdfast.core.NameText;
import io.holdfast.core.RawText;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.SnapshotApi.SnapshotPage;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.protocol.api.TreeApi.DifferenceList;
import io.holdfast.protocol.api.TreeApi.EntryView;
import io.holdfast.protocol.api.TreeApi.MatchPage;
import io.holdfast.protocol.api.TreeApi.TreePage;
import io.holdfast.protocol.api.TreeApi.VersionPage;
import io.holdfast.protocol.machine.JobOrder.Source;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Snapshots: the list of all, and what is in each of them. Thread-safe. */
public final class SnapshotPages {
    private static final int PAGE = 50;
    private static final int LOOKED_FOR = 20;
    private static final int ENTRIES = 500;

    private final ControlApi api;
    private final Pages pages;

    SnapshotPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** What a form asks for; empty texts mean any. */
    public record Wish(String host, String plan, String source, String from, String until) {
        String query() {
            return "host=" + Formats.segment(host) + "&plan=" + Formats.segment(plan) + "&source="
                    + Formats.segment(source) + "&from=" + Formats.segment(from) + "&until=" + Formats.segment(until);
        }
    }

    /**
     * A page of the list.
     *
     * @param next the address of the next one
     * @param problem why there is none
     */
    public record SnapshotListPage(
            Wish wish, List<SnapshotView> snapshots, Optional<String> next, Optional<Pages.ProblemPage> problem) {}

    /** A directory on the way to where somebody is. */
    public record Crumb(String name, String address) {}

    /**
     * A directory of a snapshot.
     *
     * @param start the first name that is shown; empty for the beginning
     */
    public record DirectoryPage(
            SnapshotView snapshot,
            List<Crumb> crumbs,
            TreePage tree,
            String start,
            Optional<String> next,
            Optional<SnapshotView> previous) {
        /** Whether it is what a program wrote, and no tree of files. */
        public boolean isStream() {
            return !snapshot.source().startsWith("/");
        }

        /** Whether it may be the dump of a database or of accounts. */
        public boolean isDump() {
            return Source.ofDump(snapshot.source()).isPresent();
        }

        public boolean isFile() {
            return tree.entry().kind().equals("file");
        }
    }

    /** Names that were found. */
    public record FoundPage(SnapshotView snapshot, String pattern, MatchPage matches, Optional<String> next) {}

    /** What differs from the snapshot before. */
    public record DiffPage(SnapshotView older, SnapshotView newer, DifferenceList differences) {}

    /** Versions of a path. */
    public record VersionsPage(
            SnapshotView snapshot, String path, List<Crumb> crumbs, VersionPage versions, Optional<String> next) {}

    void addTo(ConsoleRoutes routes) {
        routes.get("/snapshots", Permission.READ, this::list)
                .get("/snapshots/{id}", Permission.BROWSE, this::directory)
                .get("/snapshots/{id}/find", Permission.BROWSE, this::find)
                .get("/snapshots/{id}/changes", Permission.BROWSE, this::changes)
                .get("/snapshots/{id}/versions", Permission.BROWSE, this::versions)
                .get(
                        "/snapshots/{id}/file",
                        Permission.RESTORE,
                        (exchange, principal) -> api.downloads()
                                .file(
                                        principal,
                                        exchange.parameter("id"),
                                        exchange.query("path").orElse(""),
                                        exchange));
    }

    private void list(Exchange exchange, Principal principal) throws IOException {
        Wish wish = new Wish(
                word(exchange, "host"),
                word(exchange, "plan"),
                word(exchange, "source"),
                word(exchange, "from"),
                word(exchange, "until"));
        List<SnapshotView> found = new ArrayList<>();
        Optional<String> before = exchange.query("before").filter(text -> !text.isEmpty());
        Optional<Pages.ProblemPage> problem = Optional.empty();
        try {
            SnapshotService.Wish asked = new SnapshotService.Wish(
                    "",
                    Optional.of(wish.host()).filter(host -> !host.isEmpty()),
                    wish.source(),
                    wish.plan(),
                    "",
                    day(wish.from(), 0),
                    day(wish.until(), 1));
            // Those of hosts that somebody does not see leave gaps.
            for (int looked = 0; looked < LOOKED_FOR && found.size() < PAGE; looked++) {
                SnapshotPage page = api.snapshots().page(principal, asked, before, PAGE - found.size(), false);
                found.addAll(page.items());
                before = page.next();
                if (before.isEmpty()) {
                    break;
                }
            }
        } catch (HttpProblem e) {
            // A filter that fits nothing is mended where it was written.
            problem = Optional.of(Pages.ProblemPage.of(e));
            before = Optional.empty();
        }
        pages.show(
                exchange,
                200,
                "snapshots.jte",
                pages.frame(exchange, "Snapshots", Section.SNAPSHOTS),
                new SnapshotListPage(
                        wish,
                        found,
                        before.map(at -> "/snapshots?" + wish.query() + "&before=" + Formats.segment(at)),
                        problem));
    }

    private static String word(Exchange exchange, String name) {
        return exchange.query(name).orElse("").strip();
    }

    private static Optional<Instant> day(String text, int daysLater) {
        try {
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(LocalDate.parse(text)
                            .plusDays(daysLater)
                            .atStartOfDay(ZoneOffset.UTC)
                            .toInstant());
        } catch (DateTimeParseException e) {
            throw HttpProblem.badRequest("'" + text + "' is no day such as 2026-03-01");
        }
    }

    /** Where a snapshot is looked into. */
    static String address(String snapshot, String path) {
        return "/snapshots/" + Formats.segment(snapshot) + "?path=" + Formats.segment(path);
    }

    private static List<Crumb> crumbs(String snapshot, String path) {
        List<Crumb> crumbs = new ArrayList<>();
        crumbs.add(new Crumb("/", address(snapshot, "/")));
        for (int end = path.indexOf('/', 1); path.length() > 1; end = path.indexOf('/', end + 1)) {
            String up = end < 0 ? path : path.substring(0, end);
            crumbs.add(new Crumb(up.substring(up.lastIndexOf('/') + 1), address(snapshot, up)));
            if (end < 0) {
                break;
            }
        }
        return crumbs;
    }

    private void directory(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        String wanted = exchange.query("path").orElseGet(() -> start(snapshot));
        String start = exchange.query("from").orElse("").strip();
        TreePage tree = start.isEmpty()
                ? api.browse()
                        .list(
                                principal,
                                snapshot.id(),
                                wanted,
                                exchange.query("after").orElse(""),
                                ENTRIES)
                : api.browse().listFrom(principal, snapshot.id(), wanted, start, ENTRIES);
        String path = tree.entry().path();
        pages.show(
                exchange,
                200,
                "directory.jte",
                pages.frame(exchange, path + " on " + snapshot.host(), Section.SNAPSHOTS),
                new DirectoryPage(
                        snapshot,
                        crumbs(snapshot.id(), path),
                        tree,
                        start,
                        tree.next().map(after -> address(snapshot.id(), path) + "&after=" + Formats.segment(after)),
                        api.browse().previous(principal, snapshot.id())));
    }

    /** Of one path that was saved: there. Of several: where all begin. */
    private static String start(SnapshotView snapshot) {
        return snapshot.source().startsWith("/") && snapshot.source().indexOf(' ') < 0
                ? NameText.of(RawText.encode(snapshot.source()))
                : "/";
    }

    private void find(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        String pattern = word(exchange, "pattern");
        MatchPage matches = pattern.isEmpty()
                ? new MatchPage(List.of(), 0, Optional.empty())
                : api.browse()
                        .find(
                                principal,
                                snapshot.id(),
                                pattern,
                                exchange.query("after").orElse(""));
        pages.show(
                exchange,
                200,
                "found.jte",
                pages.frame(exchange, "Find in " + snapshot.host(), Section.SNAPSHOTS),
                new FoundPage(
                        snapshot,
                        pattern,
                        matches,
                        matches.next()
                                .map(after -> "/snapshots/" + Formats.segment(snapshot.id()) + "/find?pattern="
                                        + Formats.segment(pattern) + "&after=" + Formats.segment(after))));
    }

    private void changes(Exchange exchange, Principal principal) throws IOException {
        SnapshotView newer = api.snapshots().show(principal, exchange.parameter("id"));
        SnapshotView older = exchange.query("from")
                .map(id -> api.snapshots().show(principal, id))
                .or(() -> api.browse().previous(principal, newer.id()))
                .orElseThrow(() -> HttpProblem.notFound("there is no snapshot of this source before this one"));
        pages.show(
                exchange,
                200,
                "changes.jte",
                pages.frame(exchange, "Changes on " + newer.host(), Section.SNAPSHOTS),
                new DiffPage(older, newer, api.browse().diff(principal, older.id(), newer.id())));
    }

    private void versions(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        String path = exchange.query("path").orElse("/");
        VersionPage versions = api.browse()
                .versions(
                        principal, snapshot.id(), path, exchange.query("before").orElse(""));
        pages.show(
                exchange,
                200,
                "versions.jte",
                pages.frame(exchange, "Versions of " + path, Section.SNAPSHOTS),
                new VersionsPage(
                        snapshot,
                        path,
                        crumbs(snapshot.id(), path),
                        versions,
                        versions.next()
                                .map(before -> "/snapshots/" + Formats.segment(snapshot.id()) + "/versions?path="
                                        + Formats.segment(path) + "&before=" + Formats.segment(before))));
    }

    /** Where a file can be had. */
    public static String file(String snapshot, EntryView entry) {
        return "/snapshots/" + Formats.segment(snapshot) + "/file?path=" + Formats.segment(entry.path());
    }

    /** Where an entry is looked at. */
    public static String place(String snapshot, EntryView entry) {
        return entry.kind().equals("directory")
                ? address(snapshot, entry.path())
                : "/snapshots/" + Formats.segment(snapshot) + "/versions?path=" + Formats.segment(entry.path());
    }
}
