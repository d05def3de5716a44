package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.ServerApi.HeldView;
import io.holdfast.protocol.api.ServerApi.MediaServerChange;
import io.holdfast.protocol.api.ServerApi.MediaServerList;
import io.holdfast.protocol.api.ServerApi.MediaServerView;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What is done with the media servers of a server. */
final class MediaOfServer {
    private MediaOfServer() {}

    static CommandLine addTo(CommandLine line, RootCommand root) {
        return line.addSubcommand(new ListMedia(root))
                .addSubcommand(new ShowMedia(root))
                .addSubcommand(new DrainMedia(root))
                .addSubcommand(new ActivateMedia(root))
                .addSubcommand(new RemoveMedia(root));
    }

    private static JsonLine json(MediaServerView server) {
        JsonLine line = JsonLine.of("media")
                .with("id", server.id())
                .with("name", server.name())
                .with("address", server.url())
                .with("site", server.site())
                .with("state", server.state())
                .with("silent", server.silent())
                .with("jobs", server.jobs())
                .with(
                        "open",
                        server.repositories().stream()
                                .filter(held -> held.trouble().isEmpty())
                                .map(HeldView::name)
                                .toList())
                .with("added", server.added().toString());
        server.seen().ifPresent(seen -> line.with("seen", seen.toString()));
        server.version().ifPresent(version -> line.with("version", version));
        return line;
    }

    private static String state(MediaServerView server) {
        return server.silent() ? "SILENT" : server.state();
    }

    private static String path(String name) {
        return "/api/v1/media/" + ServerAccess.segment(name);
    }

    private static int change(RootCommand root, String name, String state) {
        try (HttpCaller server = ServerAccess.open(root)) {
            MediaServerView changed =
                    server.send("PATCH", path(name), new MediaServerChange(state), MediaServerView.class);
            root.messages().tell(changed.name() + " is " + changed.state() + ".");
            root.messages().object(json(changed));
            return 0;
        }
    }

    @Command(name = "list", description = "Shows the media servers of a server.")
    static final class ListMedia implements Callable<Integer> {
        private final RootCommand root;

        ListMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller server = ServerAccess.open(root)) {
                for (MediaServerView each :
                        server.get("/api/v1/media", MediaServerList.class).items()) {
                    root.messages()
                            .print("%-16s  %-8s  %-12s  %s"
                                    .formatted(each.name(), state(each), each.site(), each.url()));
                    root.messages().object(json(each));
                }
                return 0;
            }
        }
    }

    @Command(name = "show", description = "Tells what is known of a media server.")
    static final class ShowMedia implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name = "";

        ShowMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (HttpCaller caller = ServerAccess.open(root)) {
                MediaServerView server = caller.get(path(name), MediaServerView.class);
                Messages messages = root.messages();
                messages.print("name     " + server.name());
                messages.print("address  " + server.url());
                messages.print("site     " + server.site());
                messages.print("state    " + state(server));
                messages.print("seen     " + server.seen().map(Formats::local).orElse("never"));
                messages.print("version  " + server.version().orElse("unknown"));
                messages.print("jobs     " + server.jobs());
                for (HeldView held : server.repositories()) {
                    messages.print("serves   " + held.name() + ": "
                            + held.trouble()
                                    .map(text -> "NOT OPEN: " + text)
                                    .orElseGet(() -> Formats.size(held.storedBytes())
                                            + held.freeBytes()
                                                    .map(free -> ", " + Formats.size(free) + " free")
                                                    .orElse("")));
                }
                messages.object(json(server));
                return 0;
            }
        }
    }

    @Command(name = "drain", description = "Lets a media server end what it has, and gives it nothing new.")
    static final class DrainMedia implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name = "";

        DrainMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            return change(root, name, "draining");
        }
    }

    @Command(name = "activate", description = "Gives a media server work again.")
    static final class ActivateMedia implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name = "";

        ActivateMedia(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            return change(root, name, "active");
        }
    }

    @Command(
            name = "remove",
            description = "Removes a media server: it is refused from now on, what it has stored stays.")
    static final class RemoveMedia implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name = "";

        RemoveMedia(RootCommand root) {
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
