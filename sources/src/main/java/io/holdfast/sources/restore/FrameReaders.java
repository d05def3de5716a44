package io.holdfast.sources.restore;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.pack.PackReader.FramePlace;
import java.nio.ByteBuffer;
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

    private static final class Equipment {
        private final PackReader packs;
        private final ChunkHasher hasher;
        private final byte[] buffer = new byte[FrameCodec.GROUP_BYTES];
        /** What was fetched at once; grows to the longest run. */
        private byte[] run = new byte[0];

        Equipment(PackReader packs, ChunkHasher hasher) {
            this.packs = packs;
            this.hasher = hasher;
        }
    }

    /** For one thread, until it is closed. */
    final class Lease implements AutoCloseable {
        private final Equipment equipment;
        private Optional<PackId> runPack = Optional.empty();
        private int runStart;
        private int runEnd;

        private Lease(Equipment equipment) {
            this.equipment = equipment;
        }

        /**
         * Fetches all from the first frame to the end of the last one, of the same pack, with one request: a store that is far away charges each. What
         * cannot be had this way is read frame by frame.
         */
        void fetch(FramePlace first, FramePlace last) {
            int length = last.offset() + last.storedBytes() - first.offset();
            if (equipment.run.length < length) {
                equipment.run = new byte[length];
            }
            runPack = Optional.empty();
            try {
                ByteBuffer target = ByteBuffer.wrap(equipment.run, 0, length);
                if (repository.store().getRange(first.pack().name(), first.offset(), target)) {
                    runPack = Optional.of(first.pack());
                    runStart = first.offset();
                    runEnd = first.offset() + length;
                }
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.REFUSED) {
                    throw e;
                }
                // The pack is archived or ends too early, or the medium cannot read a part: other frames may be whole.
            }
        }

        /** The frame, empty where its pack is gone; valid until the next one is read. */
        Optional<FrameCodec.Decoded> read(FramePlace place) {
            boolean fetched = runPack.filter(place.pack()::equals).isPresent()
                    && place.offset() >= runStart
                    && place.offset() + place.storedBytes() <= runEnd;
            return fetched
                    ? Optional.of(
                            equipment.packs.decode(place, equipment.run, place.offset() - runStart, equipment.buffer))
                    : equipment.packs.readFrame(place, equipment.buffer);
        }

        ChunkHasher hasher() {
            return equipment.hasher;
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
                        : new Equipment(repository.newPackReader(), new ChunkHasher(repository.keyring())));
    }

    /** To be called when no lease is out. */
    @Override
    public void close() {
        for (Equipment equipment = free.poll(); equipment != null; equipment = free.poll()) {
            equipment.packs.close();
        }
    }
}
