package io.holdfast.sources.fleet;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.ForwardingStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.ThawRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The store for who works alone: no turns, but the oracle looks on. */
final class Watched extends ForwardingStore {
    private final World world;

    Watched(World world) {
        super(world.store());
        this.world = world;
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        PutOutcome outcome = world.store().put(name, content, lockUntil);
        told("puts ", name);
        return outcome;
    }

    @Override
    public boolean delete(ObjectName name) {
        boolean deleted = world.store().delete(name);
        told("deletes ", name);
        return deleted;
    }

    private void told(String what, ObjectName name) {
        world.trace().add("alone", what + name.value());
        world.lookAt(name);
    }

    @Override
    public ObjectStore reserved() {
        return this;
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        throw new HoldfastException(ErrorCode.USAGE, "no storage classes are simulated");
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return Optional.empty();
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return Optional.of(Availability.READABLE);
    }

    @Override
    public String describe() {
        return "simulated:";
    }

    @Override
    public void close() {
        // The objects belong to all.
    }
}
