package io.holdfast.agent.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.RandomTree;
import io.holdfast.testkit.SeededRandom;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MediaBackupTest {
    @TempDir
    private Path directory;

    private MediaLab lab;
    private MediaLab.Host host;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        lab = new MediaLab(new MemoryStore(), directory, true);
        host = lab.host("loom");
        source = Files.createDirectory(directory.resolve("source"));
    }

    @AfterEach
    void stop() {
        lab.close();
        assertThat(lab.defects()).isEmpty();
    }

    /** Once from the repository, once through the media server, both the same. */
    private Path restored(BackupResult result) throws Exception {
        SnapshotId id = result.snapshot().orElseThrow();
        Path direct = Files.createTempDirectory(directory, "direct");
        new FileRestore(
                        lab.repository(),
                        HostFiles.ofThisSystem(),
                        lab.snapshot(id),
                        request(direct),
                        new RestoreListener() {})
                .run();
        Path target = Files.createTempDirectory(directory, "restored");
        MediaSnapshot through = MediaSnapshot.open(host.calls(), host.job(List.of(), id), id.leaf(), host.settings());
        RestoreResult restored = new FileRestore(
                        through,
                        HostFiles.ofThisSystem(),
                        through.snapshot(),
                        request(target),
                        new RestoreListener() {})
                .run();
        assertThat(restored.failed()).isZero();
        Path below = target.resolve(Path.of("/").relativize(source));
        assertThat(TreeText.of(below))
                .isEqualTo(TreeText.of(direct.resolve(Path.of("/").relativize(source))));
        return below;
    }

    private static RestoreRequest request(Path target) {
        ExcludeRules none = ExcludeRules.of(List.of());
        return new RestoreRequest(
                List.of(), none, none, MediaLab.bytes(target), RestoreRequest.Overwrite.ALWAYS, false);
    }

    @Test
    void whatWasSentIsWhatIsRestored() throws Exception {
        SeededRandom.check(3, random -> {
            new RandomTree(200, 5, 300_000).write(random, source);
            Files.write(source.resolve("large" + random.nextInt(1000)), random.bytes(9 << 20));
            Files.write(source.resolve("many" + random.nextInt(1000)), random.compressibleBytes(3 << 20));
            BackupResult result = host.backup(source);
            assertThat(TreeText.of(restored(result))).isEqualTo(TreeText.of(source));
        });
        Snapshot last = lab.repository().snapshots().live().getLast();
        assertThat(last.manifest().host()).isEqualTo("loom");
        assertThat(last.manifest().paths()).containsExactly(MediaLab.bytes(source));
        assertThat(last.manifest().parent()).isPresent();
    }

    @Test
    void anUnchangedTreeSendsNoContentAndReadsNothing() throws Exception {
        SeededRandom random = new SeededRandom(11);
        new RandomTree(300, 5, 100_000).write(random, source);
        BackupResult first = host.backup(source);
        assertThat(lab.desk().taken(first.snapshot().orElseThrow()).sentBytes()).isPositive();
        lab.requests().clear();
        BackupResult second = host.backup(source);
        assertThat(second.statistics().changedFiles() + second.statistics().newFiles())
                .isZero();
        // The entry of the root and the way to the source: /tmp changes beside it.
        assertThat(second.statistics().addedBytes()).isLessThan(20_000);
        assertThat(lab.requests()).noneMatch(request -> request.contains("reads"));
        assertThat(TreeText.of(restored(second))).isEqualTo(TreeText.of(source));
    }

    @Test
    void aHostThatLostItsCacheReadsTheTreeThroughTheMediaServer() throws Exception {
        SeededRandom random = new SeededRandom(12);
        new RandomTree(300, 5, 100_000).write(random, source);
        BackupResult first = host.backup(source);
        try (var files = Files.walk(host.settings().cacheRoot())) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Files.delete(file);
            }
        }
        BackupResult second = host.backup(source);
        assertThat(lab.requests()).anyMatch(request -> request.contains("chunks"));
        assertThat(second.statistics().unchangedFiles())
                .isEqualTo(first.statistics().files());
        assertThat(TreeText.of(restored(second))).isEqualTo(TreeText.of(source));
    }

    @Test
    void whatChangedIsSentAlone() throws Exception {
        SeededRandom random = new SeededRandom(13);
        byte[] content = random.bytes(4 << 20);
        Files.write(source.resolve("large"), content);
        BackupResult first = host.backup(source);
        System.arraycopy(random.bytes(100), 0, content, 2 << 20, 100);
        Files.write(source.resolve("large"), content);
        Files.write(source.resolve("moved"), content);
        BackupResult second = host.backup(source);
        assertThat(first.statistics().addedBytes()).isGreaterThan(4 << 20);
        assertThat(second.statistics().addedBytes()).isLessThan(200_000);
        assertThat(TreeText.of(restored(second))).isEqualTo(TreeText.of(source));
    }

    @Test
    void whatAnotherHostHasSentIsSentAgainAndKeptOnce() throws Exception {
        byte[] content = new SeededRandom(14).bytes(1 << 20);
        Files.write(source.resolve("same"), content);
        BackupResult first = host.backup(source);
        MediaLab.Host other = lab.host("spool");
        BackupResult second = other.backup(source);
        var taken = lab.desk().taken(second.snapshot().orElseThrow());
        assertThat(taken.sentBytes()).isGreaterThan(1 << 20);
        assertThat(taken.addedBytes()).isLessThan(50_000);
        // What it is told is what it sent.
        Bytes hash = lab.snapshot(second.snapshot().orElseThrow()).hash();
        assertThat(hash).isNotNull();
        assertThat(lab.snapshot(second.snapshot().orElseThrow())
                        .manifest()
                        .statistics()
                        .addedBytes())
                .isCloseTo(first.statistics().addedBytes(), org.assertj.core.data.Offset.offset(20_000L));
        assertThat(TreeText.of(restored(second))).isEqualTo(TreeText.of(source));
    }
}
