package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ArchiveFormat;
import io.holdfast.control.ControlApi;
import io.holdfast.control.HostService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.NameText;
import io.holdfast.core.RawText;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.SnapshotApi.RestoreWish;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is done with chosen files of a snapshot: they are brought back by a host, or downloaded. Thread-safe. */
public final class RestorePages {
    private static final int HOSTS = 100;
    private static final int MOST_PATHS = 10_000;
    private static final List<Overwriting> OVERWRITING = List.of(
            new Overwriting("if-changed", "Replace it where it differs"),
            new Overwriting("never", "Leave it"),
            new Overwriting("always", "Replace it"));

    private final ControlApi api;
    private final Pages pages;

    RestorePages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** What is done with a file that is there already. */
    public record Overwriting(String word, String label) {}

    /**
     * What somebody wants back.
     *
     * @param paths as pages show them; none for all
     * @param place {@code elsewhere} or {@code in-place}
     * @param target directory on the host, where it is elsewhere
     */
    public record Wish(List<String> paths, String host, String place, String target, String overwrite) {
        /** Whether it lands where it came from; a target of {@code /} does. */
        public boolean isInPlace() {
            if (!place.equals("elsewhere")) {
                return true;
            }
            try {
                return Path.of(target).normalize().equals(Path.of("/"));
            } catch (InvalidPathException e) {
                return false;
            }
        }
    }

    /** The first step: where to. */
    public record RestorePage(
            SnapshotView snapshot,
            Wish wish,
            List<String> hosts,
            List<Overwriting> overwriting,
            Optional<Pages.ProblemPage> problem) {}

    /** The second step: what will be done. */
    public record RestoreCheckPage(SnapshotView snapshot, Wish wish, Optional<Pages.ProblemPage> problem) {
        /** Where it came from, where nothing was chosen. */
        public List<String> overwritten() {
            return wish.paths().isEmpty() ? List.of(snapshot.source()) : wish.paths();
        }

        public String rule() {
            return OVERWRITING.stream()
                    .filter(each -> each.word().equals(wish.overwrite()))
                    .map(Overwriting::label)
                    .findFirst()
                    .orElse("");
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.post("/snapshots/{id}/restore", Permission.RESTORE, this::where)
                .post("/snapshots/{id}/restore/check", Permission.RESTORE, this::check)
                .post("/snapshots/{id}/restore/start", Permission.RESTORE, this::start)
                .post("/snapshots/{id}/download", Permission.RESTORE, this::download);
    }

    private static List<String> paths(Map<String, List<String>> form) {
        List<String> paths =
                form.getOrDefault("path", List.of()).stream().distinct().toList();
        if (paths.isEmpty() && form.containsKey("chosen")) {
            throw new HttpProblem(400, "bad-request", "nothing is chosen", "Go back, and tick what you want.");
        }
        if (paths.size() > MOST_PATHS) {
            throw HttpProblem.badRequest("more than " + MOST_PATHS + " things are chosen; choose the directory");
        }
        return paths;
    }

    private static String first(Map<String, List<String>> form, String name, String otherwise) {
        return form.getOrDefault(name, List.of(otherwise)).getFirst().strip();
    }

    private static Wish wish(Map<String, List<String>> form, SnapshotView snapshot) {
        return new Wish(
                paths(form),
                first(form, "host", snapshot.host()),
                first(form, "place", "elsewhere"),
                first(form, "target", "/var/tmp/restored-" + Formats.shortId(snapshot.id())),
                first(form, "overwrite", "if-changed"));
    }

    private void where(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        where(exchange, principal, 200, snapshot, wish(exchange.formLists(), snapshot), Optional.empty());
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
                "restore.jte",
                pages.frame(exchange, "Restore", Section.SNAPSHOTS),
                new RestorePage(
                        snapshot, wish, hosts(api, principal), OVERWRITING, problem.map(Pages.ProblemPage::of)));
    }

    /** Names that a form for a host suggests. */
    static List<String> hosts(ControlApi api, Principal principal) {
        return api.hosts().page(principal, HostService.Wish.ALL, "", HOSTS).items().stream()
                .map(HostView::name)
                .toList();
    }

    private void check(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        Wish wish = wish(exchange.formLists(), snapshot);
        try {
            requireSound(principal, wish);
            show(exchange, 200, snapshot, wish, Optional.empty());
        } catch (HttpProblem e) {
            where(exchange, principal, e.status(), snapshot, wish, Optional.of(e));
        } catch (HoldfastException e) {
            HttpProblem problem = HttpProblem.of(e);
            where(exchange, principal, problem.status(), snapshot, wish, Optional.of(problem));
        }
    }

    /** What would be refused only when it has begun. */
    private void requireSound(Principal principal, Wish wish) {
        String host = api.hosts().show(principal, wish.host()).name();
        if (!wish.isInPlace() && !wish.target().startsWith("/")) {
            throw HttpProblem.badRequest("the directory '" + wish.target() + "' does not begin with a slash");
        }
        if (OVERWRITING.stream().noneMatch(each -> each.word().equals(wish.overwrite()))) {
            throw HttpProblem.badRequest("nothing says what happens to files of " + host + " that are there");
        }
    }

    private void show(Exchange exchange, int status, SnapshotView snapshot, Wish wish, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "restorecheck.jte",
                pages.frame(exchange, "Restore", Section.SNAPSHOTS),
                new RestoreCheckPage(snapshot, wish, problem.map(Pages.ProblemPage::of)));
    }

    private void start(Exchange exchange, Principal principal) throws IOException {
        SnapshotView snapshot = api.snapshots().show(principal, exchange.parameter("id"));
        Map<String, List<String>> form = exchange.formLists();
        Wish wish = wish(form, snapshot);
        if (form.containsKey("back")) {
            where(exchange, principal, 200, snapshot, wish, Optional.empty());
            return;
        }
        requireSound(principal, wish);
        if (wish.isInPlace() && !form.containsKey("understood")) {
            show(
                    exchange,
                    400,
                    snapshot,
                    wish,
                    Optional.of(HttpProblem.badRequest(
                            "files of " + wish.host() + " would be overwritten, and nobody has confirmed that")));
            return;
        }
        String job = api.snapshots()
                .restore(
                        principal,
                        snapshot.id(),
                        new RestoreWish(
                                wish.host(),
                                wish.paths().stream().map(RestorePages::raw).toList(),
                                wish.isInPlace() ? "/" : wish.target(),
                                Optional.of(wish.overwrite())))
                .job();
        exchange.redirect("/jobs/" + Formats.segment(job));
    }

    /** As orders to hosts have paths. */
    private static String raw(String shown) {
        return RawText.decode(NameText.parse(shown).unsafeArray());
    }

    private void download(Exchange exchange, Principal principal) throws IOException {
        Map<String, List<String>> form = exchange.formLists();
        api.downloads()
                .archive(
                        principal,
                        exchange.parameter("id"),
                        paths(form),
                        ArchiveFormat.of(first(form, "format", "zip")),
                        exchange);
    }
}
