package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.ControlApi;
import io.holdfast.control.Permission;
import io.holdfast.control.Sessions;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Coming in and going out. Thread-safe. */
public final class LoginPages {
    private final ControlApi api;
    private final Pages pages;

    LoginPages(ControlApi api, Pages pages) {
        this.api = api;
        this.pages = pages;
    }

    /**
     * The form for user and password.
     *
     * @param next where to go then
     * @param isFirstWanted whether nobody can log in yet
     */
    public record LoginPage(String user, String next, Optional<Pages.ProblemPage> problem, boolean isFirstWanted) {}

    /**
     * The form for a one-time code, after a password that was right.
     *
     * @param ticket that shows it
     */
    public record CodePage(String user, String next, String ticket, Optional<Pages.ProblemPage> problem) {}

    /** The form of the first administrator. */
    public record FirstPage(String secret, String name, Optional<Pages.ProblemPage> problem) {}

    void addTo(ConsoleRoutes routes) {
        routes.open("GET", "/login", this::form)
                .open("POST", "/login", this::login)
                .open("POST", "/login/code", this::code)
                .post("/logout", Permission.READ, (exchange, principal) -> {
                    api.sessions().end(exchange);
                    exchange.redirect("/login");
                })
                .open("GET", "/first/{secret}", this::firstForm)
                .open("POST", "/first/{secret}", this::first);
    }

    private void form(Exchange exchange) throws IOException {
        show(exchange, 200, "", exchange.query("next").orElse("/"), Optional.empty());
    }

    private void show(Exchange exchange, int status, String user, String next, Optional<HttpProblem> problem)
            throws IOException {
        pages.show(
                exchange,
                status,
                "login.jte",
                pages.frame(exchange, "Log in", Section.NONE),
                new LoginPage(
                        user,
                        next,
                        problem.map(Pages.ProblemPage::of),
                        api.first().isWanted()));
    }

    private void login(Exchange exchange) throws IOException {
        Map<String, String> form = exchange.form();
        String user = form.getOrDefault("user", "").strip();
        String next = form.getOrDefault("next", "/");
        try {
            switch (api.sessions().login(user, form.getOrDefault("password", ""), exchange)) {
                case Sessions.Begun begun -> comeIn(exchange, begun, next);
                case Sessions.CodeNeeded needed ->
                    showCode(exchange, 200, new CodePage(user, next, needed.ticket(), Optional.empty()));
            }
        } catch (HttpProblem e) {
            show(exchange, e.status(), user, next, Optional.of(e));
        }
    }

    private static void comeIn(Exchange exchange, Sessions.Begun begun, String next) {
        Sessions.setCookie(exchange, begun.secret());
        exchange.redirect(isOwn(next) ? next : "/");
    }

    private void showCode(Exchange exchange, int status, CodePage page) throws IOException {
        pages.show(exchange, status, "logincode.jte", pages.frame(exchange, "One-time code", Section.NONE), page);
    }

    private void code(Exchange exchange) throws IOException {
        Map<String, String> form = exchange.form();
        String user = form.getOrDefault("user", "");
        String next = form.getOrDefault("next", "/");
        String ticket = form.getOrDefault("ticket", "");
        try {
            comeIn(exchange, api.sessions().loginByTicket(user, ticket, form.getOrDefault("code", ""), exchange), next);
        } catch (HttpProblem e) {
            if (e.code().equals("denied")) {
                show(exchange, e.status(), user, next, Optional.of(e));
            } else {
                showCode(exchange, e.status(), new CodePage(user, next, ticket, Optional.of(Pages.ProblemPage.of(e))));
            }
        }
    }

    /** Whether it is a place on this server: browsers take a second slash for another host, of either kind. */
    static boolean isOwn(String place) {
        return place.startsWith("/")
                && !place.startsWith("//")
                && place.chars().noneMatch(c -> c == '\\' || Character.isISOControl(c));
    }

    private void firstForm(Exchange exchange) throws IOException {
        String secret = exchange.parameter("secret");
        if (!api.first().isOffered(secret)) {
            throw new HttpProblem(
                    410,
                    "gone",
                    "this link was used, is older than a day, or was never given out",
                    api.first().isWanted() ? "Start the server again: it prints a new one." : "Log in instead.");
        }
        showFirst(exchange, 200, new FirstPage(secret, "admin", Optional.empty()));
    }

    private void showFirst(Exchange exchange, int status, FirstPage page) throws IOException {
        pages.show(exchange, status, "first.jte", pages.frame(exchange, "Welcome", Section.NONE), page);
    }

    private void first(Exchange exchange) throws IOException {
        String secret = exchange.parameter("secret");
        Map<String, String> form = exchange.form();
        String name = form.getOrDefault("user", "").strip();
        String password = form.getOrDefault("password", "");
        try {
            if (!password.equals(form.get("again"))) {
                throw HttpProblem.badRequest("the two passwords are not the same");
            }
            api.first().add(secret, name, password);
        } catch (HttpProblem e) {
            refuse(exchange, new FirstPage(secret, name, Optional.of(Pages.ProblemPage.of(e))), e);
            return;
        } catch (HoldfastException e) {
            HttpProblem problem = HttpProblem.of(e);
            refuse(exchange, new FirstPage(secret, name, Optional.of(Pages.ProblemPage.of(problem))), problem);
            return;
        }
        api.sessions().begin(name, exchange).ifPresent(begun -> Sessions.setCookie(exchange, begun.secret()));
        exchange.redirect("/protect");
    }

    private void refuse(Exchange exchange, FirstPage page, HttpProblem problem) throws IOException {
        if (problem.status() == 410) {
            throw problem;
        }
        showFirst(exchange, problem.status(), page);
    }
}
