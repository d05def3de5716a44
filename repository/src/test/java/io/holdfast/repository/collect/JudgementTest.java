package io.holdfast.repository.collect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Step C7: for which other copies a copy may go. Lists, wait sets and marks are put by hand. */
@Timeout(60)
class JudgementTest {
    private static final int CHUNK_BYTES = 8_000;

    @TempDir
    Path cache;

    private final SeededRandom random = new SeededRandom(7);
    private final MemoryStore objects = new MemoryStore();
    private final FaultStore store = new FaultStore(objects, FaultScript.none());
    private final List<Repository> opened = new ArrayList<>();
    private final byte[] chunk = random.bytes(CHUNK_BYTES);

    @BeforeEach
    void create() {
        opened.add(SmallRepository.create(store, cache));
    }

    @AfterEach
    void close() {
        opened.forEach(Repository::close);
    }

    @Test
    void aCopyGoesForAnotherOne() {
        List<PackId> copies = storedTwice(List.of(), List.of());
        assertThat(isDeleted(copies.get(0))).isTrue();
        assertThat(exists(copies.get(1))).isTrue();
    }

    @Test
    void noCopyGoesForOneOnAnotherList() {
        List<PackId> copies = storedTwice(List.of(), List.of());
        try (WriteSession atWork = another().beginSession("holds up the other list")) {
            CondemnedList ignored = putList(copies.get(1), List.of(atWork.id()));
            assertThat(isDeleted(copies.get(0))).isFalse();
        }
    }

    @Test
    void noCopyGoesForOneThatIsGone() {
        List<PackId> copies = storedTwice(List.of(), List.of());
        assertThat(objects.delete(copies.get(1).name())).isTrue();
        assertThat(isDeleted(copies.get(0))).isFalse();
    }

    /** A collector that does not know the delta yet has not marked its base. */
    @Test
    void aCopyInFullDoesNotGoForADelta() {
        ChunkId base = storedLike();
        List<PackId> copies = storedTwice(List.of(), List.of(base));
        assertThat(isDeleted(copies.get(0))).isFalse();
    }

    @Test
    void aDeltaGoesForACopyInFullAndForOneOnTheSameBaseOnly() {
        ChunkId base = storedLike();
        ChunkId otherBase = storedLike();
        List<PackId> copies = storedTwice(List.of(base), List.of(otherBase));
        assertThat(isDeleted(copies.get(0))).isFalse();
        PackId same = storedTwice(List.of(base), List.of(base)).get(0);
        assertThat(isDeleted(same)).isTrue();
    }

    @Test
    void theFirstVerdictIsObeyed() {
        List<PackId> copies = storedTwice(List.of(), List.of());
        CondemnedList list = putList(copies.get(0), List.of());
        store.setScript(call -> {
            if (call.operation() == StoreOperation.PUT
                    && call.name().equals(list.verdictName().value())) {
                Verdict other = new Verdict(list.generation(), List.of(), List.of(), Optional.empty());
                PutOutcome ignored = another().markers().put(ObjectKind.VERDICT, list.verdictName(), other.encode());
            }
            return Optional.empty();
        });
        collect();
        assertThat(exists(copies.get(0))).isTrue();
    }

