package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** What is in manifests, verdicts and removals, once it is decrypted. */
class SnapshotObjectsFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    SnapshotObjectsFuzzTest() {
        super(23);
    }

    @Override
    protected void feed(int rounds) {
        manifests(rounds);
        verdicts(rounds);
        removals(rounds);
    }

    private void manifests(int rounds) {
        new Mutations(
                        IntStream.range(0, 20)
                                .mapToObj(i -> TestManifests.random(random).encode())
                                .toList(),
                        random)
                .feed(rounds, DAMAGE, input -> Manifest.decode(input, "test"));
    }

    private void verdicts(int rounds) {
        new Mutations(
                        List.of(
                                new Verdict(
                                                7,
                                                List.of(pack(), pack()),
                                                ids(3),
                                                Optional.of(Bytes.wrap(random.bytes(32))))
                                        .encode(),
                                new Verdict(1, List.of(), ids(1), Optional.empty()).encode()),
                        random)
                .feed(rounds, DAMAGE, input -> Verdict.decode(ObjectName.of("verdict/test"), input));
    }

    private void removals(int rounds) {
        new Mutations(List.of(removal(0), removal(3)), random)
                .feed(rounds, DAMAGE, input -> Removals.decode(ObjectName.of("removals/00000001"), input));
    }

    private PackId pack() {
        return new PackId(random.oneIn(2) ? PackKind.DATA : PackKind.META, Bytes.wrap(random.bytes(32)));
    }

    private List<SnapshotId> ids(int count) {
        return IntStream.range(0, count).mapToObj(i -> TestManifests.id(random)).toList();
    }

    private byte[] removal(int count) {
        CborWriter out = new CborWriter();
        Verdict.ids(out.map(1).unsigned(0), ids(count));
        return out.toByteArray();
    }
}
