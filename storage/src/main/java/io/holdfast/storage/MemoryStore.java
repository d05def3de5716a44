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
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A store in memory that keeps the whole contract but outliving the process. Objects are limited to 2 GiB. Several clients may
 * share the same objects ({@link #anotherClient}), as processes share a disk.
 */
public final class MemoryStore implements ObjectStore {
    private static final Capabilities CAPABILITIES = new Capabilities(true, true, true, 2, true);

    /** What all clients share. */
    private static final class Shared {
        /** Names are ASCII, so the order of strings is the order of names. */
        final NavigableMap<String, byte[]> objects = new ConcurrentSkipListMap<>();

        final ConcurrentMap<String, Instant> locks = new ConcurrentHashMap<>();
        final ConcurrentMap<String, LocalArchive.State> archive = new ConcurrentHashMap<>();
        final InstantSource clock;

        Shared(InstantSource clock) {
            this.clock = clock;
        }
    }

    private final Shared shared;
    private final NavigableMap<String, byte[]> objects;
    private final ConcurrentMap<String, Instant> locks;
    private final Optional<ArchiveClass> dataClass;
    private final AtomicBoolean closed;

    public MemoryStore() {
        this(WallClock.system());
    }

    /** Locks end, and archived objects thaw, by that clock. */
    public MemoryStore(InstantSource clock) {
        this(new Shared(clock), Optional.empty(), new AtomicBoolean());
    }

    private MemoryStore(Shared shared, Optional<ArchiveClass> dataClass, AtomicBoolean closed) {
        this.shared = shared;
        this.objects = shared.objects;
        this.locks = shared.locks;
        this.dataClass = dataClass;
        this.closed = closed;
    }

    /** A store with the same objects that is closed on its own; also works where this one is closed. */
    public MemoryStore anotherClient() {
        return new MemoryStore(shared, dataClass, new AtomicBoolean());
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        return new MemoryStore(shared, Optional.of(LocalArchive.named(storageClass)), closed);
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return LocalArchive.find(name);
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES.withArchives(dataClass.isPresent());
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
            if (name.value().startsWith(DATA_PACKS)) {
                dataClass.ifPresent(archived -> shared.archive.put(name.value(), LocalArchive.State.frozen(archived)));
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
        if (object == null) {
            return Optional.empty();
        }
        requireReadable(name);
        return Optional.of(ByteBuffer.wrap(object.clone()));
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
        requireReadable(name);
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
            ObjectStat stat = new ObjectStat(ObjectName.of(object.getKey()), object.getValue().length);
            LocalArchive.State state = shared.archive.get(object.getKey());
            visitor.visit(state == null ? stat : stat.in(state.storageClass().name(), Availability.ARCHIVED));
        }
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        requireReady(name.value());
        byte[] object = objects.get(name.value());
        if (object == null) {
            return Optional.empty();
        }
        ObjectStat stat = new ObjectStat(name, object.length, locks.getOrDefault(name.value(), Instant.EPOCH));
        LocalArchive.State state = shared.archive.get(name.value());
        return Optional.of(
                state == null
                        ? stat
                        : stat.in(state.storageClass().name(), state.availability(shared.clock.instant())));
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        requireReady(name.value());
        if (!objects.containsKey(name.value())) {
            return Optional.empty();
        }
        Instant now = shared.clock.instant();
        LocalArchive.State asked =
                shared.archive.computeIfPresent(name.value(), (key, state) -> state.asked(request, now));
        return Optional.of(asked == null ? Availability.READABLE : asked.availability(now));
    }

    private void requireReadable(ObjectName name) {
        LocalArchive.State state = shared.archive.get(name.value());
        if (state != null) {
            LocalArchive.requireReadable(describe(), name, state, shared.clock.instant());
        }
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
            if (objects.containsKey(name.value()) && until.isAfter(shared.clock.instant())) {
                throw new HoldfastException(ErrorCode.REFUSED, name + " is locked until " + until);
            }
            locks.remove(name.value());
            shared.archive.remove(name.value());
            return objects.remove(name.value()) != null;
        }
    }

    @Override
    public String describe() {
        return "memory:";
    }

    @Override
    public void close() {
        closed.set(true);
    }

    private void requireReady(String what) {
        if (closed.get()) {
            throw new IllegalStateException(describe() + " is closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw DiskErrors.interrupted(what);
        }
    }
}
