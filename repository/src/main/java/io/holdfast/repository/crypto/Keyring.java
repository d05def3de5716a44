package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.storage.ObjectName;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.IntSupplier;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;

/**
 * The secrets of a repository: a master key per epoch and the id key of its deduplication domain. Its keys never change; safe for many
 * threads. Never stored but wrapped in a {@link KeySlot}.
 */
public final class Keyring {
    static final int KEY_BYTES = 32;

    private final Bytes repositoryId;
    private final SortedMap<Integer, byte[]> masterKeys;
    private final int currentEpoch;
    private final byte[] idKey;
    /** Whether these are the keys of one session alone, of a host that can read nothing else. */
    private final boolean writeOnly;

    private volatile IntSupplier newestEpoch = () -> 0;
    private volatile SealedSource sealed = SealedSource.NONE;
    private final ConcurrentMap<Integer, byte[]> sessionKeys = new ConcurrentHashMap<>();
    private final Map<ObjectName, byte[]> domainKeys = new LinkedHashMap<>();

    private Keyring(
            Bytes repositoryId,
            SortedMap<Integer, byte[]> masterKeys,
            int currentEpoch,
            byte[] idKey,
            boolean writeOnly) {
        this.writeOnly = writeOnly;
        this.repositoryId = repositoryId;
        this.masterKeys = masterKeys;
        this.currentEpoch = currentEpoch;
        this.idKey = idKey;
    }

    /** New random keys, in epoch 1. */
    public static Keyring generate(Bytes repositoryId, SecureRandom random) {
        return new Keyring(repositoryId, new TreeMap<>(Map.of(1, randomKey(random))), 1, randomKey(random), false);
    }

    /** The keys of a session of a host that can only write: a new random master key. */
    static Keyring ofSession(Bytes repositoryId, int epoch, byte[] masterKey, byte[] idKey) {
        return new Keyring(repositoryId, new TreeMap<>(Map.of(epoch, masterKey)), epoch, idKey, true);
    }

    /** Where keys that were sealed for a recipient of this repository are found. */
    public interface SealedSource {
        SealedSource NONE = new SealedSource() {
            @Override
            public Optional<byte[]> get(ObjectName name) {
                return Optional.empty();
            }

            @Override
            public List<ObjectName> domains() {
                return List.of();
            }
        };

        Optional<byte[]> get(ObjectName name);

        /** Names of all id keys. */
        List<ObjectName> domains();
    }

    /** Tells where the keys of hosts are that can only write. */
    public void watchSealed(SealedSource source) {
        sealed = source;
    }

    /** Whether these are the keys of one session alone: nothing else can be read, and nobody else's authentication checked. */
    public boolean isWriteOnly() {
        return writeOnly;
    }

    /** For whom hosts seal that can only write. */
    public Recipient recipient() {
        return new Recipient(
                repositoryId,
                currentEpoch,
                Bytes.wrap(recipientKey(currentEpoch, "recipient")
                        .generatePublicKey()
                        .getEncoded()));
    }

    /**
     * Opens a key that was sealed for a recipient of this repository.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not what was sealed under this name
     */
    public void checkSealed(ObjectName name, byte[] object) {
        SealedKey ignored = SealedKey.open(name, object, this);
    }

    X25519PrivateKeyParameters recipientKey(int epoch, String name) {
        return new X25519PrivateKeyParameters(
                Hkdf.derive(masterKey(epoch, name), repositoryId.toByteArray(), "holdfast recipient", KEY_BYTES), 0);
    }

    /**
     * The id keys of hosts that can only write; those that cannot be opened are left out. Those that are known stay, in their order; others come after them.
     *
     * @param known where no more than so many are known, looks for further ones: a host may have come since
     */
    public List<byte[]> domainIdKeys(int known) {
        synchronized (domainKeys) {
            if (domainKeys.size() <= known) {
                sealed.domains().forEach(this::openDomain);
            }
            return List.copyOf(domainKeys.values());
        }
    }

    /** Objects under names of id keys that are none, or damaged. */
    public List<ObjectName> unreadableDomains() {
        synchronized (domainKeys) {
            List<ObjectName> names = sealed.domains();
            names.forEach(this::openDomain);
            return names.stream()
                    .filter(name -> SealedKey.isDomain(name) && !domainKeys.containsKey(name))
                    .toList();
        }
    }

