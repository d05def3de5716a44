package io.holdfast.repository;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.chunk.ChunkHasher;
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
import io.holdfast.repository.session.BackupTarget;
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
import io.holdfast.repository.tree.KeptTree;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open repository: the place where everything meets. Thread-safe. It borrows the store: who opened that closes it.
 */
public final class Repository implements BackupTarget, AutoCloseable {
    private final ObjectStore store;
    private final RepositoryConfig config;
    private final Keyring keyring;
    private final RepositorySettings settings;
    private final KeySlots keySlots;
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
    private final Path scratch;
    private final Path keptTrees;
    private final Path youngGarbage;

    private Repository(
            ObjectStore store,
            RepositoryConfig config,
            Keyring keyring,
            Optional<KeySlots.Unlocked> unlocked,
            Path cache,
            RepositorySettings settings) {
        this.store = store;
        this.config = config;
        this.keyring = keyring;
        this.settings = settings;
        this.keySlots = new KeySlots(this, unlocked);
        this.sealer = new Sealer(keyring, settings.random());
        this.markers = new Markers(store, sealer);
        keyring.watchEpochs(this::newestConfigNumber);
        keyring.watchSealed(new SealedKeys(store));
        this.snapshots = new Snapshots(store, sealer, new ObjectCache(cache.resolve("snapshots")), settings.warnings());
        this.holds = new Holds(this);
        this.removals = new Removals(store, sealer, snapshots, settings.warnings(), holds::held);
        this.freshness = new Freshness(markers, snapshots, removals, this::newestConfigNumber, cache.resolve("seen"));
        this.sessions = new Sessions(store, sealer, snapshots);
        this.bases = newBaseChunks();
        this.indexes = new IndexStore(store, sealer, keyring, cache.resolve("index"), settings.warnings());
        this.scratch = cache.resolve("scratch");
        this.keptTrees = cache.resolve("trees");
        this.youngGarbage = cache.resolve("young-garbage");
    }

    private static Repository opened(
            ObjectStore store, RepositoryConfig config, KeySlots.Unlocked unlocked, RepositorySettings settings) {
        Path cache = settings.cacheRoot().resolve(config.repositoryId().toHex());
        return new Repository(store, config, unlocked.keyring(), Optional.of(unlocked), cache, settings);
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
        return new Created(opened(own, config, new KeySlots.Unlocked(slot, credential, keyring), settings), slot);
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
        return KeySlots.unlock(store, credentials, unlocked -> {
            RepositoryConfig config = decoded.checkAuthentic(name, unlocked.keyring());
            ObjectStore own = dataClass.map(store::withDataClass).orElseGet(() -> config.remembered(store));
            return opened(own, config, unlocked, settings);
        });
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
        return new Repository(config.remembered(store), config, keyring, Optional.empty(), cache, settings);
    }

    /**
     * Checks what can be checked without a key: configuration and key slots, by their checksums.
     *
     * @param checked told of each object
     * @param damaged told what is wrong
     * @throws HoldfastException {@code NO_REPOSITORY} where there is none
     */
    public static void checkWithoutKey(ObjectStore store, Consumer<ObjectName> checked, Consumer<String> damaged) {
        try {
            ConfigObjects.read(store);
            checked.accept(ConfigObjects.newest(store).orElseThrow());
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            damaged.accept(String.valueOf(e.getMessage()));
        }
        SealedKeys.check(store, checked, damaged);
        KeySlots.check(store, checked, damaged);
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

    /** What opens the repository. */
    public KeySlots keySlots() {
        return keySlots;
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

    @Override
    public RepositorySettings settings() {
        return settings;
    }

    @Override
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

    /** A directory for what does not fit into memory, of no worth when the process ends; it may be missing, or without space. */
    public Path scratch() {
        return scratch;
    }

    /** A directory for what a host that can only write keeps of what it saved ({@link KeptTree}); it may be missing. */
    public Path keptTrees() {
        return keptTrees;
    }

    @Override
    public Optional<KeptTree.Home> ownTrees() {
        return keyring.isWriteOnly()
                ? Optional.of(new KeptTree.Home(keptTrees, keyring::keptTreeKey))
                : Optional.empty();
    }

    @Override
    public Optional<Bytes> newestVerdictHash() {
        return snapshots.newestVerdictHash();
    }

    @Override
    public ChunkHasher newHasher() {
        return new ChunkHasher(keyring.idKey());
    }

    /** A file in which a collection remembers what may belong to backups under way; it may be missing. */
    public Path youngGarbage() {
        return youngGarbage;
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
    @Override
    public void tidyIndex() {
        synchronized (indexes) {
            index.set(indexes.mergeWhereNeeded(indexes.load()));
        }
    }

    /** A reader of chunks, closed with the repository. */
    @Override
    public ChunkReader newChunkReader() {
        ChunkReader reader = newChunkReader(index());
        synchronized (readers) {
            readers.add(reader);
        }
        reader.onClose(this::forget);
        return reader;
    }

    private void forget(ChunkReader reader) {
        synchronized (readers) {
            readers.remove(reader);
        }
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
    @Override
    public WriteSession beginSession(String purpose) {
        return WriteSession.begin(locking(sessionEnvironment()), purpose);
    }

    /** The same for content of which small parts are read: so much of it shares a frame. */
    @Override
    public WriteSession beginSession(String purpose, int frameBytes) {
        return WriteSession.begin(
                locking(sessionEnvironment(new PackPipeline.PackSizes(config.dataPackBytes(), config.metaPackBytes())
                        .withFrames(frameBytes))),
                purpose);
    }

    /**
     * The same with what is said for this session alone.
     *
     * @param lockFor how long what it makes is locked, by this machine's clock, whatever snapshots say of theirs; absent for what this process or the repository is
     *     set to
     * @param dataClass of its data packs; absent for what the repository remembers
     * @throws HoldfastException {@code REFUSED} where the store cannot lock, {@code USAGE} where it has no such class
     */
    public WriteSession beginSession(
            String purpose, int frameBytes, Optional<Duration> lockFor, Optional<String> dataClass) {
        SessionEnvironment usual = sessionEnvironment(
                new PackPipeline.PackSizes(config.dataPackBytes(), config.metaPackBytes()).withFrames(frameBytes));
        SessionEnvironment environment = dataClass
                .map(name -> usual.withStore(store.withDataClass(name)))
                .orElse(usual);
        if (lockFor.isEmpty()) {
            return WriteSession.begin(locking(environment), purpose);
        }
        keySlots.requireNewestKey();
        SnapshotLocks locks = new SnapshotLocks(this);
        Instant until = SnapshotLocks.dateAfter(store, settings.clock().instant(), lockFor.get());
        return WriteSession.begin(environment.withLock(new SessionLock(until, locks::lock)), purpose);
    }

    /** With the lock that this process or the repository is set to. */
    private SessionEnvironment locking(SessionEnvironment environment) {
        keySlots.requireNewestKey();
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
        List<ChunkReader> open;
        synchronized (readers) {
            open = List.copyOf(readers);
            readers.clear();
        }
        open.forEach(ChunkReader::close);
        bases.close();
    }

    private static HoldfastException alreadyThere(ObjectStore store) {
        return new HoldfastException(
                ErrorCode.REFUSED,
                "there is a repository at " + store.describe() + " already",
                "Use it, or choose another place; nothing was changed.");
    }
}
