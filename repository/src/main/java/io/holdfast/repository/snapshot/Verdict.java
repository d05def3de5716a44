package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.pack.PackId;
import io.holdfast.storage.ObjectName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What a collection may delete, put once.
 *
 * @param generation of the collection
 * @param packs to delete, ascending
 * @param roster all live snapshots of generations below this one, ascending
 * @param previous SHA-256 of the verdict with the newest roster before, so that rosters form a chain
 */
public record Verdict(int generation, List<PackId> packs, List<SnapshotId> roster, Optional<Bytes> previous) {
    public static final String PREFIX = "verdict/";
    private static final int HASH_BYTES = 32;

    public byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(previous.isPresent() ? 4 : 3).unsigned(0).unsigned(generation);
        packs(out.unsigned(1), packs);
        ids(out.unsigned(2), roster);
        previous.ifPresent(hash -> out.unsigned(3).bytes(hash.unsafeArray()));
        return out.toByteArray();
    }

    public static Verdict decode(ObjectName name, byte[] body) {
        CborReader in = new CborReader(body, name.value());
        int fields = in.map();
        in.field(0);
        int generation = in.unsigned(Integer.MAX_VALUE);
        in.field(1);
        List<PackId> packs = packs(in);
        in.field(2);
        List<SnapshotId> roster = ids(in);
        Optional<Bytes> previous = Optional.empty();
        if (fields == 4) {
            in.field(3);
            previous = Optional.of(Bytes.wrap(in.bytes(HASH_BYTES)));
        }
        in.finish();
        return new Verdict(generation, packs, roster, previous);
    }

    private static void packs(CborWriter out, Collection<PackId> packs) {
        out.array(packs.size());
        packs.forEach(pack -> out.text(pack.name().value()));
    }

    private static List<PackId> packs(CborReader in) {
        int count = in.array();
        List<PackId> packs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            packs.add(pack(in));
        }
        return packs;
    }

    /** Reads the name of a pack. */
    public static PackId pack(CborReader in) {
        String text = in.text();
        try {
            return PackId.of(ObjectName.of(text));
        } catch (IllegalArgumentException e) {
            throw in.damaged("'" + text + "', which is no pack,");
        }
    }

    /** Writes a list of ids. */
    public static void ids(CborWriter out, Collection<SnapshotId> ids) {
        out.array(ids.size());
        ids.forEach(id -> out.text(id.leaf()));
    }

    /** Reads a list of ids. */
    public static List<SnapshotId> ids(CborReader in) {
        int count = in.array();
        List<SnapshotId> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(SnapshotId.parse(in.text()));
        }
        return ids;
    }
}
