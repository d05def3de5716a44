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
                PlanApplied applied = server.send("POST", "/api/v1/plans", new PlanText(text), PlanApplied.class);
                root.messages()
                        .tell(plan.name() + ": " + applied.outcome() + ", "
                                + Formats.count(applied.hosts(), "host", "hosts"));
                applied.changes().forEach(change -> root.messages().tell("  " + change));
                root.messages()
                        .object(JsonLine.of("applied")
                                .with("name", applied.name())
                                .with("outcome", applied.outcome())
                                .with("changes", applied.changes())
                                .with("hosts", applied.hosts()));
                return 0;
            }
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
