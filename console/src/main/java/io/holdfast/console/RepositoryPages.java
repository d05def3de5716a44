package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.JobService;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.protocol.api.JobApi.JobView;
import io.holdfast.protocol.api.RepositoryApi.RecoverySheet;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import io.holdfast.protocol.api.RepositoryApi.Size;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Where backups lie: repositories and their recovery sheets. Thread-safe. */
public final class RepositoryPages {
    private static final int JOBS_LOOKED_AT = 50;

    private final ControlApi api;
    private final Pages pages;

    RepositoryPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** All repositories. */
    public record RepositoryListPage(List<RepositoryView> repositories, List<String> withoutSheet) {}

    /**
     * A repository.
     *
     * @param verified the last job that did so; empty where none is known
     */
    public record RepositoryDetailPage(
            RepositoryView repository,
            List<Size> sizes,
            Optional<Chart.Growth> growth,
            Optional<JobView> pruned,
            Optional<JobView> verified,
            boolean lacksSheet) {}

    /**
     * The recovery sheet.
     *
     * @param picture the key as a QR code, as the path of a picture
     * @param next where to go when it is confirmed
     */
    public record SheetPage(RecoverySheet sheet, QrPicture picture, Instant printed, String next, boolean isConfirmed) {
        /** As a shell takes it. */
        public String place() {
            return sheet.url().matches("[A-Za-z0-9/._:@=+-]+")
                    ? sheet.url()
                    : "'" + sheet.url().replace("'", "'\\''") + "'";
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.get("/repositories", Permission.READ, this::list)
                .get("/repositories/{name}", Permission.READ, this::show)
                .get("/repositories/{name}/sheet", Permission.ADMINISTER, this::sheet)
                .post("/repositories/{name}/sheet", Permission.ADMINISTER, this::confirm);
    }

    /** How many times smaller than its files a repository is. */
    public static String ratio(RepositoryView repository) {
        long stored = repository.storeBytes().orElse(repository.storedBytes());
        return stored <= 0 || repository.bytes() <= 0
                ? ""
                : String.format(Locale.ROOT, "%.1f : 1", (double) repository.bytes() / stored);
    }

    private List<String> withoutSheet(Principal principal) {
        return principal.may(Permission.ADMINISTER) ? api.repositories().withoutSheet() : List.of();
    }

    private void list(Exchange exchange, Principal principal) throws IOException {
        pages.show(
                exchange,
                200,
                "repositories.jte",
                pages.frame(exchange, "Repositories", Section.REPOSITORIES),
                new RepositoryListPage(api.repositories().list().items(), withoutSheet(principal)));
    }

    private void show(Exchange exchange, Principal principal) throws IOException {
        RepositoryView repository = api.repositories().show(exchange.parameter("name"));
        List<Size> sizes = api.repositories().sizes(repository.name()).items();
        pages.show(
                exchange,
                200,
                "repository.jte",
                pages.frame(exchange, repository.name(), Section.REPOSITORIES),
                new RepositoryDetailPage(
                        repository,
                        sizes,
                        Chart.growth(sizes),
                        last(principal, repository.name(), "prune"),
                        last(principal, repository.name(), "verify"),
                        withoutSheet(principal).contains(repository.name())));
    }

    private Optional<JobView> last(Principal principal, String repository, String kind) {
        JobService.Wish wish =
                new JobService.Wish(Optional.of("done"), Optional.of(kind), Optional.empty(), Optional.empty());
        return api.jobs().page(principal, wish, Optional.empty(), JOBS_LOOKED_AT).items().stream()
                .filter(job -> job.repository().equals(repository))
                .findFirst();
    }

    private void sheet(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        RecoverySheet sheet = api.repositories().sheet(principal, name);
        String next = exchange.query("next").filter(LoginPages::isOwn).orElse("/repositories/" + Formats.segment(name));
        pages.show(
                exchange,
                200,
                "sheet.jte",
                pages.frame(exchange, "Recovery sheet", Section.REPOSITORIES),
                new SheetPage(
                        sheet,
                        QrPicture.of(sheet.key()),
                        pages.now(),
                        next,
                        !api.repositories().withoutSheet().contains(name)));
    }

    private void confirm(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        Map<String, String> form = exchange.form();
        String next = form.getOrDefault("next", "/");
        if (!form.containsKey("kept")) {
            exchange.redirect(
                    "/repositories/" + Formats.segment(name) + "/sheet?said=unkept&next=" + Formats.segment(next));
            return;
        }
        RepositoryView ignored = api.repositories().confirmSheet(principal, name);
        exchange.redirect(LoginPages.isOwn(next) ? next : "/");
    }
}
