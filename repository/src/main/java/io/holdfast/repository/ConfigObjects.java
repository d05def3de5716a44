package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Finds the configuration in a store, before any key is known; the newest one counts. */
final class ConfigObjects {
    private ConfigObjects() {}

    static boolean exist(ObjectStore store) {
        boolean there = newest(store).isPresent();
        if (!there && lacksOnlyItsConfig(store)) {
            throw missing(store);
        }
        return there;
    }

    /** Snapshots or packs. A key slot alone is what an {@link Repository#create} leaves that was cut off. */
    private static boolean lacksOnlyItsConfig(ObjectStore store) {
        boolean[] there = new boolean[1];
        for (String prefix : List.of(SnapshotId.SNAPSHOTS, PackKind.DATA.prefix(), PackKind.META.prefix())) {
            store.list(prefix, object -> there[0] = true);
        }
        return there[0];
    }

    static HoldfastException missing(ObjectStore store) {
        return HoldfastException.damaged(
                "the repository at " + store.describe() + " has lost its configuration, " + RepositoryConfig.name(1));
    }

    static RepositoryConfig.Decoded read(ObjectStore store) {
        ObjectName name = newest(store)
                .orElseThrow(() -> lacksOnlyItsConfig(store)
                        ? missing(store)
                        : new HoldfastException(
                                ErrorCode.NO_REPOSITORY,
                                "there is no repository at " + store.describe(),
                                "Check the path, or make one with 'holdfast init'."));
        ByteBuffer object =
                store.get(name).orElseThrow(() -> HoldfastException.damaged(name + ": was listed and cannot be read"));
        byte[] bytes = new byte[object.remaining()];
        object.get(bytes);
        return RepositoryConfig.decode(name, bytes);
    }

    static Optional<ObjectName> newest(ObjectStore store) {
        ObjectName[] newest = new ObjectName[1];
        store.list(RepositoryConfig.PREFIX, object -> {
            // A directory of that name may belong to something else altogether.
            if (RepositoryConfig.isName(object.name())) {
                newest[0] = object.name();
            }
        });
        return Optional.ofNullable(newest[0]);
    }
}
