package io.holdfast.repository.collect;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** What is in condemned lists and wait sets. */
class CollectionObjectsFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    CollectionObjectsFuzzTest() {
        super(25);
    }

    @Override
    protected void feed(int rounds) {
        lists(rounds);
        waits(rounds);
    }

    private void lists(int rounds) {
        new Mutations(
                        List.of(
                                new CondemnedList(ID, List.of(candidate(), candidate()), List.of(ID)).encode(),
                                new CondemnedList(ID, List.of(), List.of()).encode()),
                        random)
                .feed(rounds, DAMAGE, input -> CondemnedList.decode(ID, input));
    }

    private void waits(int rounds) {
        new Mutations(List.of(CondemnedList.encodeWaits(List.of(ID, ID))), random)
                .feed(rounds, DAMAGE, input -> CondemnedList.decodeWaits(ObjectName.of("waits/test"), input));
    }

    private static final SnapshotId ID = new SnapshotId(5, Bytes.wrap(new byte[16]));

    private CondemnedList.Candidate candidate() {
        return new CondemnedList.Candidate(
                new PackId(PackKind.DATA, Bytes.wrap(random.bytes(32))), BitSet.valueOf(random.bytes(9)));
    }
}
