package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SearchApi.NameView;
import io.holdfast.repository.tree.Timestamp;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "search", description = "Finds files by name over all hosts and snapshots of a server.")
final class SearchCommand implements Callable<Integer> {
    private static final int PAGE = 200;

    private final RootCommand root;

    @Parameters(paramLabel = "NAME", description = "A part of a name, or a pattern such as '*.conf' or '/etc/**'.")
    private String question = "";

    @Option(names = "--host", paramLabel = "HOST", description = "Only on this host.")
    private @Nullable String host;

    @Option(names = "--limit", paramLabel = "N", description = "So many at most (default: 1000).")
    private long limit = 1_000;

    SearchCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (HttpCaller server = ServerAccess.open(root)) {
            Optional<String> from = Optional.empty();
            long shown = 0;
            do {
                NamePage page = server.get(query(from, Math.min(PAGE, limit - shown)), NamePage.class);
                page.items().forEach(this::show);
                shown += page.items().size();
                from = page.next();
            } while (from.isPresent() && shown < limit);
            root.messages().tell(Formats.count(shown, "name", "names") + (from.isPresent() ? "; there are more" : ""));
            return 0;
        }
    }

    private String query(Optional<String> from, long count) {
        return "/api/v1/search?q=" + ServerAccess.segment(question) + "&limit=" + count
                + (host == null ? "" : "&host=" + ServerAccess.segment(host))
                + from.map(start -> "&from=" + ServerAccess.segment(start)).orElse("");
    }

    private void show(NameView name) {
        String versions = Formats.count(name.versions(), "version", "versions") + (name.gone() ? ", gone" : "");
        root.messages()
                .print("%-16s  %s  %10s  %-20s  %s"
                        .formatted(
                                name.host(),
                                Formats.local(Timestamp.of(name.modified())),
                                Formats.size(name.sizeBytes()),
                                versions,
                                name.path()));
        root.messages()
                .object(JsonLine.of("name")
                        .with("host", name.host())
                        .with("source", name.source())
                        .with("path", name.path())
                        .with("kind", name.kind())
                        .with("size", name.sizeBytes())
                        .with("mtime", name.modified().toString())
                        .with("repository", name.repository())
                        .with("snapshot", name.snapshot())
                        .with("versions", name.versions())
                        .with("gone", name.gone()));
    }
}