    @Test
    void eachListHasANewGeneration() {
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofHours(1), Duration.ZERO, false);
        for (int generation = 1; generation <= 3; generation++) {
            ChunkId ignored = storedLike();
            assertThat(new Collector(repository(), options, new ManualClock())
                            .run()
                            .deletedPacks())
                    .isPositive();
            assertThat(repository().snapshots().newestRoster().generation()).isEqualTo(generation);
        }
    }

    /** Step C9: whoever finishes the list obeys it. */
    @Test
    void aVerdictStaysAsLongAsItsListStands() {
        try (WriteSession atWork = another().beginSession("holds up the list")) {
            CondemnedList list = putList(storedTwice(List.of(), List.of()).get(0), List.of(atWork.id()));
            putVerdict(list.id());
            putVerdict(SnapshotId.generate(5, new SecureRandom()));
            collect();
            assertThat(objects.stat(list.verdictName())).isPresent();
        }
    }

    /** Its roster may have been drawn up before, with the name on it. */
    @Test
    void noNameIsRetiredWhileANewerListStands() {
        SnapshotId old = SnapshotId.generate(0, new SecureRandom());
        repository().snapshots().forget(old);
        putVerdict(SnapshotId.generate(1, new SecureRandom()));
        try (WriteSession atWork = another().beginSession("holds up the list")) {
            assertThat(atWork.id().generation()).isEqualTo(1);
            ChunkId ignored = storedLike();
            collect();
            assertThat(objects.stat(old.forgottenName())).isPresent();
        }
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofHours(1), Duration.ZERO, false);
        CollectionResult last = new Collector(repository(), options, new ManualClock()).run();
        assertThat(last.waitingFor()).isEmpty();
        assertThat(objects.stat(old.forgottenName())).isEmpty();
    }

    private void putVerdict(SnapshotId id) {
        Verdict verdict = new Verdict(id.generation(), List.of(), List.of(), Optional.empty());
        ObjectName name = ObjectName.of(Verdict.PREFIX + id.leaf());
        assertThat(another().markers().put(ObjectKind.VERDICT, name, verdict.encode()))
                .isEqualTo(PutOutcome.STORED);
    }

    private Repository repository() {
        return opened.getFirst();
    }

    private Repository another() {
        Repository another = SmallRepository.open(objects.anotherClient(), cache.resolve("other-" + opened.size()));
        opened.add(another);
        return another;
    }

    /** Something like the chunk, in full. */
    private ChunkId storedLike() {
        byte[] like = chunk.clone();
        like[random.nextInt(like.length)]++;
        try (WriteSession session = repository().beginSession("base")) {
            ChunkId id = add(session, like, List.of());
            session.flush();
            return id;
        }
    }

    /** The same chunk by two sessions at once, each on these bases. */
    private List<PackId> storedTwice(List<ChunkId> firstBases, List<ChunkId> secondBases) {
        List<PackId> packs = new ArrayList<>();
        try (WriteSession first = another().beginSession("first");
                WriteSession second = another().beginSession("second")) {
            byte[] own = chunk.clone();
            own[random.nextInt(own.length)]++;
            for (WriteSession session : List.of(first, second)) {
                List<PackId> before = packs();
                ChunkId ignored = add(session, own, session == first ? firstBases : secondBases);
                session.flush();
                List<PackId> made = packs();
                made.removeAll(before);
                packs.addAll(made);
            }
        }
        assertThat(packs).hasSize(2);
        return packs;
    }

    private ChunkId add(WriteSession session, byte[] content, List<ChunkId> bases) {
        ChunkId id = new ChunkHasher(repository().keyring().idKey()).id(content, 0, content.length);
        assertThat(session.add(ChunkKind.CONTENT, id, content, 0, content.length, bases))
                .isTrue();
        return id;
    }

    private List<PackId> packs() {
        List<PackId> packs = new ArrayList<>();
        objects.list("packs/", object -> packs.add(PackId.of(object.name())));
        return packs;
    }

    private boolean exists(PackId pack) {
        return packs().contains(pack);
    }

    /** Whether it goes when a list condemns it, on which all that it holds is marked. */
    private boolean isDeleted(PackId pack) {
        putList(pack, List.of());
        collect();
        return !exists(pack);
    }

    private CondemnedList putList(PackId pack, List<SnapshotId> waits) {
        BitSet marked = new BitSet();
        marked.set(0);
        CondemnedList list = new CondemnedList(
                SnapshotId.generate(1, new SecureRandom()), List.of(new Candidate(pack, marked)), List.of());
        Repository by = another();
        assertThat(by.markers().put(ObjectKind.CONDEMNED_LIST, list.name(), list.encode()))
                .isEqualTo(PutOutcome.STORED);
        assertThat(by.markers().put(ObjectKind.WAIT_SET, list.waitsName(), CondemnedList.encodeWaits(waits)))
                .isEqualTo(PutOutcome.STORED);
        return list;
    }

    /** A session that is at work keeps the run from finishing a list of its own: here all is garbage. */
    private void collect() {
        try (WriteSession atWork = another().beginSession("at work")) {
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofHours(1), Duration.ZERO, false);
            CollectionResult result = new Collector(repository(), options, new ManualClock()).run();
            assertThat(result.waitingFor()).contains(atWork.id());
        }
    }
}
