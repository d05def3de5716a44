package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.Collector;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A collection that was overtaken by another one while it slept. */
@Timeout(60)
class TwoCollectionsTest extends RoundTrip {
    /** Envelope, footer and table of contents. */
    private static final int READS_OF_AN_OUTLINE = 3;

    @Test
    void takesAPackThatIsDeletedWhileItIsCopiedForDoneAndNotForDamaged() throws IOException {
        for (int i = 0; i < 60; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(9_000));
        }
        SnapshotId first = bench().backup(from).snapshot().orElseThrow();
        for (int i = 0; i < 60; i += 2) {
            Files.delete(from.resolve("f" + i));
        }
        bench().backup(from);
        bench().repository().snapshots().forget(first);

        FaultStore overtaken = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(overtaken, Workbench.small(home.resolve("cache-o")), files)) {
            Map<String, Integer> reads = new HashMap<>();
            int[] deleted = {0};
            overtaken.setScript(call -> {
                boolean copying = call.operation() == StoreOperation.GET_RANGE
                        && call.isUnder("packs/data/")
                        && reads.merge(call.name(), 1, Integer::sum) > READS_OF_AN_OUTLINE;
                if (copying && store.delete(ObjectName.of(call.name()))) {
                    deleted[0]++;
                }
                return Optional.empty();
            });
            CollectionOptions options =
                    new CollectionOptions(Long.MAX_VALUE, 0.05, Duration.ofSeconds(1), Duration.ofSeconds(5), false);
            assertThatCode(() -> new Collector(other.repository(), options, MonotonicClock.system()).run())
                    .doesNotThrowAnyException();
            assertThat(deleted[0]).isPositive();
        }
    }
}
