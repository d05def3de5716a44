package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.console.HostPages.Confirmation;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.Access.MadeToken;
import io.holdfast.protocol.api.Access.NewToken;
import io.holdfast.protocol.api.Access.NewUser;
import io.holdfast.protocol.api.Access.TokenView;
import io.holdfast.protocol.api.Access.UserView;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Users and tokens, for administrators. Thread-safe. */
public final class AccessPages {
    private static final List<String> ROLES = List.of("administrator", "operator", "restore-operator", "auditor");
    private static final long SECONDS_A_DAY = 86_400;

    private final ControlApi api;
    private final Pages pages;

    AccessPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /** All users, and the form for one more. */
    public record UserListPage(
            List<UserView> users, List<String> roles, Map<String, String> form, Optional<Pages.ProblemPage> problem) {
        public String given(String field) {
            return form.getOrDefault(field, "");
        }
    }

    /** The form for another password. */
    public record PasswordPage(String user, Optional<Pages.ProblemPage> problem) {}

    /**
     * All tokens, and the form for one more.
     *
     * @param made one that was just made, and is shown this one time
     * @param server the address of this server
     */
    public record TokenListPage(
            List<TokenView> tokens,
            List<String> scopes,
            Map<String, String> form,
            Optional<MadeToken> made,
            boolean isForMachines,
            String server,
            Optional<Pages.ProblemPage> problem) {
        public String given(String field) {
            return form.getOrDefault(field, "");
        }
    }

    void addTo(ConsoleRoutes routes) {
        routes.get(
                        "/users",
                        Permission.ADMINISTER,
                        (exchange, principal) -> users(exchange, 200, Map.of(), Optional.empty()))
                .post("/users", Permission.ADMINISTER, this::addUser)
                .get(
                        "/users/{name}/password",
                        Permission.ADMINISTER,
                        (exchange, principal) -> password(exchange, 200, Optional.empty()))
                .post("/users/{name}/password", Permission.ADMINISTER, this::setPassword)
                .get("/users/{name}/totp", Permission.ADMINISTER, this::confirmReset)
                .post("/users/{name}/totp", Permission.ADMINISTER, (exchange, principal) -> {
                    api.access().resetTotp(principal, exchange.parameter("name"));
                    exchange.redirect("/users?said=reset");
                })
                .get("/users/{name}/remove", Permission.ADMINISTER, this::confirmRemoval)
                .post("/users/{name}/remove", Permission.ADMINISTER, (exchange, principal) -> {
                    api.access().removeUser(principal, exchange.parameter("name"));
                    exchange.redirect("/users?said=removed");
                })
                .get(
                        "/tokens",
                        Permission.ADMINISTER,
                        (exchange, principal) -> tokens(exchange, 200, Map.of(), Optional.empty(), Optional.empty()))
                .post("/tokens", Permission.ADMINISTER, this::makeToken)
                .post("/tokens/{id}/revoke", Permission.ADMINISTER, (exchange, principal) -> {
                    api.access().revoke(principal, exchange.parameter("id"));
                    exchange.redirect("/tokens?said=revoked");
                });
    }

