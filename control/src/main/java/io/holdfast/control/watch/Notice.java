package io.holdfast.control.watch;

import io.holdfast.catalog.Alert;
import io.holdfast.protocol.api.AlertApi.AlertView;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What targets are told; as JSON it is what webhooks get (docs/guide/watching.md).
 *
 * @param event {@code alerts}, {@code summary} or {@code test}
 * @param opened alerts that are new
 * @param closed alerts whose causes are gone
 * @param summary how things stand, of that event
 */
public record Notice(
        String event, Instant at, List<AlertView> opened, List<AlertView> closed, Optional<Summary> summary) {

    /**
     * The last day.
     *
     * @param saved how many hosts have a good backup of the last two days
     * @param never how many never had one
     * @param done jobs that were queued on the last day and are done now, as those that left something out, failed, or have not ended
     * @param alerts all that are not closed
     */
    public record Summary(
            long hosts,
            long saved,
            long never,
            long done,
            long partial,
            long failed,
            long unfinished,
            List<AlertView> alerts) {}

    static Notice ofAlerts(Instant at, List<AlertView> opened, List<AlertView> closed) {
        return new Notice("alerts", at, opened, closed, Optional.empty());
    }

    static Notice ofSummary(Instant at, Summary summary) {
        return new Notice("summary", at, List.of(), List.of(), Optional.of(summary));
    }

    static Notice test(Instant at) {
        return new Notice("test", at, List.of(), List.of(), Optional.empty());
    }

    /** As people and programs outside see it. */
    public static AlertView view(Alert alert) {
        return new AlertView(
                alert.id().text(),
                alert.kind(),
                alert.object(),
                AlertKind.of(alert.kind()).flatMap(kind -> kind.host(alert.object())),
                alert.state().name().toLowerCase(Locale.ROOT),
                alert.first(),
                alert.last(),
                alert.count(),
                alert.by().isEmpty() ? Optional.empty() : Optional.of(alert.by()),
                alert.text());
    }

    /** One line that says what it is about. */
    String subject() {
        return switch (event) {
            case "summary" ->
                summary.map(day -> day.saved() + " of " + day.hosts() + " hosts saved, "
                                + day.alerts().size() + " alerts open")
                        .orElse("summary");
            case "test" -> "this is a test";
            default ->
                opened.isEmpty()
                        ? "over: " + several(closed)
                        : several(opened) + (closed.isEmpty() ? "" : "; over: " + several(closed));
        };
    }

    private static String several(List<AlertView> alerts) {
        AlertView first = alerts.getFirst();
        return first.kind() + " " + first.object() + (alerts.size() > 1 ? " and " + (alerts.size() - 1) + " more" : "");
    }

    /** All of it for people. */
    String text() {
        StringBuilder text = new StringBuilder();
        list(text, "New:", opened);
        list(text, "Over:", closed);
        summary.ifPresent(day -> {
            text.append("Hosts: %d, saved in the last two days: %d, never saved: %d%n"
                    .formatted(day.hosts(), day.saved(), day.never()));
            text.append("Jobs of the last day: %d done, %d with something left out, %d failed, %d not ended%n"
                    .formatted(day.done(), day.partial(), day.failed(), day.unfinished()));
            list(text, "Alerts that are not closed:", day.alerts());
        });
        if (event.equals("test")) {
            text.append("Whoever reads this is told of alerts.\n");
        }
        return text.toString();
    }

    private static void list(StringBuilder text, String title, List<AlertView> alerts) {
        if (alerts.isEmpty()) {
            return;
        }
        text.append(title).append('\n');
        for (AlertView alert : alerts) {
            text.append("  %s  %s: %s%n    since %s, id %s%n"
                    .formatted(alert.kind(), alert.object(), alert.text(), alert.first(), alert.id()));
        }
        text.append('\n');
    }
}
