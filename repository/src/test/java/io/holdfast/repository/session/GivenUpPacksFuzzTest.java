package io.holdfast.repository.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.SeededRandom;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lists of given-up packs: a host that can only write reads what anybody may have put there. */
class GivenUpPacksFuzzTest {
    private static final ObjectName NAME = ObjectName.of("givenup/test");

    private final SeededRandom random = new SeededRandom(16);

    private PackId pack() {
        return new PackId(PackKind.DATA, Bytes.wrap(random.bytes(32)));
    }

    @Test
    void comeBackAsTheyWereWritten() {
        PackId one = pack();
        PackId other = pack();
        Set<PackId> packs = Set.of(one, other);
        assertThat(GivenUpPacks.decode(NAME, GivenUpPacks.encode(packs))).isEqualTo(packs);
    }

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
        new Mutations(List.of(GivenUpPacks.encode(List.of(pack(), pack())), GivenUpPacks.encode(List.of())), random)
                .feed(rounds, Set.of(ErrorCode.DAMAGED), input -> GivenUpPacks.decode(NAME, input));
    }
}
