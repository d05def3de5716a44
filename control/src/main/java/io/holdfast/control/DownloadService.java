package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.control.RepositoryDesk.OpenSnapshot;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.NameText;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Gives files of snapshots to whoever may restore them, straight through the server. What breaks off on the way ends without its end, so that nothing takes it for whole. Browsers keep it and
 * never show it. Thread-safe.
 */
public final class DownloadService {
    private static final int MOST_OF_ONE = 8;
    private static final int MOST_PATHS = 10_000;
    private static final int PATHS_TOLD = 100;
    private static final int GATHERED_BYTES = 64 << 10;

    private final Catalog catalog;
    private final SnapshotService snapshots;
    private final BrowseService browse;
    private final Audit audit;
    private final Map<String, Integer> running = new ConcurrentHashMap<>();

    DownloadService(Catalog catalog, SnapshotService snapshots, BrowseService browse, Audit audit) {
        this.catalog = catalog;
        this.snapshots = snapshots;
        this.browse = browse;
        this.audit = audit;
    }

    /** Does it as one of the few that somebody may have at a time. */
    private void counted(Principal principal, Transfer transfer) throws IOException {
        int now = running.merge(principal.name(), 1, Integer::sum);
        try {
            if (now > MOST_OF_ONE) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        MOST_OF_ONE + " downloads are running in this name",
                        "Wait for one of them, or choose several files for one archive.");
            }
            transfer.run();
        } finally {
            running.computeIfPresent(principal.name(), (name, count) -> count > 1 ? count - 1 : null);
        }
    }

    @FunctionalInterface
    private interface Transfer {
        void run() throws IOException;
    }

    /** Answers with one file as it is. */
    public void file(Principal principal, String id, String path, Exchange exchange) throws IOException {
        principal.require(Permission.RESTORE);
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        List<Bytes> names = TreePaths.names(path);
        counted(principal, () -> {
            try (OpenSnapshot open = browse.open(snapshot)) {
                BrowsedTree tree = new BrowsedTree(open.snapshot(), open.chunks());
                TreeEntry entry = found(tree, names, path);
                if (entry.type() != EntryType.FILE) {
                    throw HttpProblem.badRequest("'" + path + "' is no file; a directory can be had as an archive");
                }
                note(principal, snapshot, List.of(path), "file");
                headers(exchange, NameText.of(entry.name()));
                exchange.header("Content-Length", Long.toString(entry.sizeBytes()));
                CutOutput out = new CutOutput(exchange.answerStream(200, "application/octet-stream"));
                if (!exchange.method().equals("HEAD")) {
                    FileContent.write(tree.chunks(), entry, out);
                    out.whole();
                    out.close();
                }
            }
        });
    }

    /**
     * Answers with an archive of files and directories, each with the path that it has in the snapshot.
     *
     * @param paths none for all
     */
    public void archive(Principal principal, String id, List<String> paths, ArchiveFormat format, Exchange exchange)
            throws IOException {
        principal.require(Permission.RESTORE);
        if (paths.size() > MOST_PATHS) {
            throw HttpProblem.badRequest("more than " + MOST_PATHS + " paths");
        }
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        List<List<Bytes>> wanted =
                outermost(paths.stream().map(TreePaths::names).toList());
        counted(principal, () -> {
            try (OpenSnapshot open = browse.open(snapshot)) {
                BrowsedTree tree = new BrowsedTree(open.snapshot(), open.chunks());
                List<TreeEntry> entries = new ArrayList<>();
                for (List<Bytes> names : wanted) {
                    entries.add(found(tree, names, NameText.of(TreePaths.of(names))));
                }
                note(principal, snapshot, paths, format.word());
                headers(exchange, name(snapshot, wanted) + format.suffix());
                CutOutput out = new CutOutput(gathered(exchange.answerStream(200, format.contentType())));
                if (!exchange.method().equals("HEAD")) {
                    write(ArchiveWriter.of(format, tree, out), tree, wanted, entries, out);
                }
            }
        });
    }

    private static void write(
            ArchiveWriter archive, BrowsedTree tree, List<List<Bytes>> wanted, List<TreeEntry> entries, CutOutput out)
            throws IOException {
        try {
            for (int i = 0; i < wanted.size(); i++) {
                add(archive, tree, TreePaths.of(wanted.get(i)), entries.get(i));
            }
            out.whole();
        } catch (UncheckedIOException e) {
            out.cut();
            throw e.getCause();
        } catch (IOException | RuntimeException | Error e) {
            out.cut();
            throw e;
        } finally {
            archive.close();
        }
    }

    private static void add(ArchiveWriter archive, BrowsedTree tree, Bytes path, TreeEntry entry) throws IOException {
        if (path.length() > 1) {
            archive.add(relative(path), entry);
        }
        if (entry.type() == EntryType.DIRECTORY) {
            boolean ignored = tree.walk(path, entry, List.of(), (below, each) -> {
                try {
                    archive.add(relative(below), each);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return true;
            });
        }
    }

    /** Archives come in small pieces, each of which would be a record of TLS by itself. */
    private static OutputStream gathered(OutputStream out) {
        return new BufferedOutputStream(out, GATHERED_BYTES);
    }

    private static Bytes relative(Bytes path) {
        return Bytes.copyOf(path.unsafeArray(), 1, path.length() - 1);
    }

    /** Without those that lie in another one of them; of none, all. */
    private static List<List<Bytes>> outermost(List<List<Bytes>> paths) {
        if (paths.isEmpty()) {
            return List.of(List.of());
        }
        List<List<Bytes>> sorted = paths.stream()
                .distinct()
                .sorted((a, b) -> TreePaths.of(a).compareTo(TreePaths.of(b)))
                .toList();
        Set<List<Bytes>> all = new HashSet<>(sorted);
        return sorted.stream()
                .filter(path ->
                        IntStream.range(0, path.size()).noneMatch(length -> all.contains(path.subList(0, length))))
                .toList();
    }

    private static TreeEntry found(BrowsedTree tree, List<Bytes> names, String path) {
        Optional<TreeEntry> entry = tree.find(names);
        return entry.orElseThrow(() -> HttpProblem.notFound("'" + path + "' is not in the snapshot"));
    }

    private void note(Principal principal, SnapshotEntry snapshot, List<String> paths, String format) {
        catalog.transaction(() -> audit.write(
                principal,
                "snapshot.download",
                SnapshotService.shortened(snapshot.facts().id()),
                Map.of(
                        "host",
                        snapshot.facts().hostName(),
                        "source",
                        snapshot.facts().source(),
                        "format",
                        format,
                        "paths",
                        paths.stream().limit(PATHS_TOLD).toList(),
                        "count",
                        paths.size())));
    }

    /** Of one directory its name; of several things that of their host. */
    private static String name(SnapshotEntry snapshot, List<List<Bytes>> wanted) {
        boolean isOne = wanted.size() == 1 && !wanted.getFirst().isEmpty();
        return isOne
                ? NameText.of(wanted.getFirst().getLast())
                : snapshot.facts().hostName() + "-"
                        + snapshot.facts().started().toString().substring(0, 10);
    }

    /** A browser keeps it under this name (RFC 6266), and shows none of it. */
    private static void headers(Exchange exchange, String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._ -]", "_");
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
        exchange.header("Content-Disposition", "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded);
        exchange.header("Content-Security-Policy", "default-src 'none'; sandbox");
        exchange.header("X-Content-Type-Options", "nosniff");
    }
}
