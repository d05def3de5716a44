package io.holdfast.repository;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.Chunker;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SessionKeys;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSource;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.lock.Holds;
import io.holdfast.repository.lock.SnapshotLocks;
import io.holdfast.repository.pack.PackPipeline;
import io.holdfast.repository.pack.PackReader;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.repository.session.SessionEnvironment;
import io.holdfast.repository.session.SessionLock;
import io.holdfast.repository.session.Sessions;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Freshness;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.ObjectCache;
import io.holdfast.repository.snapshot.Removals;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open repository: the place where everything meets. Thread-safe. It borrows the store: who opened that closes it.
 */
public final class Repository implements AutoCloseable {
    private final ObjectStore store;
    private final RepositoryConfig config;
    private final Keyring keyring;
    private final RepositorySettings settings;
    private final Optional<KeySlot> slot;
    private final Optional<Credential> credential;
    private final Sealer sealer;
    private final Markers markers;
    private final Snapshots snapshots;
    private final Removals removals;
    private final Holds holds;
    private final Freshness freshness;
    private final Sessions sessions;
    private final IndexStore indexes;
    private final AtomicReference<@Nullable Index> index = new AtomicReference<>();
    private final List<ChunkReader> readers = new ArrayList<>();
    private final BaseChunks bases;

    private Repository(
            ObjectStore store,
            RepositoryConfig config,
            Keyring keyring,
            Optional<KeySlot> slot,
            Optional<Credential> credential,
            Path cache,
            RepositorySettings settings) {
        this.store = store;
        this.config = config;
        this.keyring = keyring;
        this.settings = settings;
        this.slot = slot;
        this.credential = credential;
        this.sealer = new Sealer(keyring, settings.random());
        this.markers = new Markers(store, sealer);
        keyring.watchEpochs(this::newestConfigNumber);
        keyring.watchSealed(new SealedKeys(store));
        this.snapshots = new Snapshots(store, sealer, new ObjectCache(cache.resolve("snapshots")), settings.warnings());
        this.holds = new Holds(this);
        this.removals = new Removals(store, sealer, snapshots, settings.warnings(), holds::held);
        this.freshness =
                new Freshness(store, sealer, snapshots, removals, this::newestConfigNumber, cache.resolve("seen"));
        this.sessions = new Sessions(store, sealer, snapshots);
        this.bases = newBaseChunks();
        this.indexes = new IndexStore(store, sealer, keyring, cache.resolve("index"), settings.warnings());
    }

    private static Repository opened(
            ObjectStore store,
            RepositoryConfig config,
            Keyring keyring,
            KeySlot slot,
            Credential credential,
            RepositorySettings settings) {
        Path cache = settings.cacheRoot().resolve(config.repositoryId().toHex());
        return new Repository(store, config, keyring, Optional.of(slot), Optional.of(credential), cache, settings);
    }

    /** A new repository and the slot that opens it. */
    public record Created(Repository repository, KeySlot slot) {}

    /** Draws the id of a repository that is to be made. */
    public static Bytes newId(RepositorySettings settings) {
        byte[] id = new byte[16];
        settings.random().nextBytes(id);
        return Bytes.wrap(id);
    }

    /**
     * Makes a repository in an empty store. The key slot goes first and the config, which makes it a repository, last.
     *
     * @throws HoldfastException {@code REFUSED} where there is a repository already
     */
    public static Created create(
            ObjectStore store, Bytes repositoryId, Credential credential, String label, RepositorySettings settings) {
        return create(store, repositoryId, credential, label, settings, Optional.empty());
    }

    /**
     * The same for a repository that remembers the storage class of its data packs.
     *
     * @throws HoldfastException also {@code USAGE} where the store has no such class
     */
    public static Created create(
            ObjectStore store,
            Bytes repositoryId,
            Credential credential,
            String label,
            RepositorySettings settings,
            Optional<String> dataClass) {
        if (exists(store)) {
            throw alreadyThere(store);
        }
        ObjectStore own = dataClass.map(store::withDataClass).orElse(store);
        long now = settings.clock().instant().getEpochSecond();
        long lockSeconds = settings.lockFor().map(Duration::toSeconds).orElse(0L);
        Keyring keyring = Keyring.generate(repositoryId, settings.random());
        KeySlot slot = KeySlot.create(keyring, credential, label, now, settings.random());
        store.put(slot.name(), ByteBuffer.wrap(slot.encode()));
        RepositoryConfig config = new RepositoryConfig(
                repositoryId,
                RepositoryConfig.requiredOfNew(lockSeconds > 0),
                RepositoryConfig.optionalOfNew(dataClass),
                settings.chunker(),
                settings.dataPackBytes(),
                settings.metaPackBytes(),
                now,
                settings.program(),
                lockSeconds);
        byte[] object = config.encode(keyring, Sealer.randomSalt(settings.random()));
        if (store.put(RepositoryConfig.name(1), ByteBuffer.wrap(object)) == PutOutcome.ALREADY_THERE) {
            store.delete(slot.name());
            throw alreadyThere(store);
        }
        return new Created(opened(own, config, keyring, slot, credential, settings), slot);
    }

