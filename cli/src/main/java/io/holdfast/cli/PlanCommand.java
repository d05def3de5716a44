package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.plan.Plan;
import io.holdfast.plan.Simulation;
import io.holdfast.plan.yaml.YamlMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plan",
        description = "Works with plans: what is saved, when, and for how long.",
        synopsisSubcommandLabel = "COMMAND")
final class PlanCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private PlanCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new PlanCommand())
                .addSubcommand(new Simulate(root))
                .addSubcommand(new PlansOfServer.Apply(root))
                .addSubcommand(new PlansOfServer.ListPlans(root))
                .addSubcommand(new PlansOfServer.Show(root))
                .addSubcommand(new PlansOfServer.Delete(root));
    }

    /** A plan as it was written. */
    static String text(Path file) {
        try {
            String text = SmallFiles.read(file);
            if (text.length() >= SmallFiles.MAX_BYTES || Files.size(file) > SmallFiles.MAX_BYTES) {
                throw HoldfastException.usage(
                        file + " is longer than " + SmallFiles.MAX_BYTES + " bytes", "That is no plan.");
            }
            return text;
        } catch (IOException e) {
            throw HoldfastException.usage(file + " cannot be read: " + Reasons.text(e), "Check --file.");
        }
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'plan' needs a command: simulate, apply, list, show or delete");
    }

    @Command(
            name = "simulate",
            description = "Checks a plan, and shows when it would run and which snapshots would be kept, and why.")
    static final class Simulate implements Callable<Integer> {
        private static final int MOST_DAYS = 36_600;

        private final RootCommand root;

        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                required = true,
                description = "The plan.")
        private @Nullable Path file;

        @Option(names = "--days", paramLabel = "N", description = "So many days (default: 365).")
        private int days = 365;

        @Option(
                names = "--from",
                paramLabel = "DATE",
                description = "From this day on, such as 2027-01-01 (default: from now on).")
        private @Nullable String from;

        Simulate(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            if (days < 1 || days > MOST_DAYS) {
                throw HoldfastException.usage("--days " + days + " is out of range", "Write 1 to " + MOST_DAYS + ".");
            }
            Path named = Objects.requireNonNull(file);
            Plan plan = Plan.read(YamlMap.parse(text(named), named.toString()));
            Instant begin = begin(plan.schedule().zone());
            Simulation simulation = Simulation.of(plan, begin, begin.plus(Duration.ofDays(days)));
            report(plan, simulation);
            return 0;
        }

        private Instant begin(ZoneId zone) {
            if (from == null) {
                return WallClock.system().instant();
            }
            try {
                return LocalDate.parse(from).atStartOfDay(zone).toInstant().minusNanos(1);
            } catch (DateTimeParseException e) {
                throw HoldfastException.usage("--from '" + from + "' is no day", "Write it as 2027-01-31.");
            }
        }

        private void report(Plan plan, Simulation simulation) {
            Messages messages = root.messages();
            DateTimeFormatter format = DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm", Locale.ROOT)
                    .withZone(plan.schedule().zone());
            for (Instant run : simulation.runs()) {
                messages.object(JsonLine.of("run").with("plan", plan.name()).with("time", run.toString()));
            }
            String runs = Formats.count(simulation.runs().size(), "run", "runs") + " in "
                    + Formats.count(days, "day", "days");
            messages.print(plan.name() + ": " + runs
                    + (simulation.runs().isEmpty()
                            ? "."
                            : ", from " + format.format(simulation.runs().getFirst()) + " to "
                                    + format.format(simulation.runs().getLast()) + " ("
                                    + plan.schedule().zone() + ")."));
            messages.print("Of each host and source "
                    + Formats.count(simulation.kept().size(), "snapshot is", "snapshots are") + " there then, "
                    + simulation.most() + " at the most:");
            for (Simulation.Kept kept : simulation.kept()) {
                messages.print("  " + format.format(kept.taken()) + "  " + String.join(", ", kept.reasons()));
                messages.object(JsonLine.of("kept")
                        .with("plan", plan.name())
                        .with("time", kept.taken().toString())
                        .with("reasons", kept.reasons()));
            }
            messages.object(JsonLine.of("summary")
                    .with("plan", plan.name())
                    .with("runs", simulation.runs().size())
                    .with("kept", simulation.kept().size())
                    .with("most", simulation.most()));
        }
    }
}
