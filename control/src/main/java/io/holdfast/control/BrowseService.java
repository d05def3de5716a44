package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.SnapshotEntry;
import io.holdfast.catalog.SnapshotFacts;
import io.holdfast.catalog.Snapshots;
import io.holdfast.control.RepositoryDesk.OpenSnapshot;
import io.holdfast.core.Bytes;
import io.holdfast.core.NameText;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.SnapshotApi.SnapshotView;
import io.holdfast.protocol.api.TreeApi.Difference;
import io.holdfast.protocol.api.TreeApi.DifferenceList;
import io.holdfast.protocol.api.TreeApi.EntryView;
import io.holdfast.protocol.api.TreeApi.MatchPage;
import io.holdfast.protocol.api.TreeApi.TreePage;
import io.holdfast.protocol.api.TreeApi.Version;
import io.holdfast.protocol.api.TreeApi.VersionPage;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks into snapshots, page by page: no answer grows with what is in them. That somebody has looked is noted once a day, person and snapshot ({@code snapshot.read}).
 * Thread-safe.
 */
public final class BrowseService {
    private static final int MATCHES = 200;
    private static final int LOOKED_AT = 100_000;
    private static final int DIFFERENCES = 1_000;
    private static final int VERSIONS_LOOKED_AT = 50;

    private final Catalog catalog;
    private final SnapshotService snapshots;
    private final RepositoryDesk desk;

    BrowseService(Catalog catalog, SnapshotService snapshots, RepositoryDesk desk) {
        this.catalog = catalog;
        this.snapshots = snapshots;
        this.desk = desk;
    }

    OpenSnapshot open(SnapshotEntry entry) {
        String repositoryId = catalog.repositories()
                .named(entry.repository())
                .map(RepositoryEntry::repositoryId)
                .orElseThrow(
                        () -> HttpProblem.notFound("there is no repository '" + entry.repository() + "' any more"));
        return desk.browse(repositoryId, entry.facts().id());
    }

    private static HttpProblem missing(String path, SnapshotEntry entry) {
        return HttpProblem.notFound("'" + path + "' is not in snapshot "
                + SnapshotService.shortened(entry.facts().id()));
    }

    /**
     * A directory, or the one entry that a path names.
     *
     * @param path absolute, as {@link EntryView} has it
     * @param after the name with which the page before ended; empty for the first page
     */
    public TreePage list(Principal principal, String id, String path, String after, int limit) {
        return list(
                principal,
                id,
                path,
                limit,
                (tree, directory) ->
                        after.isEmpty() ? tree.entries(directory) : tree.after(directory, NameText.parse(after)));
    }

    /**
     * The same from a name on.
     *
     * @param name the first name that is told, or the next behind it
     */
    public TreePage listFrom(Principal principal, String id, String path, String name, int limit) {
        return list(principal, id, path, limit, (tree, directory) -> tree.from(directory, NameText.parse(name)));
    }

    @FunctionalInterface
    private interface Start {
        Iterator<TreeEntry> of(BrowsedTree tree, Optional<PageRef> directory);
    }

    private TreePage list(Principal principal, String id, String path, int limit, Start start) {
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        try (OpenSnapshot open = open(snapshot)) {
            BrowsedTree tree = new BrowsedTree(open.snapshot(), open.chunks());
            List<Bytes> names = TreePaths.names(path);
            TreeEntry entry = tree.find(names).orElseThrow(() -> missing(path, snapshot));
            Bytes at = TreePaths.of(names);
            List<EntryView> items = new ArrayList<>();
            Iterator<TreeEntry> entries = start.of(tree, entry.directory());
            while (items.size() < limit && entries.hasNext()) {
                TreeEntry each = entries.next();
                items.add(tree.view(TreePaths.join(at, each.name()), each));
            }
            Optional<String> next =
                    entries.hasNext() ? Optional.of(items.getLast().name()) : Optional.empty();
            snapshots.noteLook(principal, snapshot);
            return new TreePage(tree.view(at, entry), items, next);
        }
    }

    /**
     * Looks for names in a snapshot.
     *
     * @param after the path with which the page before ended; empty for the first page
     */
    public MatchPage find(Principal principal, String id, String pattern, String after) {
        NamePattern wanted = NamePattern.of(pattern);
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        try (OpenSnapshot open = open(snapshot)) {
            BrowsedTree tree = new BrowsedTree(open.snapshot(), open.chunks());
            Search search = new Search(tree, wanted);
            List<Bytes> done = after.isEmpty() ? List.of() : TreePaths.names(after);
            boolean all = tree.root()
                    .map(top -> tree.walk(TreePaths.ROOT, top, done, search::visit))
                    .orElse(true);
            snapshots.noteLook(principal, snapshot);
            return new MatchPage(
                    search.found, search.looked, all ? Optional.empty() : Optional.of(NameText.of(search.last)));
        }
    }

    private static final class Search {
        private final BrowsedTree tree;
        private final NamePattern wanted;
        private final List<EntryView> found = new ArrayList<>();
        private Bytes last = TreePaths.ROOT;
        private long looked;

        Search(BrowsedTree tree, NamePattern wanted) {
            this.tree = tree;
            this.wanted = wanted;
        }

        boolean visit(Bytes path, TreeEntry entry) {
            if (wanted.test(path)) {
                found.add(tree.view(path, entry));
            }
            last = path;
            looked++;
            return found.size() < MATCHES && looked < LOOKED_AT;
        }
    }

