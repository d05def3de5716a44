package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.plan.Plan;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.protocol.api.PlanApi.PlanApplied;
import io.holdfast.protocol.api.PlanApi.PlanList;
import io.holdfast.protocol.api.PlanApi.PlanText;
import io.holdfast.protocol.api.PlanApi.PlanView;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about plans on a server. */
final class PlansOfServer {
    private PlansOfServer() {}

    private static JsonLine json(PlanView plan) {
        JsonLine line = JsonLine.of("plan")
                .with("name", plan.name())
                .with("revision", plan.revision())
                .with("changed", plan.changed().toString())
                .with("text", plan.text());
        plan.next().ifPresent(next -> line.with("next", next.toString()));
        return line;
    }

    @Command(name = "apply", description = "Puts a plan on the server, in place of an earlier one of its name.")
    static final class Apply implements Callable<Integer> {
        private final RootCommand root;

        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                required = true,
                description = "The plan.")
        private @Nullable Path file;

        @Option(names = "--dry-run", description = "Only says what would change, and what that means.")
        private boolean dryRun;

        Apply(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            Path named = Objects.requireNonNull(file);
            String text = PlanCommand.text(named);
            // Here first: its errors name the file and its lines.
            Plan plan = Plan.read(YamlMap.parse(text, named.toString()));
            try (HttpCaller server = ServerAccess.open(root)) {
                PlanApplied applied = server.send(
                        "POST", "/api/v1/plans", new PlanText(text, Optional.of(dryRun)), PlanApplied.class);
                tell(plan.name(), applied);
                JsonLine line = JsonLine.of("applied")
                        .with("name", applied.name())
                        .with("outcome", applied.outcome())
                        .with("changes", applied.changes())
                        .with("hosts", applied.hosts())
                        .with("gained", applied.gained())
                        .with("lost", applied.lost())
                        .with("dry_run", dryRun);
                applied.expiring().ifPresent(count -> line.with("expiring", count));
                root.messages().object(line);
                return 0;
            }
        }

        private void tell(String name, PlanApplied applied) {
            Messages messages = root.messages();
            messages.tell(name + ": " + (dryRun ? "would be " : "") + applied.outcome() + ", "
                    + Formats.count(applied.hosts(), "host", "hosts"));
            applied.changes().forEach(change -> messages.tell("  " + change));
            if (!applied.outcome().equals("new") && !applied.gained().isEmpty()) {
                messages.tell("  hosts gained: " + String.join(", ", applied.gained()));
            }
            if (!applied.lost().isEmpty()) {
                messages.tell(
                        "  hosts lost: " + String.join(", ", applied.lost()) + "; their snapshots stay by the rules");
            }
            applied.expiring()
                    .filter(count -> count > 0)
                    .ifPresent(count -> messages.tell("  " + Formats.count(count, "snapshot", "snapshots")
                            + (count == 1 ? " is" : " are") + " not kept by these rules, and "
                            + (count == 1 ? "goes" : "go") + " after the next backup, or in the night"));
        }
    }

    @Command(name = "list", description = "Shows the plans of a server.")
    static final class ListPlans implements Callable<Integer> {
        private final RootCommand root;

        ListPlans(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                for (PlanView plan : server.get("/api/v1/plans", PlanList.class).items()) {
                    root.messages()
                            .print("%-24s  %s"
                                    .formatted(
                                            plan.name(),
                                            plan.next()
                                                    .map(next -> "next " + Formats.local(next))
                                                    .orElse("never runs")));
                    root.messages().object(json(plan));
                }
                return 0;
            }
        }
    }

    @Command(name = "show", description = "Prints a plan of a server as it was written.")
    static final class Show implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "PLAN", description = "Its name.")
        private String name = "";

        Show(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                PlanView plan = server.get("/api/v1/plans/" + ServerAccess.segment(name), PlanView.class);
                root.messages().print(plan.text().stripTrailing());
                root.messages().object(json(plan));
                return 0;
            }
        }
    }

    @Command(name = "delete", description = "Removes a plan from the server; what it has saved stays.")
    static final class Delete implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "PLAN", description = "Its name.")
        private String name = "";

        Delete(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", "/api/v1/plans/" + ServerAccess.segment(name));
                root.messages().tell("Removed " + name + ".");
                root.messages().object(JsonLine.of("removed").with("name", name));
                return 0;
            }
        }
    }
}
