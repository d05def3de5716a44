package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Router;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What programs ask that watch a server: whether it lives, whether it is ready, and its numbers. Thread-safe. */
final class Health {
    private final Catalog catalog;
    private final RepositoryDesk repositories;
    private final Sessions sessions;
    private final Metrics metrics;

    Health(Catalog catalog, RepositoryDesk repositories, Sessions sessions, Metrics metrics) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.sessions = sessions;
        this.metrics = metrics;
    }

    void addTo(Router router) {
        router.add("GET", "/healthz", exchange -> exchange.answerText(200, "text/plain", "ok\n"))
                .add("GET", "/readyz", this::ready)
                .add("GET", "/metrics", this::metrics);
    }

    /** Repositories that are not open are named: the server goes on without them. Why they are not is for those who are logged in. */
    private void ready(Exchange exchange) throws IOException {
        List<String> closed = new ArrayList<>();
        try {
            for (RepositoryEntry entry : catalog.repositories().all()) {
                if (!repositories.isOpen(entry.repositoryId())) {
                    closed.add(entry.name());
                }
            }
        } catch (RuntimeException e) {
            throw new HttpProblem(
                    503,
                    "not-ready",
                    "the catalog does not answer",
                    "The server's log and that of its database say why.");
        }
        StringBuilder text = new StringBuilder("ready\n");
        closed.forEach(name -> text.append("repository ").append(name).append(" is not open\n"));
        exchange.answerText(200, "text/plain", text.toString());
    }

    /** They are of the whole server, so they are not for those who see some groups of hosts alone. */
    private void metrics(Exchange exchange) throws IOException {
        Principal principal = sessions.authenticate(exchange);
        principal.require(Permission.METRICS);
        if (!principal.groups().isEmpty()) {
            throw HttpProblem.forbidden("these numbers are of all hosts, and " + principal.name() + " sees some alone");
        }
        exchange.answerText(200, Metrics.CONTENT_TYPE, metrics.text());
    }
}
