package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.HoldfastException;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.MeteredStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.StoreOperation;
import io.holdfast.storage.StoreUsage;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class MeteredStoreTest {
    private static final ObjectName NAME = ObjectName.of("a");

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new MeteredStore(new MemoryStore());
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return new MeteredStore(new MemoryStore());
        }
    }

    @Test
    void countsRequestsAndBytes() {
        MeteredStore store = new MeteredStore(new MemoryStore());
        store.put(NAME, ByteBuffer.allocate(1_000));
        store.put(NAME, ByteBuffer.allocate(1_000));
        store.reserved().put(ObjectName.of("b"), ByteBuffer.allocate(10));
        assertThat(store.get(NAME)).isPresent();
        assertThat(store.getRange(NAME, 0, ByteBuffer.allocate(100))).isTrue();
        assertThat(store.getRange(ObjectName.of("c"), 0, ByteBuffer.allocate(100)))
                .isFalse();
        store.list("", object -> {});
        assertThat(store.stat(NAME)).isPresent();
        assertThat(store.delete(NAME)).isTrue();
        assertThat(store.usage())
                .isEqualTo(new StoreUsage(
                        Map.of(
                                StoreOperation.PUT, 3L,
                                StoreOperation.GET, 1L,
                                StoreOperation.GET_RANGE, 2L,
                                StoreOperation.LIST, 1L,
                                StoreOperation.STAT, 1L,
                                StoreOperation.DELETE, 1L),
                        0,
                        1_010,
                        1_100));
    }

    @Test
    void countsFailures() {
        MeteredStore store = new MeteredStore(new MemoryStore());
        store.put(NAME, ByteBuffer.allocate(1));
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> store.getRange(NAME, 5, ByteBuffer.allocate(1)));
        assertThat(store.usage().failures()).isEqualTo(1);
        assertThat(store.usage().count(StoreOperation.GET_RANGE)).isEqualTo(1);
        assertThat(store.usage().count(StoreOperation.GET)).isZero();
        assertThat(store.usage().downloadedBytes()).isZero();
    }
}
