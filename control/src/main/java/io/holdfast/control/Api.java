package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.http.Json;
import io.holdfast.http.Router;
import io.holdfast.security.Authority;
import io.holdfast.security.Passwords;
import io.holdfast.security.Pem;
import java.util.List;

/** Everything that people and scripts ask a control server for, and its description. */
final class Api {
    private final Catalog catalog;
    private final Authority authority;
    private final Scheduler scheduler;
    private final JobBell bell;
    private final ControlServer.Settings settings;

    Api(Catalog catalog, Authority authority, Scheduler scheduler, JobBell bell, ControlServer.Settings settings) {
        this.catalog = catalog;
        this.authority = authority;
        this.scheduler = scheduler;
        this.bell = bell;
        this.settings = settings;
    }

    void addTo(Router router) {
        Passwords passwords = new Passwords(Passwords.Cost.DEFAULT, settings.random());
        Sessions sessions = new Sessions(catalog, passwords, settings.random());
        ApiRoutes routes = new ApiRoutes(router, sessions);
        new AccessRoutes(catalog, sessions, passwords, authority, settings.clock(), settings.random()).addTo(routes);
        new PlanRoutes(catalog, scheduler, bell, settings.clock()).addTo(routes);
        new HostRoutes(catalog).addTo(routes);
        new JobRoutes(catalog, settings.monotonic()).addTo(routes);
        byte[] description = Json.bytes(OpenApi.describe(routes.operations(), settings.version()));
        router.add("GET", "/api/v1/openapi.json", exchange -> exchange.answer(200, "application/json", description))
                .add(
                        "GET",
                        "/authority.pem",
                        exchange -> exchange.answerText(
                                200, "application/x-pem-file", Pem.certificates(List.of(authority.certificate()))))
                .add("GET", "/healthz", exchange -> exchange.answerText(200, "text/plain", "ok\n"))
                .add("GET", "/readyz", exchange -> {
                    boolean ignored = catalog.plans().all().isEmpty();
                    exchange.answerText(200, "text/plain", "ready\n");
                });
    }
}
