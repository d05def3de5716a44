package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A backup of days beside a prune each night: when it is cut off, it goes on with what it has sent. */
final class CheckpointBesidePruneTest extends RoundTrip {
    private static final int BYTES = 400_000;

    private final ManualClock clock = new ManualClock();

    /** All is sent and indexed; the commit never comes. */
    @BeforeEach
    void beginBackup() throws IOException {
        Files.write(from.resolve("f"), new SeededRandom(8).bytes(BYTES));
        FaultStore dying = new FaultStore(
                store.anotherClient(),
                FaultScript.when(
                        call -> call.operation() == StoreOperation.PUT && call.isUnder("snapshots/"),
                        Fault.crash(Fault.Effect.NONE)));
        try (Workbench bench =
                Workbench.open(dying, Workbench.small(home.resolve("first")), HostFiles.ofThisSystem())) {
            bench.backup(from);
        } catch (RuntimeException e) {
            assertThat(dying.hasCrashed()).isTrue();
        }
        assertThat(store.names(IndexStore.PREFIX)).isNotEmpty();
        assertThat(store.names("sessions/")).hasSize(1);
    }

    private CollectionResult prune(Duration fenceAfter) {
        CollectionOptions options = new CollectionOptions(
                Long.MAX_VALUE,
                CollectionOptions.DEFAULT_WASTE,
                fenceAfter,
                CollectionOptions.DEFAULT_WAIT,
                false,
                true);
        return new Collector(bench().repository(), options, clock).run();
    }

    @Test
    void isGoneOnWithAfterManyPrunes() throws IOException {
        for (int night = 0; night < 3; night++) {
            CollectionResult result = prune(CollectionOptions.DEFAULT_FENCE_AFTER);
            assertThat(result.deletedPacks()).isZero();
            assertThat(result.waitingFor()).hasSize(1);
            assertThat(result.condemnedPacks()).isPositive();
            assertThat(store.names(CondemnedList.PREFIX)).isEmpty();
        }

        BackupResult again = bench().backup(from);

        assertThat(again.statistics().addedBytes()).isLessThan(BYTES / 4);
        assertThat(SnapshotContent.of(bench().repository(), bench().snapshot(again)))
                .isEqualTo(SnapshotContent.of(from));
    }

    @Test
    void isGarbageWhenNobodyHasGoneOn() {
        assertThat(prune(CollectionOptions.DEFAULT_FENCE_AFTER).deletedPacks()).isZero();

        CollectionResult result = prune(Duration.ofSeconds(1));

        assertThat(result.deletedPacks()).isPositive();
        assertThat(store.names("packs/")).isEmpty();
        assertThat(prune(CollectionOptions.DEFAULT_FENCE_AFTER).waitingFor()).isEmpty();
        assertThat(store.names("sessions/")).isEmpty();
    }
}
