package io.holdfast.storage;

import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A store in front of another one that hands on every call which is not overridden. Views are left to those who extend it: a forwarded one would lack what
 * they add.
 */
public abstract class ForwardingStore implements ObjectStore {
    private final ObjectStore delegate;

    /** Owns {@code delegate} and closes it. */
    protected ForwardingStore(ObjectStore delegate) {
        this.delegate = delegate;
    }

    protected final ObjectStore delegate() {
        return delegate;
    }

    @Override
    public abstract ObjectStore reserved();

    @Override
    public abstract ObjectStore withDataClass(String storageClass);

    @Override
    public Capabilities capabilities() {
        return delegate.capabilities();
    }

    @Override
    public boolean mayPass(HoldfastException failure) {
        return delegate.mayPass(failure);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        return delegate.put(name, content, lockUntil);
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return delegate.get(name);
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        return delegate.getRange(name, offsetBytes, target);
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        delegate.list(prefix, visitor);
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return delegate.stat(name);
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return delegate.lock(name, until);
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return delegate.thaw(name, request);
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return delegate.archiveClass(name);
    }

    @Override
    public boolean delete(ObjectName name) {
        return delegate.delete(name);
    }

    @Override
    public String describe() {
        return delegate.describe();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
