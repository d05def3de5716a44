package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotListing;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.backup.ExcludeRules;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "find", description = "Finds files by name in all snapshots, from metadata alone.")
final class FindCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "PATTERN", description = "A name with * and ?, or a path, such as '*.conf' or '/etc/**'.")
    private String pattern = "";

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    FindCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ExcludeRules matcher = ExcludeRules.of(List.of(pattern));
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            long found = 0;
            boolean damaged = false;
            SnapshotListing listing = access.list();
            for (Snapshot snapshot : filter.select(listing.live())) {
                SnapshotTree tree = new SnapshotTree(access.chunks(snapshot), snapshot);
                try {
                    found += tree.root()
                            .map(top -> search(tree, snapshot, top, matcher))
                            .orElse(0L);
                } catch (HoldfastException e) {
                    if (e.code() != ErrorCode.DAMAGED) {
                        throw e;
                    }
                    damaged = true;
                    root.messages()
                            .warning(
                                    "snapshot " + snapshot.id().shortText(),
                                    e.getMessage() + "; the rest of it is left out");
                }
            }
            root.messages().tell(Formats.count(found, "match", "matches"));
            int code = filter.warnOfDamaged(root, listing);
            return damaged ? ErrorCode.DAMAGED.exitCode() : code;
        }
    }

    private long search(SnapshotTree tree, Snapshot snapshot, TreeEntry top, ExcludeRules matcher) {
        long[] found = {0};
        tree.walk(SnapshotTree.path("/"), top, (path, entry) -> {
            if (matcher.excludes(path)) {
                found[0]++;
                show(snapshot, path, entry);
            }
            return true;
        });
        return found[0];
    }

    private void show(Snapshot snapshot, Bytes path, TreeEntry entry) {
        root.messages()
                .print(snapshot.id().shortText() + "  " + Formats.local(entry.modified()) + "  "
                        + "%10s".formatted(Formats.size(entry.sizeBytes())) + "  " + Names.text(path));
        root.messages()
                .object(LsCommand.json("match", path, entry)
                        .with("snapshot", snapshot.id().text()));
    }
}