    /** @throws HoldfastException {@code DAMAGED} where all but the configuration is there */
    public static boolean exists(ObjectStore store) {
        return ConfigObjects.exist(store);
    }

    /** The id of the repository in this store, before any key is known. */
    public static Bytes idOf(ObjectStore store) {
        return ConfigObjects.read(store).config().repositoryId();
    }

    /**
     * Opens a repository with the first credential that opens a key slot.
     *
     * @throws HoldfastException {@code NO_REPOSITORY}, {@code WRONG_KEY}, {@code DAMAGED} or {@code UNSUPPORTED_VERSION}
     */
    public static Repository open(ObjectStore store, List<Credential> credentials, RepositorySettings settings) {
        return open(store, credentials, settings, Optional.empty());
    }

    /**
     * The same for putting data packs into another storage class than the repository remembers.
     *
     * @throws HoldfastException also {@code USAGE} where the store has no such class
     */
    public static Repository open(
            ObjectStore store, List<Credential> credentials, RepositorySettings settings, Optional<String> dataClass) {
        RepositoryConfig.Decoded decoded = ConfigObjects.read(store);
        ObjectName name = ConfigObjects.newest(store).orElseThrow();
        List<ObjectName> slots = keySlotNames(store);
        HoldfastException damage = null;
        List<KeySlot> readable = new ArrayList<>();
        for (ObjectName slotName : slots) {
            try {
                readSlot(store, slotName).ifPresent(readable::add);
            } catch (HoldfastException e) {
                // Another slot may open it all the same.
                damage = unlessWorse(e);
            }
        }
        // A rotation that was cut off leaves the old slot beside the new one.
        readable.sort(Comparator.comparingLong(KeySlot::createdEpochSeconds).reversed());
        for (KeySlot slot : readable) {
            try {
                for (Credential credential : credentials) {
                    Optional<Keyring> keyring = slot.open(credential);
                    if (keyring.isPresent()) {
                        RepositoryConfig config = decoded.checkAuthentic(name, keyring.get());
                        ObjectStore own = dataClass.map(store::withDataClass).orElseGet(() -> config.remembered(store));
                        return opened(own, config, keyring.get(), slot, credential, settings);
                    }
                }
            } catch (HoldfastException e) {
                damage = unlessWorse(e);
            }
        }
        if (slots.isEmpty()) {
            throw HoldfastException.damaged("the key slots of the repository at " + store.describe() + " are missing");
        }
        if (damage != null) {
            throw damage;
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY,
                credentials.isEmpty()
                        ? "no password or key file was given for the repository at " + store.describe()
                        : "wrong password or key file: none of the " + slots.size() + " key slots of "
                                + store.describe() + " opens with it",
                "Set HOLDFAST_PASSWORD, or name a file with --password-file or --key-file.");
    }

