package io.holdfast.storage;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A store in memory that keeps the whole contract but outliving the process. Objects are limited to 2 GiB. Several clients may
 * share the same objects ({@link #anotherClient}), as processes share a disk.
 */
public final class MemoryStore implements ObjectStore {
    private static final Capabilities CAPABILITIES = new Capabilities(true, true, true, 2, true);

    /** Names are ASCII, so the order of strings is the order of names. */
    private final NavigableMap<String, byte[]> objects;

    private final ConcurrentMap<String, Instant> locks;
    private final InstantSource clock;

    private volatile boolean closed;

    public MemoryStore() {
        this(WallClock.system());
    }

    /** Locks end by that clock. */
    public MemoryStore(InstantSource clock) {
        this(new ConcurrentSkipListMap<>(), new ConcurrentHashMap<>(), clock);
    }

    private MemoryStore(
            NavigableMap<String, byte[]> objects, ConcurrentMap<String, Instant> locks, InstantSource clock) {
        this.objects = objects;
        this.locks = locks;
        this.clock = clock;
    }

    /** A store with the same objects that is closed on its own; also works where this one is closed. */
    public MemoryStore anotherClient() {
        return new MemoryStore(objects, locks, clock);
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        requireReady(name.value());
        byte[] copy = new byte[Math.toIntExact(ContentWriter.totalBytes(content))];
        int at = 0;
        for (ByteBuffer buffer : content) {
            buffer.get(buffer.position(), copy, at, buffer.remaining());
            at += buffer.remaining();
        }
        synchronized (locks) {
            if (objects.putIfAbsent(name.value(), copy) != null) {
                return PutOutcome.ALREADY_THERE;
            }
            if (!lockUntil.equals(Instant.EPOCH)) {
                locks.put(name.value(), lockUntil);
            }
            return PutOutcome.STORED;
        }
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        requireReady(name.value());
        byte[] object = objects.get(name.value());
        return object == null ? Optional.empty() : Optional.of(ByteBuffer.wrap(object.clone()));
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        requireReady(name.value());
        if (offsetBytes < 0) {
            throw new IllegalArgumentException("negative offset: " + offsetBytes);
        }
        byte[] object = objects.get(name.value());
        if (object == null) {
            return false;
        }
        if (offsetBytes > object.length - target.remaining()) {
            throw HoldfastException.damaged(name + " has " + object.length + " bytes; bytes " + offsetBytes + " to "
                    + (offsetBytes + target.remaining()) + " were expected");
        }
        target.put(object, (int) offsetBytes, target.remaining());
        return true;
    }

    @Override
    public void list(String prefix, Visitor visitor) {
        requireReady(prefix);
        for (Map.Entry<String, byte[]> object : objects.tailMap(prefix).entrySet()) {
            if (!object.getKey().startsWith(prefix)) {
                return;
            }
            requireReady(prefix);
            visitor.visit(new ObjectStat(ObjectName.of(object.getKey()), object.getValue().length));
        }
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        requireReady(name.value());
        byte[] object = objects.get(name.value());
        return object == null
                ? Optional.empty()
                : Optional.of(new ObjectStat(
                        name, object.length, locks.getOrDefault(name.value(), Instant.EPOCH), Availability.READABLE));
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        requireReady(name.value());
        synchronized (locks) {
            if (!objects.containsKey(name.value())) {
                return false;
            }
            locks.merge(name.value(), until, (known, later) -> known.isAfter(later) ? known : later);
            return true;
        }
    }

    @Override
    public boolean delete(ObjectName name) {
        requireReady(name.value());
        synchronized (locks) {
            Instant until = locks.getOrDefault(name.value(), Instant.EPOCH);
            if (objects.containsKey(name.value()) && until.isAfter(clock.instant())) {
                throw new HoldfastException(ErrorCode.REFUSED, name + " is locked until " + until);
            }
            locks.remove(name.value());
            return objects.remove(name.value()) != null;
        }
    }

    @Override
    public String describe() {
        return "memory:";
    }

    @Override
    public void close() {
        closed = true;
    }

    private void requireReady(String what) {
        if (closed) {
            throw new IllegalStateException(describe() + " is closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw DiskErrors.interrupted(what);
        }
    }
}
