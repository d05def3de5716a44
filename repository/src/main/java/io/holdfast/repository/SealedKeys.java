package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.SealedKey;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The sealed keys in a store. */
record SealedKeys(ObjectStore store) implements Keyring.SealedSource {
    @Override
    public Optional<byte[]> get(ObjectName name) {
        requireReasonable(store, name);
        return store.get(name).map(Markers::bytes);
    }

    /** Whoever may put could put anything there. */
    private static void requireReasonable(ObjectStore store, ObjectName name) {
        if (store.stat(name).map(ObjectStat::sizeBytes).orElse(0L) > SealedKey.MAX_BYTES) {
            throw HoldfastException.damaged(name + ": is too large for a sealed key");
        }
    }

    @Override
    public List<ObjectName> domains() {
        return store.names(SealedKey.DOMAINS);
    }

    /** Checks what can be checked without a key. */
    static void check(ObjectStore store, Consumer<ObjectName> checked, Consumer<String> damaged) {
        for (String prefix : List.of(SealedKey.SESSIONS, SealedKey.DOMAINS)) {
            for (ObjectName name : store.names(prefix)) {
                try {
                    requireReasonable(store, name);
                    store.get(name).ifPresent(object -> {
                        SealedKey.check(name, Markers.bytes(object));
                        checked.accept(name);
                    });
                } catch (HoldfastException e) {
                    if (e.code() != ErrorCode.DAMAGED) {
                        throw e;
                    }
                    damaged.accept(String.valueOf(e.getMessage()));
                }
            }
        }
    }
}
