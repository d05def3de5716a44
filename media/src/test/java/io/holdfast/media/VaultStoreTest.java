package io.holdfast.media;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.VaultStore;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.testkit.ObjectStoreContract;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** What every store does, over HTTP. The rules of vaults are left out: names are any. */
final class VaultStoreTest {
    @TempDir
    private Path directory;

    private final java.util.List<VaultServer> servers = new java.util.ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(VaultServer::close);
    }

    private ObjectStore store(Bandwidth bandwidth) throws Exception {
        VaultAccess access = new VaultAccess(
                new MemoryStore(),
                new AnyRules(),
                new VaultAccess.Limits(new Semaphore(8), new Semaphore(2), directory.resolve("parts")));
        VaultServer server = new VaultServer(
                directory, router -> new VaultRoutes((host, token) -> access).addTo(router, MediaRoutes::answering));
        servers.add(server);
        return new VaultStore(server.calls(server.hostId(), bandwidth), "any", "anywhere");
    }

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() throws Exception {
            return store(Bandwidth.UNLIMITED);
        }
    }

    @Nested
    final class ContractOnALimitedLine extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() throws Exception {
            ByteSize fast = new ByteSize(200L << 20);
            return store(Bandwidth.of(fast, fast, MonotonicClock.system()));
        }
    }

    /** Everything may be put and deleted. */
    private static final class AnyRules implements VaultRules {
        @Override
        public long requirePut(ObjectName name) {
            return Long.MAX_VALUE;
        }

        @Override
        public void check(ObjectName name, ReceivedObject content) {}

        @Override
        public void stored(ObjectName name, ReceivedObject content) {}

        @Override
        public void requireDelete(ObjectName name) {}
    }
}
