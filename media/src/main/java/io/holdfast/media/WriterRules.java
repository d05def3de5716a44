package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a host may do that backs up into its vault (rules V5 to V9 of docs/server.md). Thread-safe. */
final class WriterRules implements VaultRules {
    private static final long SMALL_BYTES = 64 << 10;
    private static final long MANIFEST_BYTES = 16 << 20;
    private static final long LARGE_BYTES = 64 << 20;
    private static final ObjectName CONFIGURATION = ObjectName.of("config/00000001");
    private static final String ID = "(?<id>[0-9a-f]{8}-[0-9a-f]{32})";

    private final ObjectStore store;
    private final Runnable confirm;
    private final Consumer<SnapshotId> committed;
    /** Sessions that were put through this access. */
    private final Set<SnapshotId> own = ConcurrentHashMap.newKeySet();

    /** The kinds that a writer puts, by their names. */
    private enum Kind {
        CONFIGURATION("config/00000001", SMALL_BYTES),
        KEY_SLOT("keys/[0-9a-f]{32}", SMALL_BYTES),
        DOMAIN("domains/[0-9a-f]{32}", SMALL_BYTES),
        SEALED_KEY("sealed/[89a-f][0-9a-f]{7}", SMALL_BYTES),
        SESSION("sessions/" + ID, SMALL_BYTES),
        HEARTBEAT("heartbeats/" + ID + "\\.[0-9a-f]{8}", 0),
        SNAPSHOT("snapshots/" + ID, MANIFEST_BYTES),
        INDEX_SEGMENT("index/(?<hash>[0-9a-f]{64})", LARGE_BYTES),
        PACK("packs/(?:data|meta)/(?<start>[0-9a-f]{2})/(?<hash>\\k<start>[0-9a-f]{62})", LARGE_BYTES);

        private final Pattern pattern;
        private final long mostBytes;

        Kind(String pattern, long mostBytes) {
            this.pattern = Pattern.compile(pattern);
            this.mostBytes = mostBytes;
        }
    }

    private record Known(Kind kind, Matcher matcher) {
        SnapshotId id() {
            return SnapshotId.parse(matcher.group("id"));
        }
    }

    /**
     * @param confirm renews the lease of the job, or throws
     * @param committed told of each manifest that was stored
     */
    WriterRules(ObjectStore store, Runnable confirm, Consumer<SnapshotId> committed) {
        this.store = store;
        this.confirm = confirm;
        this.committed = committed;
    }

    private static Optional<Known> known(ObjectName name) {
        for (Kind kind : Kind.values()) {
            Matcher matcher = kind.pattern.matcher(name.value());
            if (matcher.matches()) {
                return Optional.of(new Known(kind, matcher));
            }
        }
        return Optional.empty();
    }

    private static HoldfastException refused(String why) {
        return new HoldfastException(ErrorCode.REFUSED, why, "This takes the key and the store: holdfast --repo URL.");
    }

    private static Known requireKnown(ObjectName name) {
        return known(name).orElseThrow(() -> refused(name + " is nothing that a host puts into its vault"));
    }

    @Override
    public long requirePut(ObjectName name) {
        Known known = requireKnown(name);
        if (known.kind == Kind.HEARTBEAT || known.kind == Kind.SNAPSHOT) {
            requireOwn(name, known.id());
        }
        return known.kind.mostBytes;
    }

    private void requireOwn(ObjectName name, SnapshotId id) {
        if (!own.contains(id)) {
            throw refused(name + " belongs to a session that is not of this job");
        }
    }

    @Override
    public void check(ObjectName name, ReceivedObject content) {
        Known known = requireKnown(name);
        switch (known.kind) {
            case KEY_SLOT -> {
                if (store.stat(CONFIGURATION).isPresent()) {
                    throw refused("the vault has its keys already");
                }
            }
            case INDEX_SEGMENT, PACK -> {
                if (!known.matcher.group("hash").equals(content.sha256())) {
                    throw HoldfastException.damaged(name + " came with other bytes than those of its name");
                }
            }
            case SNAPSHOT -> {
                var ignored = kind(name, content);
                confirm.run();
            }
            default -> {
                // Whoever has the key finds out what it is.
            }
        }
    }

    private static ObjectKind kind(ObjectName name, ReceivedObject content) {
        return Sealer.kindOf(content.bytes(), name, ObjectKind.MANIFEST, ObjectKind.TOMBSTONE);
    }

    @Override
    public void stored(ObjectName name, ReceivedObject content) {
        Known known = requireKnown(name);
        switch (known.kind) {
            case SESSION -> own.add(known.id());
            case SNAPSHOT -> {
                if (kind(name, content) == ObjectKind.MANIFEST) {
                    committed.accept(known.id());
                }
            }
            default -> {
                // Nobody waits for it.
            }
        }
    }

    @Override
    public void requireDelete(ObjectName name) {
        Known known = requireKnown(name);
        switch (known.kind) {
            case HEARTBEAT -> requireOwn(name, known.id());
            case SESSION -> {
                requireOwn(name, known.id());
                if (store.stat(known.id().snapshotName()).isEmpty()) {
                    throw refused(name + " is of a session that has not ended");
                }
            }
            default -> throw refused(name + " is nothing that a host deletes from its vault");
        }
    }
}
