package io.holdfast.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A disk store whose puts may give up its reserve, see {@link SpaceReserve}, or go to an archive class. Closing it does nothing. */
final class DiskView implements ObjectStore {
    private final DiskStore store;
    private final DiskStore.Puts puts;

    DiskView(DiskStore store, DiskStore.Puts puts) {
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
    public Optional<ArchiveClass> archiveClass(String name) {
        return store.archiveClass(name);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        return store.put(name, content, lockUntil, puts);
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
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return store.thaw(name, request);
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
