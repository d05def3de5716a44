package io.holdfast.repository.snapshot;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.Warnings;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.snapshot.Snapshots.CommitOutcome;
import io.holdfast.repository.snapshot.Snapshots.Occupant;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import io.holdfast.testkit.Buffers;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {
    @TempDir
    Path cache;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore objects = new MemoryStore();
    private final FaultStore store = new FaultStore(objects, FaultScript.none());
    private final Keyring keyring = SmallRepository.keyring();
    private final Sealer sealer = new Sealer(keyring, new SecureRandom());

    private Snapshots open() {
        return new Snapshots(store, sealer, new ObjectCache(cache), Warnings.NONE);
    }

    private SnapshotId id(int generation) {
        return new SnapshotId(generation, Bytes.wrap(random.bytes(16)));
    }

    private SnapshotId commit(int generation, long seconds) {
        SnapshotId id = id(generation);
        assertThat(open().commit(id, TestManifests.at(seconds))).isEqualTo(CommitOutcome.COMMITTED);
        return id;
    }

    private List<SnapshotId> live() {
        return open().live().stream().map(Snapshot::id).toList();
    }

    private void putVerdict(int generation, SnapshotId... roster) {
        SnapshotId list = id(generation);
        Verdict verdict = new Verdict(generation, List.of(), List.of(roster), Optional.empty());
        ObjectName name = ObjectName.of(Verdict.PREFIX + list.leaf());
        assertThat(new Markers(store, sealer).put(ObjectKind.VERDICT, name, verdict.encode()))
                .isEqualTo(PutOutcome.STORED);
    }

    @Test
    void listsLiveSnapshotsOldestFirst() {
        SnapshotId late = commit(0, 300);
        SnapshotId early = commit(0, 100);
        SnapshotId middle = commit(0, 200);
        assertThat(live()).containsExactly(early, middle, late);
        assertThat(open().listFromStore().live().stream().map(Snapshot::id)).containsExactly(early, middle, late);
    }

    @Test
    void whoPutsFirstWinsBetweenCommitAndFence() {
        SnapshotId fenced = id(0);
        assertThat(open().fence(fenced)).isInstanceOf(Occupant.Tombstone.class);
        assertThat(open().commit(fenced, TestManifests.at(1))).isEqualTo(CommitOutcome.FENCED);
        assertThat(open().isLive(fenced)).isFalse();
        assertThat(open().hasEnded(fenced)).isTrue();

        SnapshotId committed = commit(0, 1);
        assertThat(open().fence(committed)).isInstanceOf(Occupant.Present.class);
        assertThat(open().isLive(committed)).isTrue();
        assertThat(live()).containsExactly(committed);
        assertThat(open().hasEnded(id(0))).isFalse();
        assertThat(open().occupant(id(0))).isInstanceOf(Occupant.Nothing.class);
    }

    @Test
    void aCommitWhoseAnswerWasLostIsNoCommitOfAnother() {
        SnapshotId id = id(0);
        store.setScript(FaultScript.when(
                call -> call.operation().isMutation(), Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.DONE)));
        assertThat(codeOf(() -> open().commit(id, TestManifests.at(1)))).isEqualTo(ErrorCode.STORE_UNREACHABLE);
        store.setScript(FaultScript.none());
        assertThat(live()).containsExactly(id);
    }

    @Test
    void forgettingHidesASnapshotAndKeepsItsNameOccupied() {
        SnapshotId forgotten = commit(0, 1);
        SnapshotId kept = commit(0, 2);
        open().forget(forgotten);
        open().forget(forgotten);
        assertThat(live()).containsExactly(kept);
        assertThat(open().isLive(forgotten)).isFalse();
        assertThat(open().hasEnded(forgotten)).isTrue();
        assertThat(open().commit(forgotten, TestManifests.at(3))).isEqualTo(CommitOutcome.FENCED);
        assertThat(live()).containsExactly(kept);
    }

    @Test
    void aRosterDecidesAboutOlderGenerations() {
        SnapshotId onRoster = commit(0, 1);
        SnapshotId notOnRoster = commit(0, 2);
        SnapshotId younger = commit(1, 3);
        SnapshotId forgotten = commit(0, 4);
        open().forget(forgotten);
        putVerdict(1, onRoster, forgotten);
        assertThat(live()).containsExactly(onRoster, younger);
        assertThat(open().isLive(onRoster)).isTrue();
        assertThat(open().isLive(notOnRoster)).isFalse();
        assertThat(open().isLive(younger)).isTrue();
        assertThat(open().isLive(forgotten)).isFalse();
        putVerdict(3, younger);
        assertThat(live()).containsExactly(younger);
    }

    @Test
    void aCommitThatTheRosterNoLongerKnowsDoesNotCount() {
        putVerdict(2);
        assertThat(codeOf(() -> open().commit(id(1), TestManifests.at(1)))).isEqualTo(ErrorCode.FENCED);
        assertThat(live()).isEmpty();
        assertThat(open().commit(id(2), TestManifests.at(1))).isEqualTo(CommitOutcome.COMMITTED);
    }

    @Test
    void noticesEveryFlippedByteOfAManifest(@TempDir Path empty) {
        SnapshotId good = commit(0, 1);
        SnapshotId id = commit(0, 2);
        byte[] bytes = Buffers.toArray(objects.get(id.snapshotName()).orElseThrow());
        for (int at = 0; at < bytes.length; at += 1 + random.nextInt(3)) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            assertThat(objects.delete(id.snapshotName())).isTrue();
            assertThat(objects.put(id.snapshotName(), ByteBuffer.wrap(flipped))).isEqualTo(PutOutcome.STORED);
            List<String> told = new ArrayList<>();
            Snapshots fresh = new Snapshots(
                    store, sealer, new ObjectCache(empty.resolve("c" + at)), (subject, text) -> told.add(subject));
            assertThat(fresh.isLive(id)).isFalse();
            assertThat(fresh.live().stream().map(Snapshot::id)).containsExactly(good);
            assertThat(told).containsExactly(id.snapshotName().value());
            assertThat(fresh.list().damaged().stream().map(SnapshotListing.Damaged::id))
                    .containsExactly(id);
            assertThat(codeOf(fresh::liveOrFail)).isIn(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION);
            assertThat(fresh.listFromStore().live().stream().map(Snapshot::id)).containsExactly(good);
        }
    }

    /** Readers see a snapshot too many rather than one too few; whoever deletes must know. */
    @Test
    void anUnreadableRosterHidesNothingAndLetsNobodyDelete() {
        SnapshotId old = commit(0, 1);
        SnapshotId fresh = commit(1, 2);
        putVerdict(1, old);
        ObjectName verdict = ObjectName.of(Verdict.PREFIX + leafOf(Verdict.PREFIX));
        byte[] bytes = Buffers.toArray(objects.get(verdict).orElseThrow());
        bytes[bytes.length - 1] ^= 1;
        assertThat(objects.delete(verdict)).isTrue();
        assertThat(objects.put(verdict, ByteBuffer.wrap(bytes))).isEqualTo(PutOutcome.STORED);
        assertThat(live()).containsExactly(old, fresh);
        assertThat(codeOf(open()::liveOrFail)).isEqualTo(ErrorCode.DAMAGED);
        // What began after the verdict does not depend on it; of what began before, nothing is certain.
        assertThat(open().isLive(fresh)).isTrue();
        assertThat(open().isLive(old)).isFalse();
        assertThat(open().commit(id(1), TestManifests.at(3))).isEqualTo(CommitOutcome.COMMITTED);
        assertThat(codeOf(() -> open().commit(id(0), TestManifests.at(4)))).isEqualTo(ErrorCode.DAMAGED);
    }

    private String leafOf(String prefix) {
        List<String> leaves = new ArrayList<>();
        objects.list(prefix, object -> leaves.add(object.name().leaf()));
        return leaves.getFirst();
    }

    @Test
    void refusesAManifestUnderAnotherName() {
        SnapshotId id = commit(0, 1);
        SnapshotId other = id(0);
        assertThat(objects.put(
                        other.snapshotName(), objects.get(id.snapshotName()).orElseThrow()))
                .isEqualTo(PutOutcome.STORED);
        assertThat(codeOf(() -> open().occupant(other))).isEqualTo(ErrorCode.DAMAGED);
    }

    /** A loss of power leaves torn files in the cache; they say nothing about the repository. */
    @Test
    void readsFromTheStoreWhereTheCacheIsDamaged() throws IOException {
        SnapshotId id = commit(0, 1);
        assertThat(live()).containsExactly(id);
        Path cached = cache.resolve(id.leaf());
        byte[] whole = Files.readAllBytes(cached);
        for (int at = 0; at < whole.length; at += 7) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 4;
            for (byte[] torn : List.of(Arrays.copyOf(whole, at), flipped, new byte[whole.length])) {
                Files.write(cached, torn);
                assertThat(live()).containsExactly(id);
                assertThat(Files.readAllBytes(cached)).isEqualTo(whole);
            }
        }
        Files.delete(cached);
        assertThat(live()).containsExactly(id);
    }

    @Test
    void readsEachManifestFromTheStoreOnce() {
        commit(0, 1);
        commit(0, 2);
        assertThat(live()).hasSize(2);
        long before = store.callCount();
        assertThat(live()).hasSize(2);
        assertThat(store.callCount() - before).isEqualTo(3);
    }
}
