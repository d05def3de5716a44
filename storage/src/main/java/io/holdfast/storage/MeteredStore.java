package io.holdfast.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** Counts requests and bytes. Put it below a {@link RetryingStore} to count attempts, above it to count calls. */
public final class MeteredStore extends ForwardingStore {
    private final Meter meter;

    /** Owns {@code delegate} and closes it. */
    public MeteredStore(ObjectStore delegate) {
        this(delegate, new Meter());
    }

    private MeteredStore(ObjectStore delegate, Meter meter) {
        super(delegate);
        this.meter = meter;
    }

    /** The counts so far. They are read one after the other, so calls under way may be counted in part. */
    public StoreUsage usage() {
        return meter.usage();
    }

    @Override
    public ObjectStore reserved() {
        return new MeteredStore(delegate().reserved(), meter);
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new MeteredStore(delegate().withDataClass(storageClass), meter);
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        PutOutcome outcome = meter.count(StoreOperation.PUT, () -> delegate().put(name, content, lockUntil));
        if (outcome == PutOutcome.STORED) {
            meter.uploadedBytes.add(ContentWriter.totalBytes(content));
        }
        return outcome;
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        Optional<ByteBuffer> object =
                meter.count(StoreOperation.GET, () -> delegate().get(name));
        object.ifPresent(bytes -> meter.downloadedBytes.add(bytes.remaining()));
        return object;
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        int lengthBytes = target.remaining();
        boolean found = meter.count(StoreOperation.GET_RANGE, () -> delegate().getRange(name, offsetBytes, target));
        if (found) {
            meter.downloadedBytes.add(lengthBytes);
        }
        return found;
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        boolean done = meter.count(StoreOperation.LIST, () -> {
            delegate().list(prefix, visitor);
            return true;
        });
        assert done;
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return meter.count(StoreOperation.STAT, () -> delegate().stat(name));
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return meter.count(StoreOperation.LOCK, () -> delegate().lock(name, until));
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return meter.count(StoreOperation.THAW, () -> delegate().thaw(name, request));
    }

    @Override
    public boolean delete(ObjectName name) {
        return meter.count(StoreOperation.DELETE, () -> delegate().delete(name));
    }

    /** Shared by a store and its reserved view. */
    private static final class Meter {
        private final Map<StoreOperation, LongAdder> requests = new ConcurrentHashMap<>();
        private final LongAdder failures = new LongAdder();
        private final LongAdder uploadedBytes = new LongAdder();
        private final LongAdder downloadedBytes = new LongAdder();

        <T> T count(StoreOperation operation, Supplier<T> call) {
            requests.computeIfAbsent(operation, first -> new LongAdder()).increment();
            try {
                return call.get();
            } catch (RuntimeException e) {
                failures.increment();
                throw e;
            }
        }

        StoreUsage usage() {
            Map<StoreOperation, Long> counts = new EnumMap<>(StoreOperation.class);
            requests.forEach((operation, count) -> counts.put(operation, count.sum()));
            return new StoreUsage(counts, failures.sum(), uploadedBytes.sum(), downloadedBytes.sum());
        }
    }
}
