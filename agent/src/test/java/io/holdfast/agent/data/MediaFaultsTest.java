package io.holdfast.agent.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.sources.backup.BackupListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.NamedSource;
import io.holdfast.sources.backup.StreamBackup;
import io.holdfast.sources.backup.VolumeBackup;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups whose media server, connection or repository fails in the middle; and those of streams and volumes. */
@Timeout(120)
class MediaFaultsTest {
    private static final RetryPolicy QUICK = new RetryPolicy(40, Duration.ofMillis(20), Duration.ofMillis(200));

    @TempDir
    private Path directory;

    private final MemoryStore store = new MemoryStore();
    private MediaLab lab;
    private MediaLab.Host host;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        lab = new MediaLab(store, directory, true);
        host = lab.host("loom");
        source = Files.createDirectory(directory.resolve("source"));
    }

    @AfterEach
    void stop() {
        lab.close();
        assertThat(lab.defects()).isEmpty();
    }

    /** Does something before some call for frames is passed on; and loses the answers of some. */
    private static final class Interposed implements MediaCalls {
        private final MediaCalls calls;
        private final IntConsumer beforeFrames;
        private final IntPredicate losesAnswer;
        private final AtomicInteger streams = new AtomicInteger();

        /** Both get the number of the call, from 1 on. */
        Interposed(MediaCalls calls, IntConsumer beforeFrames, IntPredicate losesAnswer) {
            this.calls = calls;
            this.beforeFrames = beforeFrames;
            this.losesAnswer = losesAnswer;
        }

        @Override
        public SessionAnswer begin(SessionRequest request) {
            return calls.begin(request);
        }

        @Override
        public BitSet known(String session, List<ChunkName> chunks) {
            return calls.known(session, chunks);
        }

        @Override
        public void frames(String session, byte[] stream, int length) {
            int number = streams.incrementAndGet();
            beforeFrames.accept(number);
            calls.frames(session, stream, length);
            if (losesAnswer.test(number)) {
                throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "the answer is lost");
            }
        }

        @Override
        public void flush(String session) {
            calls.flush(session);
        }

        @Override
        public CommitAnswer commit(String session, CommitRequest request) {
            CommitAnswer answer = calls.commit(session, request);
            if (losesAnswer.test(streams.incrementAndGet())) {
                throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "the answer is lost");
            }
            return answer;
        }

        @Override
        public void giveUp(String session) {
            calls.giveUp(session);
        }

        @Override
        public ReadAnswer beginRead(ReadRequest request) {
            return calls.beginRead(request);
        }

        @Override
        public InputStream chunks(String read, List<ChunkId> chunks) {
            return calls.chunks(read, chunks);
        }

        @Override
        public void endRead(String read) {
            calls.endRead(read);
        }
    }

    private BackupResult backup(MediaCalls calls) {
        return host.backup(new MediaBackups(calls, host.settings(), QUICK, MediaLab.SIGNS), source);
    }

    private void fill(int files, int bytes) throws Exception {
        SeededRandom random = new SeededRandom(files);
        for (int i = 0; i < files; i++) {
            Files.write(source.resolve("file" + i), random.bytes(bytes));
        }
    }

    private byte[] file(SnapshotId id, String name) throws Exception {
        try (MediaSnapshot snapshot =
                MediaSnapshot.open(host.calls(), host.job(List.of(), id), id.leaf(), host.settings())) {
            return SnapshotFile.read(snapshot, name);
        }
    }

    @Test
    void aMediaServerThatDiesInTheMiddleCostsNoMoreThanWhatWasNotDurable() throws Exception {
        fill(40, 1 << 20);
        Interposed dies = new Interposed(
                host.calls(),
                number -> {
                    if (number == 7) {
                        lab.kill();
                        lab.start();
                    }
                },
                number -> false);
        BackupResult result = backup(dies);
        assertThat(lab.repository().snapshots().live()).hasSize(1);
        assertThat(file(result.snapshot().orElseThrow(), "file39"))
                .isEqualTo(Files.readAllBytes(source.resolve("file39")));
        assertThat(lab.requests().stream().filter("POST /media/v1/sessions 201"::equals))
                .hasSize(2);
    }

    @Test
    void answersThatAreLostAreAskedForAgain() throws Exception {
        fill(20, 1 << 20);
        Interposed loses = new Interposed(host.calls(), number -> {}, number -> number % 2 == 1);
        BackupResult result = backup(loses);
        assertThat(lab.repository().snapshots().live()).hasSize(1);
        assertThat(lab.requests().stream().filter("POST /media/v1/sessions 201"::equals))
                .hasSize(1);
        assertThat(lab.desk().taken(result.snapshot().orElseThrow()).sentBytes())
                .as("what was sent twice counts once")
                .isBetween(20L << 20, (20L << 20) + 400_000);
    }

    @Test
    void whatIsLostInTheRepositoryIsSentAnew() throws Exception {
        fill(10, 100_000);
        BackupResult first = host.backup(source);
        List<ObjectName> packs = new ArrayList<>();
        store.list("packs/data/", object -> packs.add(object.name()));
        store.delete(packs.getFirst());
        BackupResult second = host.backup(source);
        assertThat(second.statistics().unchangedFiles())
                .as("the second run read everything")
                .isLessThan(first.statistics().files() + 1);
        assertThat(lab.requests()).contains("POST /media/v1/sessions/{session}/frames 409");
        for (int i = 0; i < 10; i++) {
            assertThat(file(second.snapshot().orElseThrow(), "file" + i))
                    .isEqualTo(Files.readAllBytes(source.resolve("file" + i)));
        }
    }

    @Test
    void aJobThatIsAnothersByNowEndsWithoutASnapshot() throws Exception {
        fill(3, 1_000);
        MediaJob job = host.job(List.of(MediaLab.bytes(source)));
        lab.desk().give(job.id(), host.id(), "loom", 2, job.paths());
        assertThatThrownBy(() -> host.backup(job))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.FENCED));
        assertThat(lab.repository().snapshots().live()).isEmpty();
    }

    @Test
    void whoHasNoCertificateOfAHostGetsNothing() {
        MediaLab.Host other = lab.host("spool");
        MediaJob ours = host.job(List.of(MediaLab.bytes(source)));
        assertThatThrownBy(() -> other.backup(ours))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.FENCED));
    }

    @Test
    void streamsGoThroughToo() throws Exception {
        byte[] dump = new SeededRandom(5).compressibleBytes(3 << 20);
        Bytes name = Bytes.wrap("shop.sql".getBytes(StandardCharsets.UTF_8));
        NamedSource stream = new NamedSource(name, "loom", List.of(), Optional.empty());
        SnapshotId id = SnapshotId.parse("00000000-00000000000000000000000000000000");
        for (int round = 0; round < 2; round++) {
            dump[100 + round] ^= 1;
            BackupResult result = host.backups()
                    .run(
                            host.job(List.of(name)),
                            target -> new StreamBackup(target, stream, BackupListener.SILENT)
                                    .run(new ByteArrayInputStream(dump), () -> {}));
            id = result.snapshot().orElseThrow();
            assertThat(result.parent().isPresent()).isEqualTo(round == 1);
        }
        assertThat(file(id, "shop.sql")).isEqualTo(dump);
        assertThat(lab.snapshot(id).manifest().statistics().addedBytes()).isLessThan(100_000);
    }

    @Test
    void whoHasNothingToSendForLongSaysThatHeIsThere() {
        Bytes name = Bytes.wrap("slow.sql".getBytes(StandardCharsets.UTF_8));
        NamedSource stream = new NamedSource(name, "loom", List.of(), Optional.empty());
        InputStream thinking = new InputStream() {
            @Override
            public int read() {
                while (lab.requests().stream()
                                .filter(request -> request.contains("/known"))
                                .count()
                        < 3) {
                    LockSupport.parkNanos(10_000_000);
                }
                return -1;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                return read();
            }
        };
        BackupResult result = host.backups()
                .run(
                        host.job(List.of(name)),
                        target -> new StreamBackup(target, stream, BackupListener.SILENT).run(thinking, () -> {}));
        assertThat(result.snapshot()).isPresent();
    }

    @Test
    void volumesGoThroughToo() throws Exception {
        byte[] disk = new byte[5 << 20];
        System.arraycopy(new SeededRandom(6).bytes(1 << 20), 0, disk, 1 << 20, 1 << 20);
        Path image = Files.write(directory.resolve("disk"), disk);
        Bytes name = Bytes.wrap("disk".getBytes(StandardCharsets.UTF_8));
        NamedSource volume = new NamedSource(name, "loom", List.of(), Optional.empty());
        SnapshotId id = host.backups()
                .run(
                        host.job(List.of(name)),
                        target -> new VolumeBackup(target, volume, BackupListener.SILENT).run(image))
                .snapshot()
                .orElseThrow();
        try (MediaSnapshot snapshot =
                MediaSnapshot.open(host.calls(), host.job(List.of(), id), id.leaf(), host.settings())) {
            Path copy = directory.resolve("copy");
            SnapshotFile.restoreVolume(snapshot, "disk", copy);
            assertThat(Files.mismatch(image, copy)).isEqualTo(-1);
        }
    }
}
