package io.holdfast.repository.collect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class YoungGarbageTest {
    @TempDir
    Path directory;

    private final SeededRandom random = new SeededRandom(4);
    private final PackId first = pack();
    private final PackId second = pack();
    private final SnapshotId old = session();
    private final SnapshotId later = session();

    private PackId pack() {
        return new PackId(PackKind.DATA, Bytes.wrap(random.bytes(32)));
    }

    private static SnapshotId session() {
        return SnapshotId.generate(3, new SecureRandom());
    }

    private YoungGarbage open() {
        return new YoungGarbage(directory.resolve("sub/young"));
    }

    @Test
    void sparesWhatWasFirstSeenBesideSomebodyWhoIsStillAtWork() {
        YoungGarbage run = open();
        assertThat(run.spare(List.of(first), List.of(old))).containsExactly(first);
        run.keep();

        run = open();
        assertThat(run.spare(List.of(first, second), List.of(old, later))).containsExactlyInAnyOrder(first, second);
        run.keep();

        run = open();
        assertThat(run.spare(List.of(first, second), List.of(later)))
                .as("the later one had not begun when the first pack was seen")
                .containsExactly(second);
        run.keep();

        assertThat(open().spare(List.of(second), List.of())).isEmpty();
    }

    @Test
    void withNobodyAtWorkNothingIsYoung() {
        YoungGarbage run = open();
        assertThat(run.spare(List.of(first, second), List.of())).isEmpty();
        run.keep();
        assertThat(directory.resolve("sub/young")).doesNotExist();
    }

    @Test
    void aDamagedFileIsAsGoodAsNone() throws IOException {
        Path file = directory.resolve("sub/young");
        YoungGarbage run = open();
        run.spare(List.of(first, second), List.of(old));
        run.keep();
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at += 7) {
            byte[] damaged = whole.clone();
            damaged[at] = (byte) random.nextInt(256);
            Files.write(file, damaged);
            assertThat(open().spare(List.of(first, second), List.of(later)).size())
                    .isBetween(0, 2);
        }
        Files.write(file, random.bytes(5_000));
        assertThat(open().spare(List.of(first), List.of(later))).containsExactly(first);
    }
}
