package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.AuditApi.AuditCheck;
import io.holdfast.protocol.api.AuditApi.AuditPage;
import io.holdfast.protocol.api.AuditApi.AuditView;
import io.holdfast.protocol.api.ServerApi.About;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Who did what, and the server itself. Thread-safe. */
public final class AuditPages {
    private static final int PAGE = 100;

    private final ControlApi api;
    private final Pages pages;

    AuditPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** What a form asks for; empty texts mean any. */
    public record Wish(String actor, String action, String object) {
        String query() {
            return "actor=" + Formats.segment(actor) + "&action=" + Formats.segment(action) + "&object="
                    + Formats.segment(object);
        }
    }

    /**
     * A page of the log.
     *
     * @param check what came of looking at the whole chain, where somebody wanted that
     */
    public record AuditListPage(
            Wish wish,
            List<AuditView> entries,
            Optional<String> next,
            Optional<AuditCheck> check,
            Optional<Pages.ProblemPage> problem) {}

    /**
     * The server itself.
     *
     * @param about for administrators alone
     */
    public record AboutPage(Optional<About> about) {}

    void addTo(ConsoleRoutes routes) {
        routes.get(
                        "/audit",
                        Permission.AUDIT,
                        (exchange, principal) -> list(exchange, Optional.empty(), Optional.empty()))
                .post("/audit/verify", Permission.AUDIT, this::verify)
                .get("/about", Permission.READ, this::about);
    }

    private void list(Exchange exchange, Optional<AuditCheck> check, Optional<HttpProblem> problem) throws IOException {
        Wish wish = new Wish(
                exchange.query("actor").orElse("").strip(),
                exchange.query("action").orElse("").strip(),
                exchange.query("object").orElse("").strip());
        AuditPage page = api.audit().page(wish.actor(), wish.action(), wish.object(), exchange.query("before"), PAGE);
        pages.show(
                exchange,
                problem.map(HttpProblem::status).orElse(200),
                "audit.jte",
                pages.frame(exchange, "Audit", Section.AUDIT),
                new AuditListPage(
                        wish,
                        page.items(),
                        page.next().map(before -> "/audit?" + wish.query() + "&before=" + before),
                        check,
                        problem.map(Pages.ProblemPage::of)));
    }

    private void verify(Exchange exchange, Principal principal) throws IOException {
        String known = exchange.form().getOrDefault("known", "").strip();
        try {
            AuditCheck check = api.audit().verify(known.isEmpty() ? Optional.empty() : Optional.of(known));
            list(exchange, Optional.of(check), Optional.empty());
        } catch (HoldfastException e) {
            list(exchange, Optional.empty(), Optional.of(HttpProblem.of(e)));
        }
    }

    private void about(Exchange exchange, Principal principal) throws IOException {
        pages.show(
                exchange,
                200,
                "about.jte",
                pages.frame(exchange, "About this server", Section.ABOUT),
                new AboutPage(
                        principal.may(Permission.ADMINISTER)
                                ? Optional.of(api.server().about())
                                : Optional.empty()));
    }
}
