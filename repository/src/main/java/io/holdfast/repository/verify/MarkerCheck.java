package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.ObjectName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads every object that is no pack from the store and checks it. For one use. */
final class MarkerCheck {
    private final Repository repository;
    private final Consumer<String> damaged;
    private long objects;

    MarkerCheck(Repository repository, Consumer<String> damaged) {
        this.repository = repository;
        this.damaged = damaged;
    }

    long objects() {
        return objects;
    }

    void run() {
        each("config/", (name, bytes) -> repository.checkConfig(name, bytes));
        each("keys/", KeySlot::decode);
        markers(SnapshotId.SESSIONS, ObjectKind.SESSION);
        markers(SnapshotId.FORGOTTEN, ObjectKind.FORGET_MARKER);
        markers(CondemnedList.PREFIX, ObjectKind.CONDEMNED_LIST);
        markers(CondemnedList.WAITS_PREFIX, ObjectKind.WAIT_SET);
        each(
                Verdict.PREFIX,
                (name, bytes) -> Verdict.decode(name, repository.sealer().open(ObjectKind.VERDICT, name, bytes)));
        each(IndexStore.PREFIX, (name, bytes) -> IndexStore.decode(repository.sealer(), name.leaf(), bytes));
        each(
                SnapshotId.SNAPSHOTS,
                (name, bytes) -> repository.snapshots().decode(SnapshotId.parse(name.leaf()), bytes));
        repository.store().list(SnapshotId.HEARTBEATS, object -> {
            objects++;
            if (object.sizeBytes() != 0) {
                damaged.accept(object.name() + ": is not empty");
            }
        });
    }

    /** Decodes one object, or throws. */
    @FunctionalInterface
    private interface Check {
        void run(ObjectName name, byte[] bytes);
    }

    private void markers(String prefix, ObjectKind kind) {
        each(prefix, (name, bytes) -> repository.sealer().open(kind, name, bytes));
    }

    private void each(String prefix, Check check) {
        List<ObjectName> names = new ArrayList<>();
        repository.store().list(prefix, object -> names.add(object.name()));
        for (ObjectName name : names) {
            try {
                Optional<ByteBuffer> object = repository.store().get(name);
                if (object.isPresent()) {
                    byte[] bytes = new byte[object.get().remaining()];
                    object.get().get(bytes);
                    objects++;
                    check.run(name, bytes);
                }
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                    throw e;
                }
                damaged.accept(String.valueOf(e.getMessage()));
            }
        }
    }
}
