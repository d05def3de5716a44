package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.HostApi.HostChange;
import io.holdfast.protocol.api.HostApi.HostPage;
import io.holdfast.protocol.api.HostApi.HostView;
import io.holdfast.protocol.api.HostApi.LastRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "host", description = "Works with the hosts of a server.", synopsisSubcommandLabel = "COMMAND")
final class HostCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private HostCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new HostCommand())
                .addSubcommand(new ListHosts(root))
                .addSubcommand(new ShowHost(root))
                .addSubcommand(new TagHost(root))
                .addSubcommand(new RemoveHost(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'host' needs a command: list, show, tag or remove");
    }

    private static JsonLine json(HostView host) {
        JsonLine line = JsonLine.of("host")
                .with("id", host.id())
                .with("name", host.name())
                .with("added", host.added().toString())
                .with("groups", host.groups())
                .with("tags", host.tags())
                .with("facts", host.facts());
        host.seen().ifPresent(seen -> line.with("seen", seen.toString()));
        host.version().ifPresent(version -> line.with("version", version));
        host.address().ifPresent(address -> line.with("address", address));
        return line;
    }

    private static String path(String name) {
        return "/api/v1/hosts/" + ServerAccess.segment(name);
    }

    @Command(name = "list", description = "Shows the hosts of a server.")
    static final class ListHosts implements Callable<Integer> {
        private final RootCommand root;

        @Option(names = "--group", paramLabel = "NAME", description = "Only hosts of this group.")
        private String group = "";

        @Option(names = "--tag", paramLabel = "NAME", description = "Only hosts with this tag.")
        private String tag = "";

        ListHosts(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                String filter = "&group=" + ServerAccess.segment(group) + "&tag=" + ServerAccess.segment(tag);
                Optional<String> after = Optional.of("");
                long count = 0;
                while (after.isPresent()) {
                    HostPage page = server.get(
                            "/api/v1/hosts?limit=500&after=" + ServerAccess.segment(after.get()) + filter,
                            HostPage.class);
                    for (HostView host : page.items()) {
                        root.messages().print(line(host));
                        root.messages().object(json(host));
                        count++;
                    }
                    after = page.next();
                }
                root.messages().tell(Formats.count(count, "host", "hosts"));
                return 0;
            }
        }

        private static String line(HostView host) {
            String seen = host.seen().map(at -> "seen " + Formats.local(at)).orElse("never seen");
            List<String> words = new ArrayList<>(host.groups());
            host.tags().forEach(each -> words.add("#" + each));
            String failed = host.last().stream().anyMatch(run -> run.state().equals("failed")) ? "  FAILED" : "";
            return "%-24s  %-24s  %s%s".formatted(host.name(), seen, String.join(" ", words), failed);
        }
    }

    @Command(name = "show", description = "Tells what is known of a host.")
    static final class ShowHost implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "HOST", description = "Its name.")
        private String name = "";

        ShowHost(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                HostView host = server.get(path(name), HostView.class);
                Messages messages = root.messages();
                messages.print("name     " + host.name());
                messages.print("id       " + host.id());
                messages.print("added    " + Formats.local(host.added()));
                messages.print("seen     " + host.seen().map(Formats::local).orElse("never"));
                messages.print("address  " + host.address().orElse("unknown"));
                messages.print("version  " + host.version().orElse("unknown"));
                messages.print("groups   " + String.join(", ", host.groups()));
                messages.print("tags     " + String.join(", ", host.tags()));
                for (LastRun run : host.last()) {
                    messages.print("last     " + run.plan() + ": " + run.state() + " " + Formats.local(run.ended())
                            + (run.message().isEmpty() ? "" : ", " + run.message()));
                }
                messages.object(json(host));
                return 0;
            }
        }
    }

    @Command(name = "tag", description = "Gives a host groups and tags; what is not named stays.")
    static final class TagHost implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "HOST", description = "Its name.")
        private String name = "";

        @Option(names = "--add-tag", paramLabel = "NAME", description = "Gives it this tag (several times for more).")
        private List<String> tags = List.of();

        @Option(names = "--remove-tag", paramLabel = "NAME", description = "Takes this tag away.")
        private List<String> noTags = List.of();

        @Option(names = "--add-group", paramLabel = "NAME", description = "Puts it into this group.")
        private List<String> groups = List.of();

        @Option(names = "--remove-group", paramLabel = "NAME", description = "Takes it out of this group.")
        private List<String> noGroups = List.of();

        TagHost(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                HostView host = server.get(path(name), HostView.class);
                HostView changed = server.send(
                        "PATCH",
                        path(name),
                        new HostChange(
                                Optional.of(changed(host.groups(), groups, noGroups)),
                                Optional.of(changed(host.tags(), tags, noTags))),
                        HostView.class);
                root.messages()
                        .tell(changed.name() + ": groups " + String.join(", ", changed.groups()) + "; tags "
                                + String.join(", ", changed.tags()));
                root.messages().object(json(changed));
                return 0;
            }
        }

        private static List<String> changed(List<String> before, List<String> added, List<String> removed) {
            List<String> words = new ArrayList<>(before);
            words.addAll(added);
            words.removeAll(removed);
            return words.stream().distinct().toList();
        }
    }

    @Command(
            name = "remove",
            description = "Removes a host: its agent is refused from now on, what it has saved stays.")
    static final class RemoveHost implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "HOST", description = "Its name.")
        private String name = "";

        RemoveHost(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                server.tell("DELETE", path(name));
                root.messages().tell("Removed " + name + ".");
                root.messages().object(JsonLine.of("removed").with("name", name));
                return 0;
            }
        }
    }
}