    /**
     * Opens a repository for a host that can only add: nothing that is there can be read, nor what it adds once this is closed.
     *
     * @throws HoldfastException {@code WRONG_KEY} where the recipient is of another repository, {@code REFUSED} where the repository takes none
     */
    public static Repository openWriteOnly(
            ObjectStore store, Recipient recipient, HostKey host, RepositorySettings settings) {
        // Nobody can check who wrote it: what it says makes a backup larger or smaller, and gives nothing away.
        RepositoryConfig config = ConfigObjects.read(store).config();
        if (!config.repositoryId().equals(recipient.repositoryId())) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the recipient belongs to repository " + recipient.repositoryId() + ", and " + store.describe()
                            + " is " + config.repositoryId(),
                    "'holdfast key recipient' prints the right one, where the repository is opened.");
        }
        if (!config.hasRecipients()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    store.describe() + " was made by a program that knew no recipients",
                    "Copy it into a new repository: holdfast copy --to URL");
        }
        Duration wanted = settings.lockFor().orElse(Duration.ofSeconds(config.lockSeconds()));
        Instant lockUntil = wanted.isZero()
                ? Instant.EPOCH
                : SnapshotLocks.dateAfter(store, settings.clock().instant(), wanted);
        Keyring keyring = SessionKeys.make(store, recipient, host, lockUntil, settings.random());
        Path cache = settings.cacheRoot()
                .resolve(config.repositoryId().toHex())
                .resolve("host-" + host.domain().toHex());
        return new Repository(
                config.remembered(store), config, keyring, Optional.empty(), Optional.empty(), cache, settings);
    }

    private static HoldfastException unlessWorse(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
        return e;
    }

    /**
     * Checks what can be checked without a key: configuration and key slots, by their checksums.
     *
     * @param checked told of each object
     * @param damaged told what is wrong
     * @throws HoldfastException {@code NO_REPOSITORY} where there is none
     */
    public static void checkWithoutKey(ObjectStore store, Consumer<ObjectName> checked, Consumer<String> damaged) {
        SealedKeys.check(store, checked, damaged);
        try {
            ConfigObjects.read(store);
            checked.accept(ConfigObjects.newest(store).orElseThrow());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            damaged.accept(String.valueOf(e.getMessage()));
        }
        for (ObjectName slot : keySlotNames(store)) {
            try {
                readSlot(store, slot);
                checked.accept(slot);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                    throw e;
                }
                damaged.accept(String.valueOf(e.getMessage()));
            }
        }
    }

    public RepositoryConfig config() {
        return config;
    }

    public Keyring keyring() {
        return keyring;
    }

    public ObjectStore store() {
        return store;
    }

    public Sealer sealer() {
        return sealer;
    }

    public Markers markers() {
        return markers;
    }

    public Snapshots snapshots() {
        return snapshots;
    }

    public Removals removals() {
        return removals;
    }

    public Holds holds() {
        return holds;
    }

    /** What this machine remembers of the repository. */
    public Freshness freshness() {
        return freshness;
    }

    public Sessions sessions() {
        return sessions;
    }

    public IndexStore indexes() {
        return indexes;
    }

    public RepositorySettings settings() {
        return settings;
    }

    public Chunker chunker() {
        return new Chunker(config.chunker(), keyring.gearTable());
    }

    /** The index, loaded once. */
    public Index index() {
        Index loaded = index.get();
        return loaded != null ? loaded : reloadIndex();
    }

    /** The index as it is now. */
    public Index reloadIndex() {
        synchronized (indexes) {
            Index fresh = indexes.loadComplete();
            index.set(fresh);
            return fresh;
        }
    }

    /** The index from the store, whatever the cache holds: the last thing to try before a chunk is said to be lost. */
    public Index refetchIndex() {
        synchronized (indexes) {
            Index fresh = indexes.refetch();
            index.set(fresh);
            return fresh;
        }
    }

    /** The index as readers load it again. */
    private IndexSource indexSource() {
        return new IndexSource() {
            @Override
            public Index reload() {
                return reloadIndex();
            }

            @Override
            public Index refetch() {
                return refetchIndex();
            }
        };
    }

    /**
     * Checks a configuration object, as it is in the store.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not intact and authentic
     */
    public void checkConfig(ObjectName name, byte[] object) {
        RepositoryConfig.decode(name, object).checkAuthentic(name, keyring);
    }

    /** Merges index segments where there are many. */
    public void tidyIndex() {
        synchronized (indexes) {
            index.set(indexes.mergeWhereNeeded(indexes.load()));
        }
    }

    /** A reader of chunks, closed with the repository. */
    public ChunkReader newChunkReader() {
        ChunkReader reader = newChunkReader(index());
        synchronized (readers) {
            readers.add(reader);
        }
        return reader;
    }

    /** A reader of chunks that starts with this index; the caller closes it. */
    public ChunkReader newChunkReader(Index start) {
        return new ChunkReader(this, start, indexSource());
    }

    /** Reads frames, deltas among them; the caller closes it. */
    public PackReader newPackReader() {
        return new PackReader(store, keyring, bases);
    }

    /** Reads what deltas are built on, without anything in memory that was read before; the caller closes it. */
    public BaseChunks newBaseChunks() {
        return new BaseChunks(store, keyring, this::index, indexSource());
    }

    /** Reads chunks for many threads at once, and keeps so much of decoded frames; the caller closes it. */
    public ChunkCache newChunkCache(long frameBytes) {
        return new ChunkCache(store, keyring, bases, this::index, indexSource(), place -> true, frameBytes);
    }

    /** Registers a writer. */
    public WriteSession beginSession(String purpose) {
        return WriteSession.begin(locking(sessionEnvironment()), purpose);
    }

    /** The same for content of which small parts are read: so much of it shares a frame. */
    public WriteSession beginSession(String purpose, int frameBytes) {
        return WriteSession.begin(
                locking(sessionEnvironment(new PackPipeline.PackSizes(config.dataPackBytes(), config.metaPackBytes())
                        .withFrames(frameBytes))),
                purpose);
    }

    /**
     * Who opened the repository with a slot that a rotation has replaced would go on with a key that others may have: where the store would not let the
     * slot go yet, it still opens.
     *
     * @throws HoldfastException {@code WRONG_KEY} where there is a newer epoch, and a slot that has it
     */
    private void requireNewestKey() {
        int newest = newestConfigNumber();
        if (keyring.isWriteOnly()
                || slot.isEmpty()
                || newest <= keyring.currentEpoch()
                || !isLocked(slot.get().name())) {
            return; // A slot that is no lock's is there because a rotation goes on, or was cut off.
        }
        for (ObjectName name : keySlotNames()) {
            try {
                if (keySlot(name)
                        .filter(other ->
                                other.createdEpochSeconds() > slot.get().createdEpochSeconds())
                        .isPresent()) {
                    throw new HoldfastException(
                            ErrorCode.WRONG_KEY,
                            "key epoch " + newest
                                    + " has begun, and the key that opened the repository does not have it: a"
                                    + " 'key rotate' has dropped it; nothing was saved",
                            "Use a key or passphrase that was kept. If that 'key rotate' was cut off, run it again with the secrets of all slots.");
                }
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
                    throw e;
                }
            }
        }
    }

    private boolean isLocked(ObjectName name) {
        return store.capabilities().locks()
                && store.stat(name)
                        .map(ObjectStat::lockedUntil)
                        .orElse(Instant.EPOCH)
                        .isAfter(settings.clock().instant());
    }

    /** With the lock that this process or the repository is set to. */
    private SessionEnvironment locking(SessionEnvironment environment) {
        requireNewestKey();
        Duration wanted = settings.lockFor().orElse(Duration.ofSeconds(config.lockSeconds()));
        if (wanted.isZero()) {
            return environment;
        }
        SnapshotLocks locks = new SnapshotLocks(this);
        return environment.withLock(new SessionLock(locks.dateAfter(wanted), locks::lock));
    }

    /** For what takes the place of what these objects hold or reach: locked as long as the store has locked them. */
    public SessionEnvironment repairEnvironment(Collection<ObjectName> replaced) {
        SnapshotLocks locks = new SnapshotLocks(this);
        Instant latest = locks.latestOf(replaced);
        return latest.equals(Instant.EPOCH)
                ? sessionEnvironment()
                : sessionEnvironment().withLock(new SessionLock(latest, locks::lock));
    }

    /** Until when configuration and key slots are locked; what replaces them has to be, too. */
    Instant keysLockedUntil() {
        return store.capabilities().locks()
                ? store.stat(configName()).map(ObjectStat::lockedUntil).orElse(Instant.EPOCH)
                : Instant.EPOCH;
    }

    /** Of a session without a lock. */
    public SessionEnvironment sessionEnvironment() {
        return sessionEnvironment(new PackPipeline.PackSizes(config.dataPackBytes(), config.metaPackBytes()));
    }

    private SessionEnvironment sessionEnvironment(PackPipeline.PackSizes sizes) {
        return new SessionEnvironment(
                store,
                keyring,
                sealer,
                markers,
                snapshots,
                sessions,
                indexes,
                Optional.empty(),
                config.hasDeltas() && !keyring.isWriteOnly() ? Optional.of(bases) : Optional.empty(),
                sizes,
                settings.threads(),
                HostIdentity.ofThisProcess(),
                settings.random(),
                settings.clock(),
                settings.waits());
    }

    /** The newest configuration object. */
    public ObjectName configName() {
        return ConfigObjects.newest(store).orElseThrow(() -> ConfigObjects.missing(store));
    }

    /** The slot that opened this repository. */
    public KeySlot slotInUse() {
        return slot.orElseThrow(() -> new IllegalStateException("opened with a recipient alone"));
    }

    /** Names of all key slots, intact or not. */
    public List<ObjectName> keySlotNames() {
        return keySlotNames(store);
    }

    /**
     * The slot of this name, or empty where it was removed meanwhile.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not intact
     */
    public Optional<KeySlot> keySlot(ObjectName name) {
        return readSlot(store, name);
    }

    /** Adds a slot that opens the repository with this credential. */
    public KeySlot addKeySlot(Credential credential, String label) {
        KeySlot added = KeySlot.create(
                keyring, credential, label, settings.clock().instant().getEpochSecond(), settings.random());
        store.put(added.name(), List.of(ByteBuffer.wrap(added.encode())), keysLockedUntil());
        requireNotRotated(() -> Deletes.unlessRefused(store, added.name()));
        return added;
    }

    /** A slot made or removed on what is known of a time before a rotation could be, or have been, the only one with some key. */
    private void requireNotRotated(Runnable undo) {
        int newest = newestConfigNumber();
        if (newest > keyring.currentEpoch()) {
            undo.run();
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "a key rotation has begun key epoch " + newest
                            + ", which the slot in use does not have; nothing was changed",
                    "Run it again. If that does not help, a 'key rotate' was cut off: run that again with the secrets of all slots.");
        }
    }

    /**
     * Removes a slot: its password or key file opens the repository no more. Whoever has a copy of the slot and the password still
     * has the keys; nothing that was stored is encrypted anew.
     *
     * @throws HoldfastException {@code REFUSED} for the slot in use. Another one has to open the repository to remove it, which
     *     proves that there is one.
     */
    public void removeKeySlot(ObjectName name) {
        if (name.equals(slotInUse().name())) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "key slot " + name.leaf() + " opened the repository just now and stays",
                    keySlotNames().size() == 1
                            ? "It is the only one: add another with 'holdfast key add', and open the repository with that."
                            : "To remove it, open the repository with another key or password.");
        }
        requireNotRotated(() -> {});
        store.delete(name);
    }

    /** Whether a key slot opens with this. */
    public boolean opensWith(Credential other) {
        for (ObjectName name : keySlotNames()) {
            try {
                if (keySlot(name).flatMap(each -> each.open(other)).isPresent()) {
                    return true;
                }
            } catch (HoldfastException e) {
                unlessWorse(e);
            }
        }
        return false;
    }

    /**
     * Gives the repository a new master key. This object goes on with the old ones, and cannot read what is written under the new one.
     *
     * @param further besides what opened the repository, opens slots that stay
     * @param dropOthers removes slots that nothing given opens, instead of refusing
     * @param takeOver gives up what a rotation has begun of which no opened slot knows, instead of refusing
     * @throws HoldfastException {@code REFUSED} where slots would be lost, or somebody else rotates at the same time; nothing was changed
     */
    public RotatedKeys rotateKeys(List<Credential> further, boolean dropOthers, boolean takeOver) {
        List<Credential> all = new ArrayList<>(List.of(credential.orElseThrow()));
        all.addAll(further);
        return new KeyRotation(this, all).run(dropOthers, takeOver);
    }

    /**
     * How a rotation ended.
     *
     * @param epoch of the new master key
     * @param kept slots that have it now
     * @param dropped slots that were opened by nothing that was given
     * @param locked old slots that the store does not let go yet
     */
    public record RotatedKeys(int epoch, int kept, int dropped, int locked) {}

    /** The configuration that a rotation put before it made the slot in use (step K2), where none so new is there any more. */
    public Optional<ObjectName> missingConfig() {
        return newestConfigNumber() < keyring.currentEpoch()
                ? Optional.of(RepositoryConfig.name(keyring.currentEpoch()))
                : Optional.empty();
    }

    int newestConfigNumber() {
        String leaf = ConfigObjects.newest(store)
                .orElseThrow(() -> ConfigObjects.missing(store))
                .leaf();
        return Integer.parseUnsignedInt(leaf, 16);
    }

    @Override
    public void close() {
        synchronized (readers) {
            readers.forEach(ChunkReader::close);
            readers.clear();
        }
        bases.close();
    }

    private static List<ObjectName> keySlotNames(ObjectStore store) {
        List<ObjectName> names = new ArrayList<>();
        store.list("keys/", object -> names.add(object.name()));
        return names;
    }

    private static Optional<KeySlot> readSlot(ObjectStore store, ObjectName name) {
        return store.get(name).map(object -> {
            byte[] bytes = new byte[object.remaining()];
            object.get(bytes);
            return KeySlot.decode(name, bytes);
        });
    }

    private static HoldfastException alreadyThere(ObjectStore store) {
        return new HoldfastException(
                ErrorCode.REFUSED,
                "there is a repository at " + store.describe() + " already",
                "Use it, or choose another place; nothing was changed.");
    }
}
