package io.holdfast.control;

import io.holdfast.control.Operation.Query;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.AlertApi.AlertPage;
import io.holdfast.protocol.api.AlertApi.AlertView;
import io.holdfast.protocol.api.AlertApi.NewTarget;
import io.holdfast.protocol.api.AlertApi.TargetList;
import io.holdfast.protocol.api.AlertApi.TargetView;
import io.holdfast.protocol.api.AlertApi.WatchSettingsView;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.ReportApi.Report;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What is asked for over HTTP by those who watch: alerts, who is told of them, and reports. */
final class WatchRoutes {
    private static final int MAX_PAGE = 1_000;
    private static final int MAX_DAYS = 3_660;

    private final AlertService alerts;
    private final ReportService reports;

    WatchRoutes(ControlApi control) {
        this.alerts = control.alerts();
        this.reports = control.reports();
    }

    void addTo(ApiRoutes routes) {
        alerts(routes);
        targets(routes);
        routes.raw(
                new Operation(
                        "GET",
                        "/api/v1/reports/{name}",
                        "A report: protected, unprotected, failed, restored or storage",
                        Optional.of(Permission.READ),
                        List.of(
                                new Query("days", "about the last so many, 1 to 3660 (default: 2)", true),
                                new Query("format", "json (default), csv or html", false)),
                        Optional.empty(),
                        Report.class,
                        "application/json"),
                this::report);
    }

    private void alerts(ApiRoutes routes) {
        routes.get(
                        "/alerts",
                        "Alerts, those that were noticed last first",
                        Permission.READ,
                        AlertPage.class,
                        call -> page(call.principal(), call.exchange()),
                        new Query(
                                "state", "current (not closed, all on one page), open, acknowledged or closed", false),
                        new Query("after", "where the page before ended", false),
                        new Query("limit", "alerts a page, 1 to 1000", true))
                .get(
                        "/alerts/{id}",
                        "One alert",
                        Permission.READ,
                        AlertView.class,
                        call -> alerts.show(call.principal(), call.exchange().parameter("id")))
                .send(
                        "POST",
                        "/alerts/{id}/acknowledge",
                        "Says that somebody knows",
                        Permission.RUN,
                        Nothing.class,
                        AlertView.class,
                        call -> alerts.acknowledge(
                                call.principal(), call.exchange().parameter("id")));
    }

    private AlertPage page(Principal principal, Exchange exchange) {
        Optional<String> state = exchange.query("state");
        return state.equals(Optional.of("current"))
                ? new AlertPage(alerts.current(principal), Optional.empty())
                : alerts.page(
                        principal, state, exchange.query("after"), exchange.queryNumber("limit", 100, 1, MAX_PAGE));
    }

    private void targets(ApiRoutes routes) {
        routes.get(
                        "/alerts/targets",
                        "Who is told of alerts",
                        Permission.ADMINISTER,
                        TargetList.class,
                        call -> alerts.targets())
                .send(
                        "POST",
                        "/alerts/targets",
                        "Adds somebody who is told",
                        Permission.ADMINISTER,
                        NewTarget.class,
                        TargetView.class,
                        call -> alerts.addTarget(call.principal(), call.request()))
                .act(
                        "DELETE",
                        "/alerts/targets/{name}",
                        "Tells somebody nothing any more",
                        Permission.ADMINISTER,
                        call -> {
                            alerts.removeTarget(
                                    call.principal(), call.exchange().parameter("name"));
                            return Nothing.NOTHING;
                        })
                .act(
                        "POST",
                        "/alerts/targets/{name}/test",
                        "Tells one of them that this is a test",
                        Permission.ADMINISTER,
                        call -> {
                            alerts.testTarget(call.exchange().parameter("name"));
                            return Nothing.NOTHING;
                        })
                .get(
                        "/alerts/settings",
                        "From when on something is worth an alert",
                        Permission.ADMINISTER,
                        WatchSettingsView.class,
                        call -> alerts.settings())
                .send(
                        "PUT",
                        "/alerts/settings",
                        "Changes from when on something is worth an alert",
                        Permission.ADMINISTER,
                        WatchSettingsView.class,
                        WatchSettingsView.class,
                        call -> alerts.change(call.principal(), call.request()));
    }

    private void report(Exchange exchange) throws IOException {
        String format = exchange.query("format").orElse("json");
        Report report = reports.report(
                ApiRoutes.principal(exchange),
                exchange.parameter("name"),
                exchange.queryNumber("days", 2, 1, MAX_DAYS));
        switch (format) {
            case "json" -> exchange.answerJson(200, report);
            case "csv" -> exchange.answerText(200, "text/csv; charset=utf-8; header=present", ReportText.csv(report));
            case "html" -> {
                // It needs nothing but its own style.
                exchange.header(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
                exchange.answerText(200, "text/html; charset=utf-8", ReportText.html(report));
            }
            default -> throw HttpProblem.badRequest("'" + format + "' is no format: json, csv or html");
        }
    }
}
