package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.AlertApi.AlertPage;
import io.holdfast.protocol.api.AlertApi.AlertView;
import io.holdfast.protocol.api.AlertApi.WatchSettingsView;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "alert",
        description = "Shows what somebody should look at, and says who is told.",
        synopsisSubcommandLabel = "COMMAND")
final class AlertCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private AlertCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new AlertCommand())
                .addSubcommand(new ListAlerts(root))
                .addSubcommand(new ShowAlert(root))
                .addSubcommand(new AcknowledgeAlert(root))
                .addSubcommand(new ChangeSettings(root))
                .addSubcommand(AlertTargetCommand.line(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'alert' needs a command: list, show, acknowledge, settings or target");
    }

    private static JsonLine json(AlertView alert) {
        JsonLine line = JsonLine.of("alert")
                .with("id", alert.id())
                .with("kind", alert.kind())
                .with("object", alert.object())
                .with("state", alert.state())
                .with("first", alert.first().toString())
                .with("last", alert.last().toString())
                .with("count", alert.count())
                .with("text", alert.text());
        alert.host().ifPresent(host -> line.with("host", host));
        alert.by().ifPresent(by -> line.with("by", by));
        return line;
    }

    private static void print(RootCommand root, AlertView alert) {
        root.messages()
                .print("%s  %-12s  %s  %-18s  %s: %s"
                        .formatted(
                                alert.id(),
                                alert.state(),
                                Formats.local(alert.first()),
                                alert.kind(),
                                alert.object(),
                                alert.text()));
        root.messages().object(json(alert));
    }

    @Command(name = "list", description = "Shows alerts that are not closed, or with --all all of them.")
    static final class ListAlerts implements Callable<Integer> {
        private final RootCommand root;

        @Option(names = "--all", description = "Those that are closed, too; those that were noticed last first.")
        private boolean all;

        @Option(names = "--limit", paramLabel = "N", description = "With --all: so many, 1 to 1000 (default: 50).")
        private int limit = 50;

        ListAlerts(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String path = "/api/v1/alerts?" + (all ? "limit=" + limit : "state=current");
                AlertPage page = server.get(path, AlertPage.class);
                page.items().forEach(alert -> print(root, alert));
                if (page.items().isEmpty()) {
                    root.messages().tell("Nothing is wrong.");
                }
                return 0;
            }
        }
    }

    @Command(name = "show", description = "Shows one alert.")
    static final class ShowAlert implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "ID", description = "Its id, as 'alert list' shows it.")
        private String id = "";

        ShowAlert(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                print(root, server.get("/api/v1/alerts/" + ServerAccess.segment(id), AlertView.class));
                return 0;
            }
        }
    }

    @Command(
            name = "acknowledge",
            description = "Says that somebody knows of an alert. It closes by itself when its cause is gone.")
    static final class AcknowledgeAlert implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "ID", description = "Its id, as 'alert list' shows it.")
        private String id = "";

        AcknowledgeAlert(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                print(
                        root,
                        server.send(
                                "POST",
                                "/api/v1/alerts/" + ServerAccess.segment(id) + "/acknowledge",
                                Nothing.NOTHING,
                                AlertView.class));
                return 0;
            }
        }
    }

    @Command(name = "settings", description = "Shows and changes from when on something is worth an alert.")
    static final class ChangeSettings implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = "--silent-after",
                paramLabel = "SPAN",
                description = "A host of which nothing is heard for so long is silent (default: 1d).")
        private @Nullable String silentAfter;

        @Option(
                names = "--full-within",
                paramLabel = "SPAN",
                description = "A store that will be full within this time is filling up (default: 14d).")
        private @Nullable String fullWithin;

        @Option(
                names = "--least-free",
                paramLabel = "PERCENT",
                description = "A store whose disk has less room is filling up (default: 10).")
        private @Nullable Integer leastFree;

        @Option(
                names = "--summary-at",
                paramLabel = "HOUR",
                description = "Tells targets once a day how things stand, at this hour, 0 to 23.")
        private @Nullable Integer summaryAt;

        @Option(names = "--zone", paramLabel = "ZONE", description = "Whose clocks count for that (default: UTC).")
        private @Nullable String zone;

        @Option(names = "--no-summary", description = "Tells nobody of each day.")
        private boolean noSummary;

        ChangeSettings(RootCommand root) {
            this.root = root;
        }

        private static long seconds(@Nullable String span, long otherwise) {
            return span == null
                    ? otherwise
                    : RetentionSpan.parseForLock(span)
                            .from(Instant.EPOCH, ZoneOffset.UTC)
                            .toSeconds();
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                WatchSettingsView now = server.get("/api/v1/alerts/settings", WatchSettingsView.class);
                Optional<Integer> hour = Optional.ofNullable(summaryAt).or(now::summaryHour);
                WatchSettingsView wish = new WatchSettingsView(
                        seconds(silentAfter, now.silentAfterSeconds()),
                        seconds(fullWithin, now.fullWithinSeconds()),
                        leastFree == null ? now.leastFree() : leastFree,
                        noSummary ? Optional.empty() : hour,
                        Optional.ofNullable(zone).or(now::zone));
                WatchSettingsView settings = wish.equals(now)
                        ? now
                        : server.send("PUT", "/api/v1/alerts/settings", wish, WatchSettingsView.class);
                root.messages()
                        .print("silent after %s, full within %s, least free %d %%, summary %s"
                                .formatted(
                                        Formats.duration(Duration.ofSeconds(settings.silentAfterSeconds())),
                                        Formats.duration(Duration.ofSeconds(settings.fullWithinSeconds())),
                                        settings.leastFree(),
                                        settings.summaryHour()
                                                .map(at -> "at " + at + " o'clock "
                                                        + settings.zone().orElse("UTC"))
                                                .orElse("never")));
                JsonLine line = JsonLine.of("settings")
                        .with("silent_after_s", settings.silentAfterSeconds())
                        .with("full_within_s", settings.fullWithinSeconds())
                        .with("least_free_percent", settings.leastFree());
                settings.summaryHour().ifPresent(at -> line.with("summary_hour", at));
                settings.zone().ifPresent(name -> line.with("zone", name));
                root.messages().object(line);
                return 0;
            }
        }
    }
}
