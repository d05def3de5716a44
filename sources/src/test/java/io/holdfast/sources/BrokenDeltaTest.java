package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.index.ChunkPlace;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.DamageLines;
import io.holdfast.sources.fixture.OneChunkFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.testkit.Buffers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A chunk that is there as deltas on two bases, one of which is lost: that delta is worth nothing, and has to go. */
@Timeout(60)
class BrokenDeltaTest extends OneChunkFiles {
    private static final int MAX_ROUNDS = 4;

    private final byte[] first = content();
    private final byte[] second = changed(first);
    private final byte[] newest = changed(first);
    private final byte[] neighbour = content();

    @Test
    void goesAndIsNotRewrittenForEver() throws IOException {
        PackId base = storedAlone(first);
        PackId other = storedAlone(second);
        BackupResult kept = newestOnBoth();
        assertThat(store.delete(base.name())).isTrue();

        collectUntilNothingIsLeft();

        assertThat(places(newest))
                .singleElement()
                .satisfies(place -> assertThat(place.bases()).containsExactly(id(second)));
        assertThat(exists(other)).isTrue();
        assertWhole(kept);
    }

    @Test
    void keepsNoDamagedPack() throws IOException {
        PackId base = storedAlone(first);
        PackId other = storedAlone(second);
        BackupResult kept = newestOnBoth();
        damage(base);
        Verification looked = new Verification(bench().repository(), new DamageLines(new ArrayList<>()));
        looked.run(100);
        assertThat(new Repair(bench().repository()).run(looked).lostChunks()).isPositive();

        collectUntilNothingIsLeft();

        assertThat(exists(base)).isFalse();
        assertThat(exists(other)).isTrue();
        assertWhole(kept);
    }

    /** Neither is the other's copy: where only one of them were copied, both packs would be rewritten again and again. */
    @Test
    void deltasOnTwoBasesAreBothCopiedAtOnce() throws IOException {
        PackId base = storedAlone(first);
        PackId other = storedAlone(second);
        BackupResult kept = newestOnBoth();
        List<PackId> packs =
                places(newest).stream().map(place -> place.frame().pack()).toList();
        Files.delete(from.resolve("neighbour"));
        BackupResult last = bench().backup(from);
        bench().repository().snapshots().forget(kept.snapshot().orElseThrow());

        assertThat(collect().repackedPacks()).isEqualTo(2);

        assertThat(packs).noneMatch(this::exists);
        assertThat(places(newest)).hasSize(2);
        assertThat(exists(base) && exists(other)).isTrue();
        assertWhole(last);
    }

    /** The pack with this file, of which nothing is live any more. */
    private PackId storedAlone(byte[] content) throws IOException {
        Files.write(from.resolve("alone"), content);
        BackupResult result = bench().backup(from);
        Files.delete(from.resolve("alone"));
        bench().repository().snapshots().forget(result.snapshot().orElseThrow());
        assertThat(places(content)).hasSize(1);
        return places(content).getFirst().frame().pack();
    }

    /** Two sessions that know nothing of each other, then a backup that takes over what they have sent. */
    private BackupResult newestOnBoth() throws IOException {
        Repository repository = bench().repository();
        try (WriteSession one = repository.beginSession("one");
                WriteSession two = repository.beginSession("two")) {
            add(one, newest, List.of(id(first)));
            add(one, neighbour, List.of());
            add(two, newest, List.of(id(second)));
            add(two, changed(neighbour), List.of());
            one.flush();
            two.flush();
        }
        Files.write(from.resolve("newest"), newest);
        Files.write(from.resolve("neighbour"), neighbour);
        BackupResult result = bench().backup(from);
        repository.reloadIndex();
        assertThat(places(newest)).hasSize(2).allMatch(ChunkPlace::isDelta);
        return result;
    }

    private void add(WriteSession session, byte[] content, List<ChunkId> bases) {
        assertThat(session.add(ChunkKind.CONTENT, id(content), content, 0, content.length, bases))
                .isTrue();
    }

    private List<ChunkPlace> places(byte[] content) {
        return bench().repository().reloadIndex().findAll(id(content));
    }

    private void damage(PackId pack) {
        byte[] bytes = Buffers.toArray(store.get(pack.name()).orElseThrow());
        bytes[FILE_BYTES / 2] ^= 1;
        store.delete(pack.name());
        store.put(pack.name(), ByteBuffer.wrap(bytes));
    }

    private CollectionResult collect() {
        CollectionOptions options =
                new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
        CollectionResult result = new Collector(bench().repository(), options, MonotonicClock.system()).run();
        assertThat(result.damagedPacks()).isEmpty();
        return result;
    }

    private void collectUntilNothingIsLeft() {
        int rounds = 0;
        CollectionResult result;
        do {
            assertThat(rounds++).as("rounds").isLessThan(MAX_ROUNDS);
            result = collect();
        } while (result.deletedPacks() > 0 || result.repackedPacks() > 0 || result.condemnedPacks() > 0);
    }

    private void assertWhole(BackupResult kept) throws IOException {
        List<String> damages = new ArrayList<>();
        new Verification(bench().repository(), new DamageLines(damages)).run(100);
        assertThat(damages).isEmpty();
        assertThat(SnapshotContent.of(bench().repository(), bench().snapshot(kept)))
                .isEqualTo(SnapshotContent.of(from));
    }
}
