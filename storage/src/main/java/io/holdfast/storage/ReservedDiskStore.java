package io.holdfast.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A disk store whose puts may give up its reserve; see {@link SpaceReserve}. Closing it does nothing. */
final class ReservedDiskStore implements ObjectStore {
    private final DiskStore store;

    ReservedDiskStore(DiskStore store) {
        this.store = store;
    }

    @Override
    public Capabilities capabilities() {
        return store.capabilities();
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        return store.putWithReserve(name, content, lockUntil);
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return store.get(name);
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        return store.getRange(name, offsetBytes, target);
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        store.list(prefix, visitor);
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return store.stat(name);
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return store.lock(name, until);
    }

    @Override
    public boolean delete(ObjectName name) {
        return store.delete(name);
    }

    @Override
    public String describe() {
        return store.describe();
    }

    @Override
    public void close() {}
}
