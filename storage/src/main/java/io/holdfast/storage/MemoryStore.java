package io.holdfast.storage;

import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A store in memory that keeps the whole contract but outliving the process. Objects are limited to 2 GiB. Several clients may
 * share the same objects ({@link #anotherClient}), as processes share a disk.
 */
public final class MemoryStore implements ObjectStore {
    private static final Capabilities CAPABILITIES = new Capabilities(true, true, true, 2, false);

    /** Names are ASCII, so the order of strings is the order of names. */
    private final NavigableMap<String, byte[]> objects;

    private volatile boolean closed;

    public MemoryStore() {
        this(new ConcurrentSkipListMap<>());
    }

    private MemoryStore(NavigableMap<String, byte[]> objects) {
        this.objects = objects;
    }

    /** A store with the same objects that is closed on its own; also works where this one is closed. */
    public MemoryStore anotherClient() {
        return new MemoryStore(objects);
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content) {
        requireReady(name.value());
        byte[] copy = new byte[Math.toIntExact(ContentWriter.totalBytes(content))];
        int at = 0;
        for (ByteBuffer buffer : content) {
            buffer.get(buffer.position(), copy, at, buffer.remaining());
            at += buffer.remaining();
        }
        return objects.putIfAbsent(name.value(), copy) == null ? PutOutcome.STORED : PutOutcome.ALREADY_THERE;
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
        return object == null ? Optional.empty() : Optional.of(new ObjectStat(name, object.length));
    }

    @Override
    public boolean delete(ObjectName name) {
        requireReady(name.value());
        return objects.remove(name.value()) != null;
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
