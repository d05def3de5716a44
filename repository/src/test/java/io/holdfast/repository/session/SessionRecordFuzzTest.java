package io.holdfast.repository.session;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.util.List;
import java.util.Set;

/** What sessions say of themselves. */
class SessionRecordFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    SessionRecordFuzzTest() {
        super(21);
    }

    @Override
    protected void feed(int rounds) {
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
