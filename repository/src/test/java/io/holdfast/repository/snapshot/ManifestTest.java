package io.holdfast.repository.snapshot;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ManifestTest {
    @Test
    void readsWhatItWrote() {
        SeededRandom.check(300, random -> {
            Manifest manifest = TestManifests.random(random);
            byte[] encoded = manifest.encode();
            assertThat(Manifest.decode(encoded, "test")).isEqualTo(manifest);
            for (int length = 0; length < encoded.length; length += 1 + random.nextInt(20)) {
                byte[] cut = Arrays.copyOf(encoded, length);
                assertThat(codeOf(() -> Manifest.decode(cut, "test"))).isEqualTo(ErrorCode.DAMAGED);
            }
            byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
            assertThat(codeOf(() -> Manifest.decode(longer, "test"))).isEqualTo(ErrorCode.DAMAGED);
        });
    }

    @Test
    void overlooksFieldsOfLaterVersions() {
        byte[] later = new CborWriter()
                .map(2)
                .unsigned(2)
                .text("host")
                .unsigned(99)
                .text("later")
                .toByteArray();
        assertThat(Manifest.decode(later, "test").host()).isEqualTo("host");
    }

    @Test
    void refusesNamesThatAreTwiceThere() {
        byte[] twice = new CborWriter()
                .map(1)
                .unsigned(9)
                .map(2)
                .unsigned(5)
                .text("a")
                .unsigned(5)
                .text("b")
                .toByteArray();
        assertThat(codeOf(() -> Manifest.decode(twice, "test"))).isEqualTo(ErrorCode.DAMAGED);
    }

    @Test
    void readsVerdictsItWrote() {
        SeededRandom.check(100, random -> {
            SnapshotId list = TestManifests.id(random);
            Verdict verdict = new Verdict(
                    list.generation(),
                    List.of(),
                    List.of(TestManifests.id(random), TestManifests.id(random)),
                    random.oneIn(2) ? Optional.empty() : Optional.of(Bytes.wrap(random.bytes(32))));
            byte[] encoded = verdict.encode();
            ObjectName name = ObjectName.of(Verdict.PREFIX + list.leaf());
            assertThat(Verdict.decode(name, encoded)).isEqualTo(verdict);
            for (int length = 0; length < encoded.length; length++) {
                byte[] cut = Arrays.copyOf(encoded, length);
                assertThat(codeOf(() -> Verdict.decode(name, cut))).isEqualTo(ErrorCode.DAMAGED);
            }
        });
    }

    @Test
    void readsIdsItWroteAndNoOthers() {
        SeededRandom.check(200, random -> {
            SnapshotId id = TestManifests.id(random);
            assertThat(SnapshotId.parse(id.leaf())).isEqualTo(id);
            String leaf = id.leaf();
            for (String other : List.of(
                    leaf.substring(1),
                    leaf + "0",
                    leaf.toUpperCase(Locale.ROOT) + "A",
                    leaf.replace('-', '_'),
                    "",
                    "f" + leaf)) {
                assertThat(codeOf(() -> SnapshotId.parse(other))).isEqualTo(ErrorCode.DAMAGED);
            }
        });
        assertThat(codeOf(() -> SnapshotId.parse("ffffffff-00112233445566778899aabbccddeeff")))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> SnapshotId.parse("-0000001-00112233445566778899aabbccddeeff")))
                .isEqualTo(ErrorCode.DAMAGED);
        assertThat(codeOf(() -> SnapshotId.parse("+0000001-00112233445566778899aabbccddeeff")))
                .isEqualTo(ErrorCode.DAMAGED);
    }
}
