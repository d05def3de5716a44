package io.holdfast.repository.collect;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.SeededRandom;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is in condemned lists and wait sets. */
class CollectionObjectsFuzzTest {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    private final SeededRandom random = new SeededRandom(25);

    @Test
    @Timeout(120)
    void refuseWhatNobodyWroteWithTheErrorsTheyDocument() {
        feed(Mutations.ROUNDS);
    }

    @Test
    @Tag("long")
    @Timeout(3_600)
    void refuseWhatNobodyWroteForLong() {
        feed(Mutations.LONG_ROUNDS);
    }

    private void feed(int rounds) {
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
