package io.holdfast.repository.verify;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.SealedKey;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.lock.Hold;
import io.holdfast.repository.session.GivenUpPacks;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.Removals;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.ObjectName;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Reads every object that is no pack from the store and checks it. For one use. */
final class MarkerCheck {
    private final Repository repository;
    private final Consumer<String> damaged;
    private final Consumer<String> damagedIndex;
    private long objects;

    /** @param damagedIndex told of index segments, which can be made anew */
    MarkerCheck(Repository repository, Consumer<String> damaged, Consumer<String> damagedIndex) {
        this.repository = repository;
        this.damaged = damaged;
        this.damagedIndex = damagedIndex;
    }

    long objects() {
        return objects;
    }

    void run() {
        each("config/", leaf -> true, (name, bytes) -> repository.checkConfig(name, bytes));
        repository.missingConfig().ifPresent(name -> {
            damaged.accept(name + ": is missing; the key slot in use was made for it");
        });
        each("keys/", leaf -> true, KeySlot::decode);
        each(
                SealedKey.DOMAINS,
                leaf -> true,
                (name, bytes) -> repository.keyring().checkSealed(name, bytes));
        each(
                SealedKey.SESSIONS,
                leaf -> true,
                (name, bytes) -> repository.keyring().checkSealed(name, bytes));
        markers(SnapshotId.SESSIONS, ObjectKind.SESSION);
        markers(SnapshotId.FORGOTTEN, ObjectKind.FORGET_MARKER);
        each(
                Removals.PREFIX,
                leaf -> true,
                (name, bytes) -> Removals.decode(name, repository.sealer().open(ObjectKind.REMOVAL, name, bytes)));
        each(
                Hold.PREFIX,
                leaf -> true,
                (name, bytes) -> Hold.decode(name, repository.sealer().open(ObjectKind.HOLD, name, bytes)));
        markers(CondemnedList.PREFIX, ObjectKind.CONDEMNED_LIST);
        markers(CondemnedList.WAITS_PREFIX, ObjectKind.WAIT_SET);
        each(
                GivenUpPacks.PREFIX,
                MarkerCheck::isId,
                (name, bytes) ->
                        GivenUpPacks.decode(name, repository.sealer().open(ObjectKind.GIVEN_UP_PACKS, name, bytes)));
        each(
                Verdict.PREFIX,
                MarkerCheck::isId,
                (name, bytes) -> Verdict.decode(name, repository.sealer().open(ObjectKind.VERDICT, name, bytes)));
        visit(
                IndexStore.PREFIX,
                IndexStore::isName,
                name -> repository.indexes().readFromStore(name.leaf()).isPresent(),
                what -> damagedIndex.accept(what + Verification.INDEX_HELP));
        each(
                SnapshotId.SNAPSHOTS,
                MarkerCheck::isId,
                (name, bytes) -> repository.snapshots().decode(SnapshotId.parse(name.leaf()), bytes));
        repository.store().list(SnapshotId.HEARTBEATS, object -> {
            objects++;
            if (object.sizeBytes() != 0) {
                damaged.accept(object.name() + ": is not empty");
            }
        });
    }

    private static boolean isId(String leaf) {
        return SnapshotId.find(leaf).isPresent();
    }

    /** Decodes one object, or throws. */
    @FunctionalInterface
    private interface Check {
        void run(ObjectName name, byte[] bytes);
    }

    private void markers(String prefix, ObjectKind kind) {
        each(prefix, MarkerCheck::isId, (name, bytes) -> repository.sealer().open(kind, name, bytes));
    }

    private void each(String prefix, Predicate<String> isName, Check check) {
        visit(
                prefix,
                isName,
                name -> {
                    Optional<ByteBuffer> object = repository.store().get(name);
                    object.ifPresent(content -> check.run(name, Markers.bytes(content)));
                    return object.isPresent();
                },
                damaged);
    }

    /**
     * @param isName whether an object's last part is as it should be here
     * @param isThere checks one object; false where it vanished
     * @param told what is wrong
     */
    private void visit(String prefix, Predicate<String> isName, Predicate<ObjectName> isThere, Consumer<String> told) {
        for (ObjectName name : repository.store().names(prefix)) {
            if (!isName.test(name.leaf())) {
                damaged.accept(name + Verification.STRAY_HELP);
                continue;
            }
            try {
                if (isThere.test(name)) {
                    objects++;
                }
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                    throw e;
                }
                objects++;
                told.accept(String.valueOf(e.getMessage()));
            }
        }
    }
}
