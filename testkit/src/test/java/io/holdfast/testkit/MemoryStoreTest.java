package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class MemoryStoreTest {

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new MemoryStore();
        }
    }

    @Nested
    final class ConcurrencyContract extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            return new MemoryStore();
        }
    }

    @Test
    void sharesObjectsBetweenClientsThatAreClosedAlone() {
        ObjectName name = ObjectName.of("a");
        MemoryStore first = new MemoryStore();
        MemoryStore second = first.anotherClient();
        first.put(name, ByteBuffer.allocate(3));
        first.close();
        assertThat(second.get(name)).contains(ByteBuffer.allocate(3));
    }
}
