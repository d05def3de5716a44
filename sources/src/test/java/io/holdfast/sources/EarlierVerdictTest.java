package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.collect.CondemnedList.Candidate;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.OneChunkFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A collection has died between its verdict and its deletes; what came after it is taken into account, and nothing stays for ever. */
@Timeout(60)
class EarlierVerdictTest extends OneChunkFiles {
    private final byte[] first = content();
    private final byte[] second = changed(first);
    private final byte[] newest = changed(first);

    /** Nobody relies on what stands on a list: so the form of the copy that came since does not matter. */
    @Test
    void aCopyInFullGoesForADeltaThatCameLater() throws IOException {
        PackId condemned = stored(first, List.of());
        PackId base = stored(second, List.of());
        putVerdict(condemned);
        assertThat(stored(first, List.of(id(second)))).isNotEqualTo(condemned);
        BackupResult kept = backUp(first);

        collect();

        assertThat(exists(condemned)).isFalse();
        assertThat(exists(base)).isTrue();
        assertThat(store.names(CondemnedList.PREFIX)).isEmpty();
        assertWhole(kept);
    }

    @Test
    void whatWasNeededAndIsGarbageNowGoesWithoutACopy() throws IOException {
        PackId condemned = stored(first, List.of());
        putVerdict(condemned, 0);

        collect();

        assertThat(exists(condemned)).isFalse();
        assertThat(store.names(CondemnedList.PREFIX)).isEmpty();
    }

    /** The copy on which a delta was built is gone, against all rules: the condemned one is the last that helps, since another delta is none. */
    @Test
    void aBaseStaysWhereNoOtherCopyIsInFull() throws IOException {
        PackId condemned = stored(first, List.of());
        PackId other = stored(second, List.of());
        putVerdict(condemned);
        PackId copy;
        try (WriteSession one = bench().repository().beginSession("one");
                WriteSession two = bench().repository().beginSession("two")) {
            copy = add(one, first, List.of());
            assertThat(add(two, first, List.of(id(second)))).isNotEqualTo(copy);
        }
        PackId delta = stored(newest, List.of(id(first)));
        BackupResult kept = backUp(newest, first);
        assertThat(store.delete(copy.name())).isTrue();

        collect();

        assertThat(exists(condemned)).isTrue();
        assertThat(exists(other) && exists(delta)).isTrue();
        assertWhole(kept);
    }

    private PackId stored(byte[] content, List<ChunkId> bases) {
        try (WriteSession session = bench().repository().beginSession("alone")) {
            return add(session, content, bases);
        }
    }

    /** Returns the pack that it makes. */
    private PackId add(WriteSession session, byte[] content, List<ChunkId> bases) {
        List<ObjectName> before = store.names("packs/");
        assertThat(session.add(ChunkKind.CONTENT, id(content), content, 0, content.length, bases))
                .isTrue();
        session.flush();
        List<ObjectName> made = store.names("packs/");
        made.removeAll(before);
        assertThat(made).hasSize(1);
        return PackId.of(made.getFirst());
    }

    private BackupResult backUp(byte[]... contents) throws IOException {
        for (int i = 0; i < contents.length; i++) {
            Files.write(from.resolve("f" + i), contents[i]);
        }
        BackupResult result = bench().backup(from);
        assertThat(result.statistics().addedBytes()).as("all is there").isLessThan(FILE_BYTES / 2);
        return result;
    }

    /** As a collection leaves it that dies before its first delete. */
    private void putVerdict(PackId pack, int... marked) {
        Repository repository = bench().repository();
        BitSet bits = new BitSet();
        for (int at : marked) {
            bits.set(at);
        }
        CondemnedList list = new CondemnedList(
                SnapshotId.generate(1, new SecureRandom()), List.of(new Candidate(pack, bits)), List.of());
        Verdict verdict = new Verdict(1, List.of(pack), List.of(), Optional.empty());
        assertThat(repository.markers().put(ObjectKind.CONDEMNED_LIST, list.name(), list.encode()))
                .isEqualTo(PutOutcome.STORED);
        assertThat(repository.markers().put(ObjectKind.VERDICT, list.verdictName(), verdict.encode()))
                .isEqualTo(PutOutcome.STORED);
    }

    private void collect() {
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
        CollectionResult result = new Collector(bench().repository(), options, MonotonicClock.system()).run();
        assertThat(result.damagedPacks()).isEmpty();
    }

    private void assertWhole(BackupResult kept) throws IOException {
        assertThat(SnapshotContent.of(bench().repository(), bench().snapshot(kept)))
                .isEqualTo(SnapshotContent.of(from));
    }
}