    private void users(Exchange exchange, int status, Map<String, String> form, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "users.jte",
                pages.frame(exchange, "Users", Section.USERS),
                new UserListPage(api.access().users().items(), ROLES, form, problem.map(Pages.ProblemPage::of)));
    }

    private void addUser(Exchange exchange, Principal principal) throws IOException {
        Map<String, String> form = exchange.form();
        try {
            UserView ignored = api.access()
                    .addUser(
                            principal,
                            new NewUser(
                                    form.getOrDefault("user", "").strip(),
                                    form.getOrDefault("password", ""),
                                    form.getOrDefault("role", ""),
                                    HostPages.words(form.getOrDefault("groups", ""))));
            exchange.redirect("/users?said=added");
        } catch (HttpProblem e) {
            users(exchange, e.status(), form, Optional.of(e));
        } catch (HoldfastException e) {
            HttpProblem problem = HttpProblem.of(e);
            users(exchange, problem.status(), form, Optional.of(problem));
        }
    }

    private void password(Exchange exchange, int status, Optional<HttpProblem> problem) throws IOException {
        pages.show(
                exchange,
                status,
                "password.jte",
                pages.frame(exchange, "Another password", Section.USERS),
                new PasswordPage(exchange.parameter("name"), problem.map(Pages.ProblemPage::of)));
    }

    private void setPassword(Exchange exchange, Principal principal) throws IOException {
        try {
            api.access()
                    .setPassword(
                            principal,
                            exchange.parameter("name"),
                            exchange.form().getOrDefault("password", ""));
            exchange.redirect("/users?said=changed");
        } catch (HttpProblem e) {
            if (e.status() == 404) {
                throw e;
            }
            password(exchange, e.status(), Optional.of(e));
        }
    }

    private void confirmRemoval(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        pages.show(
                exchange,
                200,
                "confirm.jte",
                pages.frame(exchange, "Remove a user", Section.USERS),
                new Confirmation(
                        "Remove the user “" + Formats.visible(name) + "”?",
                        "Sessions end at once, and tokens of this user count no more.",
                        "/users/" + Formats.segment(name) + "/remove",
                        "Remove it",
                        "/users"));
    }

    private void confirmReset(Exchange exchange, Principal principal) throws IOException {
        String name = exchange.parameter("name");
        pages.show(
                exchange,
                200,
                "confirm.jte",
                pages.frame(exchange, "Reset one-time codes", Section.USERS),
                new Confirmation(
                        "Ask “" + Formats.visible(name) + "” for no one-time codes?",
                        "Whoever has the password logs in then. The user can switch codes on again.",
                        "/users/" + Formats.segment(name) + "/totp",
                        "Reset codes",
                        "/users"));
    }

    private void tokens(
            Exchange exchange,
            int status,
            Map<String, String> form,
            Optional<MadeToken> made,
            Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "tokens.jte",
                pages.frame(exchange, "Tokens", Section.TOKENS),
                new TokenListPage(
                        api.access().tokens().items(),
                        Arrays.stream(Permission.values()).map(Permission::word).toList(),
                        form,
                        made,
                        form.getOrDefault("kind", "enrol").equals("enrol"),
                        "https://" + exchange.authority(),
                        problem.map(Pages.ProblemPage::of)));
    }

    private void makeToken(Exchange exchange, Principal principal) throws IOException {
        Map<String, String> form = exchange.form();
        try {
            boolean isForMachines = form.getOrDefault("kind", "").equals("enrol");
            NewToken wish = new NewToken(
                    form.getOrDefault("kind", ""),
                    given(form, "label"),
                    number(form, "days").map(days -> days * SECONDS_A_DAY),
                    isForMachines ? number(form, "uses") : Optional.empty(),
                    isForMachines ? HostPages.words(form.getOrDefault("networks", "")) : List.of(),
                    isForMachines ? HostPages.words(form.getOrDefault("groups", "")) : List.of(),
                    List.of(),
                    isForMachines ? List.of() : scopes(form));
            tokens(exchange, 200, form, Optional.of(api.access().makeToken(principal, wish)), Optional.empty());
        } catch (HttpProblem e) {
            tokens(exchange, e.status(), form, Optional.empty(), Optional.of(e));
        } catch (HoldfastException e) {
            HttpProblem problem = HttpProblem.of(e);
            tokens(exchange, problem.status(), form, Optional.empty(), Optional.of(problem));
        }
    }

    private static List<String> scopes(Map<String, String> form) {
        return Arrays.stream(Permission.values())
                .map(Permission::word)
                .filter(word -> form.containsKey("scope-" + word))
                .toList();
    }

    private static Optional<String> given(Map<String, String> form, String field) {
        return Optional.of(form.getOrDefault(field, "").strip()).filter(text -> !text.isEmpty());
    }

    private static Optional<Long> number(Map<String, String> form, String field) {
        return given(form, field).map(text -> {
            if (!text.matches("[0-9]{1,5}")) {
                throw HttpProblem.badRequest("'" + text + "' is no number of " + field);
            }
            return Long.parseLong(text);
        });
    }
}
