package io.holdfast.repository.collect;

import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.ObjectName;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A collection in progress: the packs it wants to delete.
 *
 * @param id generation and random part of its name
 * @param candidates what may be deleted
 * @param marked the snapshots from which the first mark was made, ascending
 */
public record CondemnedList(SnapshotId id, List<Candidate> candidates, List<SnapshotId> marked) {
    public static final String PREFIX = "condemned/";
    public static final String WAITS_PREFIX = "waits/";

    /**
     * A pack that may be deleted.
     *
     * @param marked its chunks, by position in the table of contents, that the first mark reached
     */
    public record Candidate(PackId pack, BitSet marked) {}

    public int generation() {
        return id.generation();
    }

    public List<PackId> packs() {
        return candidates.stream().map(Candidate::pack).toList();
    }

    public ObjectName name() {
        return ObjectName.of(PREFIX + id.leaf());
    }

    public ObjectName waitsName() {
        return ObjectName.of(WAITS_PREFIX + id.leaf());
    }

    public ObjectName verdictName() {
        return ObjectName.of(Verdict.PREFIX + id.leaf());
    }

    public byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(3).unsigned(0).unsigned(generation()).unsigned(1).array(candidates.size());
        for (Candidate candidate : candidates) {
            out.array(2)
                    .text(candidate.pack().name().value())
                    .bytes(candidate.marked().toByteArray());
        }
        Verdict.ids(out.unsigned(2), marked);
        return out.toByteArray();
    }

    public static CondemnedList decode(SnapshotId id, byte[] body) {
        CborReader in = new CborReader(body, PREFIX + id.leaf());
        if (in.map() != 3 || in.unsigned(0) != 0 || in.unsigned(Integer.MAX_VALUE) != id.generation()) {
            throw in.damaged("another generation than in its name");
        }
        if (in.unsigned(Integer.MAX_VALUE) != 1) {
            throw in.damaged("another field where 1 belongs");
        }
        int count = in.array();
        List<Candidate> candidates = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            in.array(2);
            candidates.add(new Candidate(Verdict.pack(in), BitSet.valueOf(in.bytes())));
        }
        if (in.unsigned(Integer.MAX_VALUE) != 2) {
            throw in.damaged("another field where 2 belongs");
        }
        List<SnapshotId> marked = Verdict.ids(in);
        in.finish();
        return new CondemnedList(id, candidates, marked);
    }

    /** The body of a wait set. */
    static byte[] encodeWaits(List<SnapshotId> sessions) {
        CborWriter out = new CborWriter();
        Verdict.ids(out, sessions);
        return out.toByteArray();
    }

    static List<SnapshotId> decodeWaits(ObjectName name, byte[] body) {
        CborReader in = new CborReader(body, name.value());
        List<SnapshotId> sessions = Verdict.ids(in);
        in.finish();
        return sessions;
    }
}
