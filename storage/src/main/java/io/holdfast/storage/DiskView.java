package io.holdfast.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/** A disk store whose puts may give up its reserve, see {@link SpaceReserve}, or go to an archive class. Closing it does nothing. */
final class DiskView extends ForwardingStore {
    private final DiskStore store;
    private final DiskStore.Puts puts;

    DiskView(DiskStore store, DiskStore.Puts puts) {
        super(store);
        this.store = store;
        this.puts = puts;
    }

    @Override
    public Capabilities capabilities() {
        return store.capabilities(puts);
    }

    @Override
    public ObjectStore reserved() {
        return new DiskView(store, puts.withReserve());
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new DiskView(store, puts.into(LocalArchive.named(storageClass)));
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        return store.put(name, content, lockUntil, puts);
    }

    @Override
    public void close() {}
}
