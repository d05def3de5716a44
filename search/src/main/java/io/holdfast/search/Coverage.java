package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.tree.PageRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a segment says of itself.
 *
 * @param source whose snapshots these are
 * @param base the snapshot that it continues; empty in a full one
 * @param snapshots in order, at least one
 * @param entries how many paths it has
 * @param lastRoot the tree of the last snapshot, which may be forgotten by now; empty where it has none
 */
record Coverage(
        Source source,
        Optional<SnapshotId> base,
        List<SnapshotId> snapshots,
        long entries,
        Optional<PageRef> lastRoot) {
    private static final int MAX_PAGE_BYTES = 4 << 20;

    Coverage {
        snapshots = List.copyOf(snapshots);
    }

    boolean isFull() {
        return base.isEmpty();
    }

    SnapshotId last() {
        return snapshots.getLast();
    }

    byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(4 + (base.isPresent() ? 1 : 0) + (lastRoot.isPresent() ? 1 : 0));
        out.unsigned(0).text(source.host());
        out.unsigned(1).array(source.paths().size());
        source.paths().forEach(path -> out.bytes(path.unsafeArray()));
        out.unsigned(2).array(snapshots.size());
        snapshots.forEach(id -> out.text(id.leaf()));
        out.unsigned(3).unsigned(entries);
        base.ifPresent(id -> out.unsigned(4).text(id.leaf()));
        lastRoot.ifPresent(
                page -> out.unsigned(5).array(2).bytes(page.id().toByteArray()).unsigned(page.lengthBytes()));
        return out.toByteArray();
    }

    static Coverage decode(byte[] encoded, String what) {
        CborReader in = new CborReader(encoded, what);
        int fields = in.map();
        in.field(0);
        String host = in.text();
        in.field(1);
        List<Bytes> paths = new ArrayList<>();
        for (int left = in.array(); left > 0; left--) {
            paths.add(Bytes.wrap(in.bytes()));
        }
        in.field(2);
        List<SnapshotId> snapshots = new ArrayList<>();
        for (int left = in.array(); left > 0; left--) {
            snapshots.add(id(in));
        }
        if (snapshots.isEmpty() || new HashSet<>(snapshots).size() != snapshots.size()) {
            throw in.damaged("snapshots that are none, or twice the same");
        }
        in.field(3);
        long entries = in.unsigned();
        Optional<SnapshotId> base = Optional.empty();
        Optional<PageRef> lastRoot = Optional.empty();
        int key = 3;
        for (int left = fields - 4; left > 0; left--) {
            key = in.key(key);
            switch (key) {
                case 4 -> base = Optional.of(id(in));
                case 5 -> {
                    in.array(2);
                    ChunkId id = ChunkId.read(in.bytes(ChunkId.BYTES), 0);
                    lastRoot = Optional.of(new PageRef(id, in.unsigned(MAX_PAGE_BYTES)));
                }
                default -> throw in.damaged("another field");
            }
        }
        in.finish();
        return new Coverage(new Source(host, List.copyOf(paths)), base, snapshots, entries, lastRoot);
    }

    private static SnapshotId id(CborReader in) {
        return SnapshotId.find(in.text()).orElseThrow(() -> damaged(in));
    }

    private static HoldfastException damaged(CborReader in) {
        return in.damaged("a name that no snapshot has");
    }
}
