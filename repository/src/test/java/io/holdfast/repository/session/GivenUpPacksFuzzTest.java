package io.holdfast.repository.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Lists of given-up packs: a host that can only write reads what anybody may have put there. */
class GivenUpPacksFuzzTest extends ParserFuzz {
    private static final ObjectName NAME = ObjectName.of("givenup/test");

    GivenUpPacksFuzzTest() {
        super(16);
    }

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

    @Override
    protected void feed(int rounds) {
        new Mutations(List.of(GivenUpPacks.encode(List.of(pack(), pack())), GivenUpPacks.encode(List.of())), random)
                .feed(rounds, Set.of(ErrorCode.DAMAGED), input -> GivenUpPacks.decode(NAME, input));
    }
}