    private void openDomain(ObjectName name) {
        if (domainKeys.containsKey(name)) {
            return;
        }
        try {
            sealed.get(name)
                    .map(object -> SealedKey.open(name, object, this))
                    .ifPresent(key -> domainKeys.put(name, key.key().toByteArray()));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.WRONG_KEY) {
                throw e;
            }
        }
    }

    /**
     * The same with a new random master key, under which everything is encrypted from now on.
     *
     * @param epoch above the current one, and given to nobody else
     */
    public Keyring withEpoch(int epoch, SecureRandom random) {
        if (epoch <= currentEpoch) {
            throw new IllegalArgumentException("epoch " + epoch + " after " + currentEpoch);
        }
        SortedMap<Integer, byte[]> keys = new TreeMap<>(masterKeys);
        keys.put(epoch, randomKey(random));
        return new Keyring(repositoryId, keys, epoch, idKey, false);
    }

    /**
     * The master keys of both; the later current epoch.
     *
     * @throws HoldfastException {@code DAMAGED} where one epoch has two keys
     */
    public Keyring with(Keyring other) {
        SortedMap<Integer, byte[]> keys = new TreeMap<>(masterKeys);
        other.masterKeys.forEach((epoch, key) -> {
            byte[] known = keys.putIfAbsent(epoch, key);
            if (known != null && !MessageDigest.isEqual(known, key)) {
                throw HoldfastException.damaged("key epoch " + epoch + " has two keys");
            }
        });
        return new Keyring(repositoryId, keys, keys.lastKey(), idKey, false);
    }

    /**
     * Tells which epochs there are, besides those known here: what was written under one of them is not damaged.
     *
     * @param newest asked for the newest epoch when an unknown one is met
     */
    public void watchEpochs(IntSupplier newest) {
        newestEpoch = newest;
    }

    public Bytes repositoryId() {
        return repositoryId;
    }

    /** The epochs of which there is a master key, ascending. */
    public List<Integer> epochs() {
        return List.copyOf(masterKeys.keySet());
    }

    public int currentEpoch() {
        return currentEpoch;
    }

    /** The key of chunk ids: HMAC-SHA-256 under it. Read only. */
    public byte[] idKey() {
        return idKey;
    }

    /** The secret table of the chunker, 256 words. */
    public long[] gearTable() {
        return naming().gearTable();
    }

    /** The key of what a host keeps on its own disk of the tree that it saved last. */
    public byte[] keptTreeKey(byte[] salt) {
        return naming().keptTreeKey(salt);
    }

    /** What cuts and names chunks, and decrypts nothing. */
    public NamingKeys naming() {
        return new NamingKeys(repositoryId, idKey);
    }

    /** Authenticates the repository's configuration. */
    public byte[] configMac(byte[] config) {
        return Sealer.hmac(Hkdf.derive(idKey, repositoryId.toByteArray(), "holdfast config", KEY_BYTES))
                .doFinal(config);
    }

    /** The encryption key of the object with this envelope. */
    public byte[] encryptionKey(Envelope envelope, String name) {
        return Hkdf.derive(masterKey(envelope.epoch(), name), envelope.salt(), "holdfast encrypt", KEY_BYTES);
    }

    byte[] authenticationKey(Envelope envelope, String name) {
        return Hkdf.derive(masterKey(envelope.epoch(), name), envelope.salt(), "holdfast authenticate", KEY_BYTES);
    }

    private byte[] masterKey(int epoch, String name) {
        byte[] key = masterKeys.get(epoch);
        if (key == null && writeOnly) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    name + ": cannot be read with a recipient alone, which can only add",
                    "Open the repository with a password or key file.");
        }
        if (key == null && epoch < 0) {
            return sessionKey(epoch, name);
        }
        if (key == null && epoch >= 1 && epoch <= newestEpoch.getAsInt()) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    name + ": was written under key epoch " + epoch
                            + ", which the key in use does not have: a 'key rotate' has dropped this key, or goes on just now, or was cut off",
                    "If keys are being rotated, run this command again. Else use a key or passphrase that was kept; where the rotation was cut off,"
                            + " run 'key rotate' again with the secrets of all slots.");
        }
        if (key == null) {
            throw HoldfastException.damaged(
                    name + ": names key epoch " + epoch + ", which this repository does not have");
        }
        return key;
    }

    private byte[] sessionKey(int epoch, String name) {
        return sessionKeys.computeIfAbsent(epoch, wanted -> {
            ObjectName at = SealedKey.nameOf(wanted);
            return sealed.get(at)
                    .map(object -> SealedKey.open(at, object, this).key().toByteArray())
                    .orElseThrow(() ->
                            HoldfastException.damaged(name + ": the key it was written under, " + at + ", is missing"));
        });
    }

    byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(4).unsigned(0).bytes(repositoryId.unsafeArray()).unsigned(1).map(masterKeys.size());
        masterKeys.forEach((epoch, key) -> out.unsigned(epoch).bytes(key));
        out.unsigned(2).unsigned(currentEpoch).unsigned(3).bytes(idKey);
        return out.toByteArray();
    }

    static Keyring decode(byte[] encoded, String name) {
        CborReader in = new CborReader(encoded, name);
        if (in.map() != 4) {
            throw in.damaged("another number of keyring fields");
        }
        in.field(0);
        Bytes repositoryId = Bytes.wrap(in.bytes(16));
        in.field(1);
        SortedMap<Integer, byte[]> masterKeys = new TreeMap<>();
        int epoch = 0;
        for (int left = in.map(); left > 0; left--) {
            epoch = in.key(epoch);
            masterKeys.put(epoch, in.bytes(KEY_BYTES));
        }
        in.field(2);
        int current = in.unsigned(Integer.MAX_VALUE);
        in.field(3);
        byte[] idKey = in.bytes(KEY_BYTES);
        in.finish();
        if (!masterKeys.containsKey(current)) {
            throw in.damaged("a current epoch without a key");
        }
        return new Keyring(repositoryId, masterKeys, current, idKey, false);
    }

    private static byte[] randomKey(SecureRandom random) {
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        return key;
    }
}
