package io.holdfast.console;

import io.holdfast.console.Frame.Section;
import io.holdfast.control.Permission;
import io.holdfast.control.Principal;
import io.holdfast.control.Sessions;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Router;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Where the console's parts put their pages: each is guarded by its permission, and what cannot be done is said on a page. To be filled by one thread. */
final class ConsoleRoutes {
    private final Router router;
    private final Sessions sessions;
    private final Pages pages;

    ConsoleRoutes(Router router, Sessions sessions, Pages pages) {
        this.router = router;
        this.sessions = sessions;
        this.pages = pages;
    }

    /** Answers somebody who is known. */
    @FunctionalInterface
    interface Action {
        void run(Exchange exchange, Principal principal) throws IOException;
    }

    ConsoleRoutes get(String path, Permission permission, Action action) {
        return add("GET", path, guarded(permission, action));
    }

    /** A form that was sent, by a page of this console. */
    ConsoleRoutes post(String path, Permission permission, Action action) {
        return add("POST", path, guarded(permission, action));
    }

    /** A page for everybody. */
    ConsoleRoutes open(String method, String path, Handler handler) {
        return add(method, path, exchange -> {
            if (method.equals("POST")) {
                // Nobody is known here by a cookie, and still another page shall log nobody in.
                Sessions.requireSameSite(exchange);
            }
            handler.handle(exchange);
        });
    }

    private ConsoleRoutes add(String method, String path, Handler handler) {
        router.add(method, path, exchange -> {
            try {
                handler.handle(exchange);
            } catch (HttpProblem e) {
                pages.problem(exchange, e);
            } catch (HoldfastException e) {
                pages.problem(exchange, HttpProblem.of(e));
            }
        });
        return this;
    }

    private Handler guarded(Permission permission, Action action) {
        return exchange -> {
            Optional<Principal> principal = sessions.find(exchange);
            if (principal.isEmpty()) {
                if (Sessions.mayBeKeptBack(exchange)) {
                    pages.show(exchange, 200, "again.jte", pages.frame(exchange, "Holdfast", Section.NONE), "");
                } else {
                    askToLogIn(exchange);
                }
                return;
            }
            exchange.attribute(Principal.class, principal.get());
            principal.get().require(permission);
            action.run(exchange, principal.get());
        };
    }

    private static void askToLogIn(Exchange exchange) {
        boolean comesBack = exchange.method().equals("GET") && !exchange.path().equals("/");
        String place =
                comesBack ? "/login?next=" + URLEncoder.encode(exchange.path(), StandardCharsets.UTF_8) : "/login";
        if (exchange.header("HX-Request").isPresent()) {
            // A part of a page was asked for: all of it goes there.
            exchange.header("HX-Redirect", place);
            exchange.answer(401);
        } else {
            exchange.redirect(place);
        }
    }
}
