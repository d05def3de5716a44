package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.TotpApi;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What somebody changes about the own login: one-time codes. Thread-safe. */
public final class AccountPages {
    private final ControlApi api;
    private final Pages pages;

    AccountPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * Whether codes are asked for, and the form that changes it.
     *
     * @param recoveryCodes that are left
     */
    public record AccountPage(
            String user, String role, boolean hasTotp, int recoveryCodes, Optional<Pages.ProblemPage> problem) {}

    /**
     * A secret for the phone, and the form for its first code.
     *
     * @param setup that is shown with it
     * @param secret in groups
     */
    public record SetupPage(String setup, String secret, QrPicture picture, Optional<Pages.ProblemPage> problem) {}

    /** Codes that are shown once. */
    public record RecoveryCodesPage(String user, List<String> codes) {}

    void addTo(ConsoleRoutes routes) {
        routes.get(
                        "/account",
                        Permission.READ,
                        (exchange, principal) -> account(exchange, principal, 200, Optional.empty()))
                .post("/account/totp", Permission.READ, this::setUp)
                .post("/account/totp/confirm", Permission.READ, this::confirm)
                .post("/account/totp/disable", Permission.READ, this::disable);
    }

    private void account(Exchange exchange, Principal principal, int status, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "account.jte",
                pages.frame(exchange, "Your account", Section.NONE),
                new AccountPage(
                        principal.name(),
                        principal.role(),
                        api.access().hasTotp(principal),
                        api.access().recoveryCodes(principal),
                        problem.map(Pages.ProblemPage::of)));
    }

    private void setUp(Exchange exchange, Principal principal) throws IOException {
        try {
            TotpApi.Setup setup =
                    api.access().setUpTotp(principal, exchange.form().getOrDefault("password", ""), exchange);
            showSetup(exchange, 200, setup.setup(), setup.secret(), setup.uri(), Optional.empty());
        } catch (HttpProblem e) {
            account(exchange, principal, e.status(), Optional.of(e));
        }
    }

    private void showSetup(
            Exchange exchange, int status, String setup, String secret, String uri, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "totp.jte",
                pages.frame(exchange, "One-time codes", Section.NONE),
                new SetupPage(
                        setup,
                        secret.replaceAll("(.{4})(?=.)", "$1 "),
                        QrPicture.exact(uri),
                        problem.map(Pages.ProblemPage::of)));
    }

    private void confirm(Exchange exchange, Principal principal) throws IOException {
        Map<String, String> form = exchange.form();
        String setup = form.getOrDefault("setup", "");
        try {
            TotpApi.RecoveryCodes codes =
                    api.access().confirmTotp(principal, new TotpApi.Confirmation(setup, form.getOrDefault("code", "")));
            pages.show(
                    exchange,
                    200,
                    "recoverycodes.jte",
                    pages.frame(exchange, "Recovery codes", Section.NONE),
                    new RecoveryCodesPage(principal.name(), codes.codes()));
        } catch (HttpProblem e) {
            if (e.code().equals("wrong-code")) {
                TotpApi.Setup again = api.access().setupAgain(principal, setup);
                showSetup(exchange, e.status(), setup, again.secret(), again.uri(), Optional.of(e));
            } else {
                account(exchange, principal, e.status(), Optional.of(e));
            }
        }
    }

    private void disable(Exchange exchange, Principal principal) throws IOException {
        Map<String, String> form = exchange.form();
        try {
            api.access()
                    .disableTotp(
                            principal,
                            new TotpApi.Proof(form.getOrDefault("password", ""), form.getOrDefault("code", "")),
                            exchange);
            exchange.redirect("/account?said=codes-off");
        } catch (HttpProblem e) {
            account(exchange, principal, e.status(), Optional.of(e));
        }
    }
}
