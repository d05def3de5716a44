package io.holdfast.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Limits the average rate of uploads and downloads, over all threads, for a store that cannot do so itself. The unit is one call: an object is sent or
 * fetched at full speed once its time on the line is over, so the rate holds over some objects, not within one.
 */
public final class ThrottledStore extends ForwardingStore {
    private final Bandwidth bandwidth;

    /** Owns {@code delegate} and closes it. */
    public ThrottledStore(ObjectStore delegate, Bandwidth bandwidth) {
        super(delegate);
        this.bandwidth = bandwidth;
    }

    @Override
    public ObjectStore reserved() {
        return new ThrottledStore(delegate().reserved(), bandwidth);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new ThrottledStore(delegate().withDataClass(storageClass), bandwidth);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        bandwidth.upload().pass(ContentWriter.totalBytes(content));
        return delegate().put(name, content, lockUntil);
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        // How much it is shows only now; whoever comes next waits for it, and so does this caller.
        Optional<ByteBuffer> object = delegate().get(name);
        object.ifPresent(bytes -> bandwidth.download().pass(bytes.remaining()));
        return object;
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        bandwidth.download().pass(target.remaining());
        return delegate().getRange(name, offsetBytes, target);
    }
}
