package io.holdfast.repository.session;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots.Occupant;
import io.holdfast.repository.snapshot.TestManifests;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WriteSessionTest {
    @TempDir
    Path cache;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore objects = new MemoryStore();
    private final FaultStore store = new FaultStore(objects, FaultScript.none());
    private final List<Repository> opened = new ArrayList<>();

    @BeforeEach
    void create() {
        opened.add(SmallRepository.create(store, cache));
    }

    @AfterEach
    void close() {
        opened.forEach(Repository::close);
    }

    private Repository repository() {
        return opened.getFirst();
    }

    /** As another process with a cache of its own sees it. */
    private Repository another() {
        Repository another = SmallRepository.open(objects.anotherClient(), cache.resolve("other-" + opened.size()));
        opened.add(another);
        return another;
    }

    private List<ObjectName> list(String prefix) {
        List<ObjectName> names = new ArrayList<>();
        objects.list(prefix, object -> names.add(object.name()));
        return names;
    }

    private List<SnapshotId> live() {
        return another().snapshots().live().stream().map(Snapshot::id).toList();
    }

    @Test
    void commitsASnapshotWhoseChunksOthersCanRead() {
        List<byte[]> chunks = new ArrayList<>();
        List<ChunkId> ids = new ArrayList<>();
        try (WriteSession session = repository().beginSession("test")) {
            assertThat(another().sessions().open())
                    .hasSize(1)
                    .allMatch(s -> s.purpose().equals("test"));
            for (int i = 0; i < 200; i++) {
                byte[] chunk = random.bytes(1 + random.nextInt(4_000));
                chunks.add(chunk);
                ids.add(session.store(ChunkKind.CONTENT, chunk, 0, chunk.length));
            }
            assertThat(live()).isEmpty();
            session.flush();
            session.commit(TestManifests.at(1));
            assertThat(live()).containsExactly(session.id());
            assertThat(session.storedBytes()).isPositive();
        }
        assertThat(list("sessions/")).isEmpty();
        assertThat(list("heartbeats/")).isEmpty();
        ChunkReader reader = another().newChunkReader();
        for (int i = 0; i < ids.size(); i++) {
            assertThat(reader.read(ids.get(i))).isEqualTo(chunks.get(i));
        }
    }

    @Test
    void storesEachChunkOnce() {
        byte[] chunk = random.bytes(1_000);
        try (WriteSession session = repository().beginSession("test")) {
            ChunkId id = session.store(ChunkKind.CONTENT, chunk, 0, chunk.length);
            assertThat(session.contains(id)).isTrue();
            assertThat(session.store(ChunkKind.CONTENT, chunk, 0, chunk.length)).isEqualTo(id);
            assertThat(session.addedBytes()).isEqualTo(1_000);
            session.flush();
            assertThat(session.add(ChunkKind.CONTENT, id, chunk, 0, chunk.length))
                    .isFalse();
            session.flush();
            session.commit(TestManifests.at(1));
        }
        assertThat(list("packs/")).hasSize(1);
        try (WriteSession session = another().beginSession("test")) {
            session.store(ChunkKind.CONTENT, chunk, 0, chunk.length);
            session.flush();
            assertThat(session.addedBytes()).isZero();
        }
        assertThat(list("packs/")).hasSize(1);
        assertThat(list("index/")).hasSize(1);
    }

    @Test
    void fencedSessionsDoNotCommit() {
        try (WriteSession session = repository().beginSession("test")) {
            session.store(ChunkKind.CONTENT, new byte[10], 0, 10);
            session.flush();
            assertThat(another().snapshots().fence(session.id())).isInstanceOf(Occupant.Tombstone.class);
            assertThat(codeOf(() -> session.commit(TestManifests.at(1)))).isEqualTo(ErrorCode.FENCED);
        }
        assertThat(live()).isEmpty();
        assertThat(list("sessions/")).isEmpty();
    }

    @Test
    void leavesATombstoneAndNoSessionWithoutACommit() {
        SnapshotId id;
        try (WriteSession session = repository().beginSession("test")) {
            id = session.id();
            session.store(ChunkKind.CONTENT, new byte[10], 0, 10);
        }
        assertThat(another().snapshots().occupant(id)).isInstanceOf(Occupant.Tombstone.class);
        assertThat(list("sessions/")).isEmpty();
        assertThat(live()).isEmpty();
    }

    @Test
    void leavesInOrderAlsoWhenInterrupted() throws InterruptedException {
        WriteSession session = repository().beginSession("test");
        boolean[] stillInterrupted = {false};
        Thread thread = new Thread(() -> {
            Thread.currentThread().interrupt();
            session.close();
            stillInterrupted[0] = Thread.currentThread().isInterrupted();
        });
        thread.start();
        thread.join();
        assertThat(stillInterrupted[0]).isTrue();
        assertThat(list("sessions/")).isEmpty();
        assertThat(another().snapshots().hasEnded(session.id())).isTrue();
    }

    /** A session that began before a list, and read the lists after it was put, must begin anew (step W2). */
    @Test
    void beginsAnewWhereACollectionBeganMeanwhile() {
        boolean[] put = {false};
        store.setScript(call -> {
            if (call.isUnder("sessions/") && !put[0]) {
                put[0] = true;
                putList(3, new PackId(PackKind.DATA, Bytes.wrap(new byte[32])));
            }
            return Optional.empty();
        });
        try (WriteSession session = repository().beginSession("test")) {
            assertThat(session.id().generation()).isEqualTo(3);
            assertThat(list("sessions/")).containsExactly(session.id().sessionName());
        }
        assertThat(list("snapshots/")).hasSize(2);
    }

    @Test
    void doesNotRelyOnCondemnedOrMissingPacks() {
        byte[] condemned = random.bytes(100);
        byte[] missing = random.bytes(100);
        byte[] good = random.bytes(100);
        List<ObjectName> packs = new ArrayList<>();
        for (byte[] chunk : List.of(condemned, missing, good)) {
            try (WriteSession session = repository().beginSession("test")) {
                session.store(ChunkKind.CONTENT, chunk, 0, chunk.length);
                session.flush();
                session.commit(TestManifests.at(1));
            }
            List<ObjectName> fresh = list("packs/data/");
            fresh.removeAll(packs);
            packs.addAll(fresh);
        }
        putList(1, PackId.of(packs.get(0)));
        assertThat(objects.delete(packs.get(1))).isTrue();
        try (WriteSession session = another().beginSession("test")) {
            for (byte[] chunk : List.of(condemned, missing, good)) {
                session.store(ChunkKind.CONTENT, chunk, 0, chunk.length);
            }
            session.flush();
            assertThat(session.addedBytes()).isEqualTo(200);
        }
    }

    @Test
    void leavesNoOpenSessionWhereBeginningFails() {
        // The eighth call would put the tombstone itself.
        for (long failing = 1; failing <= 7; failing++) {
            store.setScript(FaultScript.atCall(
                    store.callCount() + failing, Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
            try (WriteSession session = repository().beginSession("test")) {
                session.flush();
            } catch (HoldfastException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
            }
            store.setScript(FaultScript.none());
            for (ObjectName session : list("sessions/")) {
                // It has ended, so nobody waits for it.
                assertThat(another().snapshots().hasEnded(SnapshotId.parse(session.leaf())))
                        .isTrue();
            }
        }
    }

    @Test
    void aFailingStoreEndsTheSessionWithItsError() {
        for (Fault.Effect effect : Fault.Effect.values()) {
            try (WriteSession session = repository().beginSession("test")) {
                store.setScript(
                        FaultScript.when(call -> call.isUnder("packs/"), Fault.error(ErrorCode.NO_SPACE, effect)));
                assertThat(codeOf(() -> {
                            for (int i = 0; i < 100; i++) {
                                byte[] chunk = random.bytes(10_000);
                                session.store(ChunkKind.CONTENT, chunk, 0, chunk.length);
                            }
                            session.flush();
                        }))
                        .isEqualTo(ErrorCode.NO_SPACE);
                store.setScript(FaultScript.none());
            }
            assertThat(list("sessions/")).isEmpty();
            assertThat(live()).isEmpty();
        }
    }

    /** In between, the session would hold nobody up, and a commit may still be under way. */
    @Test
    void putsTheTombstoneBeforeItDeletesTheSession() {
        List<String> changes = new ArrayList<>();
        WriteSession session = repository().beginSession("test");
        store.setScript(call -> {
            if (call.operation().isMutation()) {
                changes.add(call.name());
            }
            return Optional.empty();
        });
        session.close();
        assertThat(changes)
                .containsSubsequence(
                        session.id().snapshotName().value(),
                        session.id().sessionName().value());
    }

    private void putList(int generation, PackId pack) {
        CondemnedList list = new CondemnedList(
                new SnapshotId(generation, Bytes.wrap(random.bytes(16))),
                List.of(new Candidate(pack, new BitSet())),
                List.of());
        byte[] sealed = another().sealer().seal(ObjectKind.CONDEMNED_LIST, list.name(), list.encode());
        assertThat(objects.put(list.name(), ByteBuffer.wrap(sealed))).isEqualTo(PutOutcome.STORED);
    }
}
