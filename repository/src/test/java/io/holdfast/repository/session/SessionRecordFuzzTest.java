package io.holdfast.repository.session;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.SeededRandom;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What sessions say of themselves. */
class SessionRecordFuzzTest {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    private final SeededRandom random = new SeededRandom(21);

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
        records(rounds);
    }

    private void records(int rounds) {
        new Mutations(
                        List.of(new SessionRecord(
                                        ID,
                                        "host",
                                        4_711,
                                        "boot",
                                        "start",
                                        new Timestamp(-5, 7),
                                        "user",
                                        "backup /home")
                                .encode()),
                        random)
                .feed(rounds, DAMAGE, input -> SessionRecord.decode(ID, input));
    }

    private static final SnapshotId ID = new SnapshotId(5, Bytes.wrap(new byte[16]));
}
