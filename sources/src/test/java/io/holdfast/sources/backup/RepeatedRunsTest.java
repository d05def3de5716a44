package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.testkit.RandomTree;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Backups after a first one, and restores over what is there. */
@Timeout(120)
class RepeatedRunsTest extends RoundTrip {
    @Test
    void anUnchangedSecondBackupReadsNothingAndStoresNothing() throws IOException {
        SeededRandom random = new SeededRandom(5);
        new RandomTree(200, 5, 300_000).write(random, from);
        Files.write(from.resolve("large"), random.bytes(3 << 20));
        Files.createLink(from.resolve("large-too"), from.resolve("large"));
        BackupResult first = bench().backup(from);
        assertThat(files.takeOpened()).isNotEmpty();
        BackupResult second = bench().backup(from);
        assertThat(files.takeOpened()).isEmpty();
        SnapshotStatistics statistics = second.statistics();
        // The directories above may have changed, nothing else.
        assertThat(statistics.addedBytes()).isLessThan(2_000);
        assertThat(statistics.storedBytes()).isLessThan(3_000);
        assertThat(statistics.unchangedFiles()).isEqualTo(first.statistics().files());
        assertThat(statistics.bytes()).isEqualTo(first.statistics().bytes());
        assertThat(second.parent()).isEqualTo(first.snapshot());
        bench().restore(second, to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void readsOnlyWhatChangedAndStoresOnlyThat() throws IOException {
        for (int i = 0; i < 100; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(20_000));
        }
        bench().backup(from);
        files.takeOpened();
        Files.write(from.resolve("f50"), new SeededRandom(1_000).bytes(20_000));
        Files.delete(from.resolve("f51"));
        Files.move(from.resolve("f52"), from.resolve("moved"));
        BackupResult second = bench().backup(from);
        assertThat(files.takeOpened()).containsExactlyInAnyOrder("f50", "moved");
        assertThat(second.statistics().addedBytes()).isBetween(20_000L, 60_000L);
        assertThat(second.statistics().changedFiles()).isEqualTo(1);
        assertThat(second.statistics().newFiles()).isEqualTo(1);
        assertThat(second.statistics().unchangedFiles()).isEqualTo(97);
        bench().restore(second, to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void noticesAChangeThatKeepsSizeAndTime() throws IOException {
        Path file = Files.writeString(from.resolve("f"), "before");
        FileTime time = Files.getLastModifiedTime(file);
        bench().backup(from);
        Files.writeString(file, "after!");
        Files.setLastModifiedTime(file, time);
        bench().restore(bench().backup(from), to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void buildsOnAnyParentOrNone() throws IOException {
        new RandomTree(60, 4, 50_000).write(new SeededRandom(6), from);
        Path other = Files.createDirectory(home.resolve("other")).toRealPath();
        Files.write(other.resolve("f"), new byte[10]);
        BackupResult first = bench().backup(from);
        BackupResult elsewhere = bench().backup(other);
        for (Optional<SnapshotId> parent :
                List.of(Optional.<SnapshotId>empty(), first.snapshot(), elsewhere.snapshot())) {
            BackupRequest asked = bench().request(from);
            BackupResult next = bench().backup(new BackupRequest(
                    asked.paths(), asked.excludes(), false, false, List.of("tag"), "another-host", parent));
            assertThat(next.parent()).isEqualTo(parent);
            assertThat(next.statistics().files()).isEqualTo(first.statistics().files());
            assertThat(bench().snapshot(next).manifest().host()).isEqualTo("another-host");
            Path target = Files.createDirectory(
                    to.resolve(next.snapshot().orElseThrow().text()));
            bench().restore(next, target, Overwrite.NEVER);
            assertThat(describe(Workbench.below(target, from))).isEqualTo(describe(from));
        }
    }

    @Test
    void takesAForgottenParentForNone() throws IOException {
        Files.write(from.resolve("f"), new byte[10]);
        BackupResult first = bench().backup(from);
        BackupRequest request = bench().request(from);
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        assertThat(bench().backup(request).parent()).isEmpty();
    }

    @Test
    void restoresOverAnExistingTreeByTheAskedMode() throws IOException {
        SeededRandom random = new SeededRandom(7);
        byte[] large = random.bytes(400_000);
        Files.write(from.resolve("large"), large);
        Files.writeString(from.resolve("same"), "same");
        Files.writeString(from.resolve("touched"), "old text");
        Files.writeString(from.resolve("missing"), "missing");
        Files.createSymbolicLink(from.resolve("link"), Path.of("same"));
        Files.createDirectory(from.resolve("directory"));
        BackupResult result = bench().backup(from);
        Path there = Workbench.below(to, from);
        for (Overwrite overwrite : Overwrite.values()) {
            bench().restore(result, to, Overwrite.ALWAYS);
            large[200_000] ^= 1;
            Files.write(there.resolve("large"), large);
            large[200_000] ^= 1;
            FileTime time = Files.getLastModifiedTime(there.resolve("touched"));
            Files.writeString(there.resolve("touched"), "new text");
            Files.setLastModifiedTime(there.resolve("touched"), time);
            Files.delete(there.resolve("missing"));
            Files.delete(there.resolve("link"));
            Files.writeString(there.resolve("link"), "was a link");
            Files.delete(there.resolve("directory"));
            Files.writeString(there.resolve("directory"), "was a directory");
            RestoreResult restored = bench().restore(result, to, overwrite);
            switch (overwrite) {
                case NEVER -> {
                    assertThat(restored.writtenBytes()).isEqualTo(7);
                    assertThat(Files.readString(there.resolve("touched"))).isEqualTo("new text");
                    assertThat(Files.readString(there.resolve("link"))).isEqualTo("was a link");
                    assertThat(bench().takeTold()).hasSize(1).allMatch(line -> line.contains("directory"));
                    Files.delete(there.resolve("directory"));
                }
                case IF_CHANGED -> {
                    // One chunk of the large file, and the missing one; what looks the same is left alone.
                    assertThat(restored.writtenBytes()).isBetween(1_000L, 17_000L);
                    assertThat(Files.readString(there.resolve("touched"))).isEqualTo("new text");
                    assertThat(Files.readAllBytes(there.resolve("large"))).isEqualTo(large);
                    Files.writeString(there.resolve("touched"), "old text");
                    Files.setLastModifiedTime(there.resolve("touched"), time);
                    assertRestored();
                }
                case ALWAYS -> {
                    assertThat(restored.writtenBytes()).isBetween(1_000L, 17_000L);
                    assertRestored();
                }
            }
        }
    }

    @Test
    void writesNothingWhereTheTreeIsThereAlready() throws IOException {
        new RandomTree(100, 5, 100_000).write(new SeededRandom(8), from);
        Files.write(from.resolve("one"), new byte[100_000]);
        Files.createLink(from.resolve("two"), from.resolve("one"));
        BackupResult result = bench().backup(from);
        bench().restore(result, to, Overwrite.NEVER);
        for (Overwrite overwrite : Overwrite.values()) {
            RestoreResult again = bench().restore(result, to, overwrite);
            assertThat(again.writtenBytes()).as("%s", overwrite).isZero();
            assertThat(again.failed()).isZero();
            assertRestored();
        }
    }
}
