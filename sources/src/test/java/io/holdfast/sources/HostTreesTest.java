package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sources.backup.BackupRequest;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.LoopFileSystem;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.fixture.WriteOnlyHost;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a host that can only write keeps of its last backup, and reads no more. */
@Timeout(120)
final class HostTreesTest extends WriteOnlyHost {
    /** It cannot read its last snapshot, and goes by the tree of it that it keeps. */
    @Test
    void readsOnlyWhatHasChanged() throws IOException {
        Files.write(from.resolve("large"), random.bytes(400_000));
        assertThat(add().statistics().unchangedFiles()).isZero();
        assertThat(files.takeOpened()).containsExactlyInAnyOrder("f", "g", "large");
        assertThat(add().statistics().unchangedFiles()).isEqualTo(3);
        assertThat(files.takeOpened()).isEmpty();
        Files.write(from.resolve("g"), random.bytes(50_000));
        Files.delete(from.resolve("d/f"));
        BackupResult third = add();
        assertThat(files.takeOpened())
                .as("the chunk list of a large file was kept twice")
                .containsExactly("g");
        assertThat(third.statistics().unchangedFiles()).isEqualTo(1);
        assertThat(third.statistics().changedFiles()).isEqualTo(1);
        assertThat(content(third)).isEqualTo(SnapshotContent.of(from));

        try (Workbench bench = asHost(store.anotherClient(), host, "host-cache")) {
            BackupRequest usual = bench.request(from);
            BackupResult all = bench.backup(new BackupRequest(
                    usual.paths(), usual.excludes(), false, false, List.of(), usual.host(), usual.parent(), true));
            assertThat(all.statistics().unchangedFiles()).isZero();
            assertThat(files.takeOpened()).containsExactlyInAnyOrder("g", "large");
            assertThat(bench.backup(usual).statistics().unchangedFiles()).isEqualTo(2);
            assertThat(files.takeOpened()).isEmpty();
            assertThat(bench.backup(from.resolve("large")).statistics().newFiles())
                    .as("another source")
                    .isEqualTo(1);
        }
        assertThat(damages()).isZero();
    }

    @Test
    void readsAgainWhatIsNotThereAnyMore() throws IOException {
        BackupResult first = add();
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        collect();
        collect();
        assertThat(store.names("packs/")).isEmpty();

        files.takeOpened();
        BackupResult second = add();

        assertThat(files.takeOpened()).containsExactlyInAnyOrder("f", "g");
        assertThat(content(second)).isEqualTo(SnapshotContent.of(from));
        assertThat(damages()).isZero();
    }

    @Test
    void aDamagedTreeOnItsDiskCostsReadingAlone() throws IOException {
        add();
        Path kept;
        Path trees;
        try (Workbench bench = asHost(store.anotherClient(), host, "host-cache")) {
            trees = bench.repository().keptTrees();
        }
        try (Stream<Path> files = Files.list(trees)) {
            kept = files.findFirst().orElseThrow();
        }
        byte[] whole = Files.readAllBytes(kept);
        for (int at = 0; at < whole.length; at += 1 + whole.length / 40) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 1;
            for (byte[] damaged : List.of(flipped, Arrays.copyOf(whole, at))) {
                Files.write(kept, damaged);
                BackupResult added = add();
                assertThat(content(added)).isEqualTo(SnapshotContent.of(from));
                assertThat(added.statistics().addedBytes()).isZero();
            }
        }
        files.takeOpened();
        assertThat(add().statistics().unchangedFiles()).isEqualTo(2);
        assertThat(files.takeOpened()).isEmpty();
    }

    /** Else it would take the place of the index, without which everything is sent again. */
    @Test
    @Tag("root")
    void theTreeGivesWayWhereItsDiskIsSmall() throws IOException {
        try (LoopFileSystem small = LoopFileSystem.create(LoopFileSystem.Kind.TMPFS)) {
            Path caches = small.makeDirectory("caches");
            assertThat(addFrom(caches).statistics().addedBytes()).isGreaterThan(150_000);
            assertThat(addFrom(caches).statistics().unchangedFiles()).isEqualTo(2);
            Path hog = small.mountPoint().resolve("hog");
            byte[] megabyte = new byte[1 << 20];
            try (OutputStream out = Files.newOutputStream(hog)) {
                while (Files.getFileStore(hog).getUsableSpace() > 2L * megabyte.length) {
                    out.write(megabyte);
                }
            }
            files.takeOpened();
            assertThat(addFrom(caches).statistics().addedBytes()).isZero();
            assertThat(files.takeOpened()).as("its tree was there still").isEmpty();

            BackupResult without = addFrom(caches);

            assertThat(files.takeOpened()).hasSize(2);
            assertThat(without.statistics().addedBytes()).isZero();
            Files.delete(hog);
            addFrom(caches);
            files.takeOpened();
            addFrom(caches);
            assertThat(files.takeOpened()).isEmpty();
        }
    }

    private BackupResult addFrom(Path caches) {
        try (Workbench bench =
                Workbench.openFor(recipient(), host, store.anotherClient(), Workbench.small(caches), files)) {
            return bench.backup(from);
        }
    }
}
