package io.holdfast.sources.restore;

import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What workers read frames with: some megabytes of arrays and native contexts each, made once a worker. Thread-safe. */
final class FrameReaders implements AutoCloseable {
    private final Repository repository;
    private final Queue<Equipment> free = new ConcurrentLinkedQueue<>();

    FrameReaders(Repository repository) {
        this.repository = repository;
    }

    private record Equipment(PackReader packs, ChunkHasher hasher, byte[] buffer) {}

    /** For one thread, until it is closed. */
    final class Lease implements AutoCloseable {
        private final Equipment equipment;

        private Lease(Equipment equipment) {
            this.equipment = equipment;
        }

        /** The frame, empty where its pack is gone; valid until the next one is read. */
        Optional<FrameCodec.Decoded> read(FramePlace place) {
            return equipment.packs().readFrame(place, equipment.buffer());
        }

        ChunkHasher hasher() {
            return equipment.hasher();
        }

        @Override
        public void close() {
            free.add(equipment);
        }
    }

    Lease lease() {
        Equipment equipment = free.poll();
        return new Lease(
                equipment != null
                        ? equipment
                        : new Equipment(
                                new PackReader(repository.store(), repository.keyring()),
                                new ChunkHasher(repository.keyring().idKey()),
                                new byte[FrameCodec.GROUP_BYTES]));
    }

    /** To be called when no lease is out. */
    @Override
    public void close() {
        for (Equipment equipment = free.poll(); equipment != null; equipment = free.poll()) {
            equipment.packs().close();
        }
    }
}
