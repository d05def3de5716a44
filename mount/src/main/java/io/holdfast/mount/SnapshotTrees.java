package io.holdfast.mount;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a path in a mounted repository is. The top is either the tree of one snapshot, or {@code ids/ID} for each live snapshot and
 * {@code hosts/HOST/TIME} with links to them; which snapshots there are is looked up again when that is some seconds old. Directories used last are
 * kept, whichever snapshots they are in. Thread-safe.
 */
final class SnapshotTrees {
    static final String IDS = "ids";
    static final String HOSTS = "hosts";
    static final String LATEST = "latest";
    private static final int MAX_KEPT_ENTRIES = 50_000;
    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss'Z'").withZone(ZoneOffset.UTC);

    private final DirectoryReader directories;
    private final Supplier<List<Snapshot>> live;
    private final Optional<Node> only;
    private final MonotonicClock clock;
    private final LinkedHashMap<ChunkId, SequencedMap<String, TreeEntry>> kept = new LinkedHashMap<>(64, 0.75f, true);
    private final ConcurrentMap<ChunkId, TreeEntry> roots = new ConcurrentHashMap<>();
    private long keptEntries;
    private @Nullable Node top;
    private long topAtNanos;

    /**
     * @param only the snapshot whose tree is the top
     * @param live all live snapshots, in the order in which they were made
     */
    SnapshotTrees(ChunkSource pages, Optional<Snapshot> only, Supplier<List<Snapshot>> live, MonotonicClock clock) {
        this.directories = new DirectoryReader(pages);
        this.only = only.map(Node.Tree::new);
        this.live = live;
        this.clock = clock;
    }

    /**
     * What is at an absolute path.
     *
     * @throws io.holdfast.core.HoldfastException {@code DAMAGED} where a directory on the way cannot be read
     */
    Optional<Node> find(String path) {
        Optional<Node> at = Optional.of(top());
        for (String name : path.split("/")) {
            if (!name.isEmpty()) {
                at = at.flatMap(node -> child(node, name));
            }
        }
        return at;
    }

    /** What is in a directory; empty where it is none. */
    SequencedMap<String, Node> children(Node node) {
        if (node instanceof Node.Listing listing) {
            return listing.children();
        }
        SequencedMap<String, Node> children = new LinkedHashMap<>();
        entry(node)
                .flatMap(TreeEntry::directory)
                .map(this::entries)
                .ifPresent(all -> all.forEach((name, child) -> children.put(name, new Node.Entry(child))));
        return children;
    }

    /** What the snapshot says of it; empty for what is in none. */
    Optional<TreeEntry> entry(Node node) {
        return switch (node) {
            case Node.Listing ignored -> Optional.empty();
            case Node.Link ignored -> Optional.empty();
            case Node.Tree tree -> tree.snapshot().manifest().root().map(this::root);
            case Node.Entry entry -> Optional.of(entry.entry());
        };
    }

    private Optional<Node> child(Node node, String name) {
        if (node instanceof Node.Listing listing) {
            return Optional.ofNullable(listing.children().get(name));
        }
        return entry(node)
                .flatMap(TreeEntry::directory)
                .map(this::entries)
                .flatMap(all -> Optional.ofNullable(all.get(name)))
                .map(Node.Entry::new);
    }

    private TreeEntry root(PageRef page) {
        return roots.computeIfAbsent(page.id(), id -> directories.root(page));
    }

    private SequencedMap<String, TreeEntry> entries(PageRef directory) {
        synchronized (kept) {
            SequencedMap<String, TreeEntry> known = kept.get(directory.id());
            if (known != null) {
                return known;
            }
        }
        SequencedMap<String, TreeEntry> entries = new LinkedHashMap<>();
        for (Iterator<TreeEntry> read = directories.entries(Optional.of(directory)); read.hasNext(); ) {
            TreeEntry entry = read.next();
            String name = FileNames.text(entry.name());
            while (entries.containsKey(name)) {
                name += "~"; // Written out, two names can be the same.
            }
            entries.put(name, entry);
        }
        synchronized (kept) {
            if (kept.put(directory.id(), entries) == null) {
                keptEntries += entries.size();
            }
            for (Iterator<SequencedMap<String, TreeEntry>> eldest =
                            kept.values().iterator();
                    keptEntries > MAX_KEPT_ENTRIES && kept.size() > 1; ) {
                keptEntries -= eldest.next().size();
                eldest.remove();
            }
        }
        return entries;
    }

    private synchronized Node top() {
        if (only.isPresent()) {
            return only.get();
        }
        Node known = top;
        if (known == null || clock.nanoTime() - topAtNanos > FRESH.toNanos()) {
            known = list(live.get());
            top = known;
            topAtNanos = clock.nanoTime();
        }
        return known;
    }

    private Node list(List<Snapshot> snapshots) {
        SequencedMap<String, Node> ids = new LinkedHashMap<>();
        Map<String, SequencedMap<String, Node>> hosts = new TreeMap<>();
        Map<String, Timestamp> newest = new TreeMap<>();
        Timestamp last = Timestamp.ZERO;
        for (Snapshot snapshot : snapshots) {
            String id = snapshot.id().shortText();
            ids.put(id, new Node.Tree(snapshot));
            Timestamp started = snapshot.manifest().started();
            last = started;
            String host = snapshot.manifest().host().replace('/', '_');
            SequencedMap<String, Node> ofHost = hosts.computeIfAbsent(host, name -> new LinkedHashMap<>());
            Node link = new Node.Link("../../" + IDS + "/" + id, started);
            String time = TIME.format(Instant.ofEpochSecond(started.seconds()));
            ofHost.put(ofHost.containsKey(time) ? time + "_" + id : time, link);
            ofHost.remove(LATEST);
            ofHost.put(LATEST, link);
            newest.put(host, started);
        }
        SequencedMap<String, Node> listed = new LinkedHashMap<>();
        hosts.forEach((host, links) ->
                listed.put(host, new Node.Listing(links, newest.getOrDefault(host, Timestamp.ZERO))));
        SequencedMap<String, Node> all = new LinkedHashMap<>();
        all.put(IDS, new Node.Listing(ids, last));
        all.put(HOSTS, new Node.Listing(listed, last));
        return new Node.Listing(all, last);
    }
}
