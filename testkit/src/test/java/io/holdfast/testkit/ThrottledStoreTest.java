package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.ThrottledStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ThrottledStoreTest {
    private static final ByteSize UNLIMITED = new ByteSize(0);
    private static final ObjectName NAME = ObjectName.of("a");

    private final ManualClock clock = new ManualClock();

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofMiB(1), ByteSize.ofMiB(1), clock));
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofMiB(1), ByteSize.ofMiB(1), clock));
        }
    }

    @Test
    void letsUploadsTakeTheirTime() {
        ObjectStore store = new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofKiB(100), UNLIMITED, clock));
        for (int i = 0; i < 10; i++) {
            store.put(ObjectName.of("n" + i), ByteBuffer.allocate(50 << 10));
        }
        assertThat(clock.elapsed()).isCloseTo(Duration.ofSeconds(5), Duration.ofMillis(1));
        store.get(NAME);
        assertThat(clock.elapsed()).isCloseTo(Duration.ofSeconds(5), Duration.ofMillis(1));
    }

    @Test
    void letsDownloadsTakeTheirTime() {
        ObjectStore store = new ThrottledStore(new MemoryStore(), Bandwidth.of(UNLIMITED, ByteSize.ofKiB(100), clock));
        store.put(NAME, ByteBuffer.allocate(100 << 10));
        assertThat(clock.elapsed()).isZero();
        assertThat(store.get(NAME)).isPresent();
        assertThat(store.getRange(NAME, 0, ByteBuffer.allocate(50 << 10))).isTrue();
        assertThat(clock.elapsed()).isCloseTo(Duration.ofMillis(1500), Duration.ofMillis(1));
    }

    @Test
    void doesNotSaveUpIdleTime() {
        ObjectStore store = new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofKiB(1), UNLIMITED, clock));
        clock.advance(Duration.ofHours(1));
        store.put(NAME, ByteBuffer.allocate(10 << 10));
        assertThat(clock.elapsed().minusHours(1)).isCloseTo(Duration.ofSeconds(10), Duration.ofMillis(1));
    }

    @Test
    void sharesTheLineBetweenAStoreAndItsReservedView() {
        ObjectStore store = new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofKiB(1), UNLIMITED, clock));
        store.put(NAME, ByteBuffer.allocate(1 << 10));
        store.reserved().put(ObjectName.of("b"), ByteBuffer.allocate(1 << 10));
        assertThat(clock.elapsed()).isCloseTo(Duration.ofSeconds(2), Duration.ofMillis(1));
    }

    /** A heartbeat that waited for packs of half an hour would let others take the session for dead. */
    @Test
    void letsShortTransfersGoBeforeThoseThatWait() {
        List<Duration> waits = new ArrayList<>();
        MonotonicClock standing = new MonotonicClock() {
            @Override
            public long nanoTime() {
                return 0;
            }

            @Override
            public void sleep(Duration duration) {
                waits.add(duration);
            }
        };
        ObjectStore store = new ThrottledStore(new MemoryStore(), Bandwidth.of(ByteSize.ofMiB(1), UNLIMITED, standing));
        store.put(ObjectName.of("packs/a"), ByteBuffer.allocate(32 << 20));
        store.put(ObjectName.of("index/a"), ByteBuffer.allocate(1 << 20));
        store.put(ObjectName.of("index/b"), ByteBuffer.allocate(1 << 20));
        store.put(ObjectName.of("packs/b"), ByteBuffer.allocate(32 << 20));
        // Short ones wait for each other: many of them together keep the rate, too.
        assertThat(waits).extracting(Duration::toSeconds).containsExactly(32L, 1L, 2L, 66L);
    }
}