    /** The snapshot of the same host and source that the server learned of before this one. */
    public Optional<SnapshotView> previous(Principal principal, String id) {
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        return older(snapshot, snapshot.sequence(), 1).stream()
                .findFirst()
                .map(entry -> SnapshotService.view(entry, Map.of()));
    }

    private List<SnapshotEntry> older(SnapshotEntry snapshot, long before, int most) {
        SnapshotFacts facts = snapshot.facts();
        return catalog
                .snapshots()
                .page(
                        new Snapshots.Filter(snapshot.repository(), facts.host(), facts.source(), "", "", null, null),
                        before,
                        most)
                .stream()
                // Of a host that was removed, only the name is left.
                .filter(entry -> entry.facts().hostName().equals(facts.hostName())
                        && entry.facts().isReadable())
                .toList();
    }

    /** What differs between two snapshots. */
    public DifferenceList diff(Principal principal, String from, String to) {
        SnapshotEntry older = snapshots.findReadable(principal, from);
        SnapshotEntry newer = snapshots.findReadable(principal, to);
        try (OpenSnapshot a = open(older);
                OpenSnapshot b = open(newer)) {
            List<Difference> found = new TreeDifference(
                            new BrowsedTree(a.snapshot(), a.chunks()),
                            new BrowsedTree(b.snapshot(), b.chunks()),
                            DIFFERENCES)
                    .compare();
            snapshots.noteLook(principal, older);
            snapshots.noteLook(principal, newer);
            return new DifferenceList(
                    SnapshotService.shortened(older.facts().id()),
                    SnapshotService.shortened(newer.facts().id()),
                    found.stream().limit(DIFFERENCES).toList(),
                    found.size() > DIFFERENCES);
        }
    }

    /**
     * The snapshots of the same host and source in which a path is not what it was in the one before, newest first.
     *
     * @param before where the page before ended; empty for the newest
     */
    public VersionPage versions(Principal principal, String id, String path, String before) {
        SnapshotEntry snapshot = snapshots.findReadable(principal, id);
        List<Bytes> names = TreePaths.names(path);
        long from = before.isEmpty() ? Long.MAX_VALUE : SnapshotService.sequence(before);
        List<SnapshotEntry> page = older(snapshot, from, VERSIONS_LOOKED_AT + 1);
        Lookup lookup = new Lookup(names);
        List<Version> versions = new ArrayList<>();
        for (int i = 0; i < Math.min(page.size(), VERSIONS_LOOKED_AT); i++) {
            SnapshotEntry here = page.get(i);
            Optional<EntryView> entry = lookup.view(here);
            boolean isFirst = i + 1 == page.size();
            if (isFirst ? entry.isPresent() : !lookup.isSame(here, page.get(i + 1))) {
                versions.add(new Version(
                        SnapshotService.shortened(here.facts().id()),
                        here.facts().started(),
                        entry));
            }
        }
        snapshots.noteLook(principal, snapshot);
        return new VersionPage(
                versions,
                page.size() > VERSIONS_LOOKED_AT
                        ? Optional.of(
                                Long.toString(page.get(VERSIONS_LOOKED_AT - 1).sequence()))
                        : Optional.empty());
    }

    /** One path in many snapshots. Pages that they have in common are read once. */
    private final class Lookup {
        private final List<Bytes> names;
        private final Map<PageRef, Map<Integer, Optional<TreeEntry>>> known = new HashMap<>();
        private final Map<SnapshotEntry, Optional<TreeEntry>> found = new HashMap<>();
        private final Map<SnapshotEntry, Optional<EntryView>> views = new HashMap<>();

        Lookup(List<Bytes> names) {
            this.names = names;
        }

        Optional<TreeEntry> of(SnapshotEntry snapshot) {
            Optional<TreeEntry> entry = found.get(snapshot);
            if (entry == null) {
                try (OpenSnapshot open = open(snapshot)) {
                    BrowsedTree tree = new BrowsedTree(open.snapshot(), open.chunks());
                    entry = tree.root();
                    for (int depth = 0; depth < names.size(); depth++) {
                        entry = step(tree, entry, depth);
                    }
                    found.put(snapshot, entry);
                    views.put(snapshot, entry.map(there -> tree.view(TreePaths.of(names), there)));
                }
            }
            return entry;
        }

        private Optional<TreeEntry> step(BrowsedTree tree, Optional<TreeEntry> at, int depth) {
            Optional<PageRef> directory =
                    at.filter(entry -> entry.type() == EntryType.DIRECTORY).flatMap(TreeEntry::directory);
            return directory.isEmpty()
                    ? Optional.empty()
                    : known.computeIfAbsent(directory.get(), page -> new HashMap<>())
                            .computeIfAbsent(depth, level -> tree.find(directory, names.get(level)));
        }

        Optional<EntryView> view(SnapshotEntry snapshot) {
            return of(snapshot).isPresent() ? views.getOrDefault(snapshot, Optional.empty()) : Optional.empty();
        }

        boolean isSame(SnapshotEntry a, SnapshotEntry b) {
            Optional<TreeEntry> here = of(a);
            Optional<TreeEntry> there = of(b);
            return here.isEmpty() || there.isEmpty()
                    ? here.isEmpty() && there.isEmpty()
                    : here.get().type() == there.get().type()
                            && here.get().directory().equals(there.get().directory())
                            && TreeDifference.hasSameContent(here.get(), there.get());
        }
    }
}
