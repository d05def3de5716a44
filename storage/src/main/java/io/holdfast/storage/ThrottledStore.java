package io.holdfast.storage;

import io.holdfast.core.ByteSize;
import io.holdfast.core.MonotonicClock;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Limits the average rate of uploads and downloads, over all threads. The unit is one call: an object is sent or fetched at
 * full speed once its time on the line is over, so the rate holds over some objects, not within one.
 */
public final class ThrottledStore extends ForwardingStore {
    private final RateLimit upload;
    private final RateLimit download;

    /**
     * Owns {@code delegate} and closes it.
     *
     * @param uploadPerSecond zero for no limit
     * @param downloadPerSecond zero for no limit
     */
    public ThrottledStore(
            ObjectStore delegate, ByteSize uploadPerSecond, ByteSize downloadPerSecond, MonotonicClock clock) {
        this(delegate, new RateLimit(uploadPerSecond, clock), new RateLimit(downloadPerSecond, clock));
    }

    private ThrottledStore(ObjectStore delegate, RateLimit upload, RateLimit download) {
        super(delegate);
        this.upload = upload;
        this.download = download;
    }

    @Override
    public ObjectStore reserved() {
        return new ThrottledStore(delegate().reserved(), upload, download);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new ThrottledStore(delegate().withDataClass(storageClass), upload, download);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        upload.pass(ContentWriter.totalBytes(content));
        return delegate().put(name, content, lockUntil);
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        // How much it is shows only now; whoever comes next waits for it, and so does this caller.
        Optional<ByteBuffer> object = delegate().get(name);
        object.ifPresent(bytes -> download.pass(bytes.remaining()));
        return object;
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        download.pass(target.remaining());
        return delegate().getRange(name, offsetBytes, target);
    }
}
