package io.holdfast.sources;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.Fault.Effect;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store that fails now and then, under a process that goes on. */
@Timeout(60)
class FailingStoreTest {
    @TempDir
    Path home;

    private final SeededRandom random = new SeededRandom(1);
    private final MemoryStore objects = new MemoryStore();
    private final FaultStore store = new FaultStore(objects, FaultScript.none());
    private Path tree = Path.of("");

    @BeforeEach
    void create() throws IOException {
        tree = Files.createDirectory(home.resolve("tree")).toRealPath();
        for (int i = 0; i < 40; i++) {
            Files.write(tree.resolve("f" + i), random.bytes(20_000));
        }
        Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem())
                .close();
    }

    private Workbench open() {
        return Workbench.open(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    @Test
    void aFullStoreEndsTheBackupWithItsErrorAndTheNextOneWorks() throws IOException {
        try (Workbench bench = open()) {
            for (int puts : new int[] {0, 1, 2}) { // What was stored before is not stored again.
                int[] left = {puts};
                store.setScript(FaultScript.when(
                        call -> call.isUnder("packs/") && call.operation().isMutation() && left[0]-- <= 0,
                        Fault.error(ErrorCode.NO_SPACE, Effect.NONE)));
                assertThat(codeOf(() -> bench.backup(tree))).as("%s puts", puts).isEqualTo(ErrorCode.NO_SPACE);
                // Who called goes on, and must not find itself interrupted.
                assertThat(Thread.interrupted()).isFalse();
                assertThat(bench.repository().sessions().ids()).isEmpty();
            }
            store.setScript(FaultScript.none());
            BackupResult result = bench.backup(tree);
            assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(result)))
                    .isEqualTo(SnapshotContent.of(tree));
        }
    }

    @Test
    void aFailureOfAnyCallIsToldByItsCode() throws IOException {
        try (Workbench bench = open()) {
            BackupResult good = bench.backup(tree);
            for (long call = 1; call <= 40; call++) {
                Files.write(tree.resolve("f" + call % 40), random.bytes(20_000));
                store.setScript(FaultScript.atCall(
                        store.callCount() + call, Fault.error(ErrorCode.STORE_UNREACHABLE, Effect.NONE)));
                try {
                    bench.backup(tree);
                } catch (HoldfastException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
                }
                assertThat(Thread.interrupted()).isFalse();
                store.setScript(FaultScript.none());
            }
            assertThat(bench.repository().snapshots().isLive(good.snapshot().orElseThrow()))
                    .isTrue();
            BackupResult last = bench.backup(tree);
            assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(last)))
                    .isEqualTo(SnapshotContent.of(tree));
        }
    }

    /** Its pages are in the packs of metadata: a backup that finds them gone stops reading beside its walk, and goes on. */
    @Test
    void aDamagedParentInterruptsNobody() throws IOException {
        try (Workbench bench = open()) {
            bench.backup(tree);
        }
        for (int round = 0; round < 20; round++) {
            List<ObjectName> meta = new ArrayList<>();
            objects.list("packs/meta/", object -> meta.add(object.name()));
            meta.forEach(name -> assertThat(objects.delete(name)).isTrue());
            try (Workbench bench = open()) {
                BackupResult result = bench.backup(tree);
                assertThat(Thread.interrupted()).isFalse();
                assertThat(SnapshotContent.of(bench.repository(), bench.snapshot(result)))
                        .isEqualTo(SnapshotContent.of(tree));
            }
        }
    }
}
