package io.holdfast.repository;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a repository is (docs/repository-format.md, section 5).
 *
 * @param required features without which it cannot be read, each with the oldest program version that knows it
 * @param optional features a reader may ignore
 * @param dataPackBytes size at which a data pack is closed
 * @param lockSeconds how long snapshots are locked unless their writer says otherwise; 0 for no lock
 */
public record RepositoryConfig(
        Bytes repositoryId,
        SortedMap<String, String> required,
        SortedMap<String, String> optional,
        ChunkerParameters chunker,
        int dataPackBytes,
        int metaPackBytes,
        long createdEpochSeconds,
        String program,
        long lockSeconds) {
    static final String PREFIX = "config/";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9a-f]{8}");
    private static final int ID_BYTES = 16;
    private static final int MIN_PACK_BYTES = 64 << 10;
    private static final int MAX_PACK_BYTES = 128 << 20;
    /** Without the lock. */
    private static final int FIELDS = 9;

    private static final int MAC_BYTES = 32;
    /** Frames that hold what differs from other chunks. */
    private static final String DELTA = "delta";
    /** There may be hosts that can only write. */
    private static final String RECIPIENT = "recipient";
    /** Snapshots are locked, which all writers have to do. */
    private static final String LOCK = "lock";

    /** Begins the name of an optional feature: the storage class in which data packs are put follows. */
    private static final String DATA_CLASS = "data-class=";

    private static final String DATA_CLASS_SINCE = "0.1";

    /** The features that this program knows, and the version that knew them first. */
    private static final SortedMap<String, String> KNOWN =
            new TreeMap<>(Map.of(DELTA, "0.1", RECIPIENT, "0.1", LOCK, "0.1"));
    /** Of the names of features, which are ASCII: as deterministic CBOR orders map keys. */
    private static final Comparator<String> ENCODED_ORDER =
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

    /** What a new repository requires. */
    static SortedMap<String, String> requiredOfNew(boolean locks) {
        SortedMap<String, String> required = new TreeMap<>(KNOWN);
        if (!locks) {
            required.remove(LOCK);
        }
        return required;
    }

    static SortedMap<String, String> optionalOfNew(Optional<String> dataClass) {
        SortedMap<String, String> features = new TreeMap<>();
        dataClass.ifPresent(name -> features.put(DATA_CLASS + name, DATA_CLASS_SINCE));
        return features;
    }

    /**
     * The store for data packs in the class that was remembered. The repository may have been copied to a store that has no such class; it works there all the
     * same.
     */
    ObjectStore remembered(ObjectStore store) {
        try {
            return dataClass().map(store::withDataClass).orElse(store);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.USAGE) {
                throw e;
            }
            return store;
        }
    }

    /** The storage class in which data packs are put, where the repository was made with one. */
    public Optional<String> dataClass() {
        return optional.keySet().stream()
                .filter(name -> name.startsWith(DATA_CLASS))
                .map(name -> name.substring(DATA_CLASS.length()))
                .findFirst();
    }

    /** Whether a chunk may be stored as what differs from others: not where programs that do not know it may collect. */
    public boolean hasDeltas() {
        return required.containsKey(DELTA);
    }

    /** Whether hosts may add what they cannot read: not where programs that do not know their keys may collect. */
    public boolean hasRecipients() {
        return required.containsKey(RECIPIENT);
    }

    static ObjectName name(int generation) {
        return ObjectName.of("%s%08x".formatted(PREFIX, generation));
    }

    static boolean isName(ObjectName name) {
        return NAME.matcher(name.value()).matches();
    }

    byte[] encode(Keyring keyring, byte[] salt) {
        CborWriter body = new CborWriter();
        fields(body, FIELDS);
        body.unsigned(8).bytes(mac(keyring));
        lock(body);
        return Sealer.checksummed(ObjectKind.CONFIG, salt, body.toByteArray());
    }

    /** Reads a config object whose checksum fits; {@link Decoded#checkAuthentic} follows once there are keys. */
    static Decoded decode(ObjectName name, byte[] object) {
        CborReader in = new CborReader(Sealer.openChecksummed(ObjectKind.CONFIG, name, object), name.value());
        int fields = in.map();
        if (fields != FIELDS && fields != FIELDS + 1) {
            throw in.damaged("another number of fields");
        }
        in.field(0);
        Bytes id = Bytes.wrap(in.bytes(ID_BYTES));
        in.field(1);
        SortedMap<String, String> required = features(in);
        in.field(2);
        SortedMap<String, String> optional = features(in);
        refuseUnknown(required);
        in.field(3);
        in.array(3);
        int[] sizes = {in.unsigned(Integer.MAX_VALUE), in.unsigned(Integer.MAX_VALUE), in.unsigned(Integer.MAX_VALUE)};
        in.field(4);
        int dataPack = in.unsigned(MAX_PACK_BYTES);
        in.field(5);
        int metaPack = in.unsigned(MAX_PACK_BYTES);
        in.field(6);
        long created = in.unsigned();
        in.field(7);
        String program = in.text();
        in.field(8);
        byte[] mac = in.bytes(MAC_BYTES);
        long lockSeconds = 0;
        if (fields > FIELDS) {
            in.field(9);
            lockSeconds = in.unsigned();
        }
        in.finish();
        if (lockSeconds > 0 != required.containsKey(LOCK)) {
            throw in.damaged("a lock without its feature, or the other way round");
        }
        if (dataPack < MIN_PACK_BYTES || metaPack < MIN_PACK_BYTES) {
            throw in.damaged("a pack size below " + MIN_PACK_BYTES);
        }
        try {
            ChunkerParameters chunker = new ChunkerParameters(sizes[0], sizes[1], sizes[2]);
            return new Decoded(
                    new RepositoryConfig(
                            id, required, optional, chunker, dataPack, metaPack, created, program, lockSeconds),
                    mac);
        } catch (IllegalArgumentException e) {
            throw in.damaged(String.valueOf(e.getMessage()));
        }
    }

    /** A config whose authentication code is still to be checked. */
    record Decoded(RepositoryConfig config, byte[] mac) {
        RepositoryConfig checkAuthentic(ObjectName name, Keyring keyring) {
            if (!keyring.repositoryId().equals(config.repositoryId)
                    || !MessageDigest.isEqual(mac, config.mac(keyring))) {
                throw HoldfastException.damaged(name + ": was not written with the keys of this repository");
            }
            return config;
        }
    }

    private void fields(CborWriter out, int count) {
        out.map(count + (lockSeconds > 0 ? 1 : 0)).unsigned(0).bytes(repositoryId.unsafeArray());
        features(out.unsigned(1), required);
        features(out.unsigned(2), optional);
        out.unsigned(3).array(3);
        out.unsigned(chunker.minBytes()).unsigned(chunker.averageBytes()).unsigned(chunker.maxBytes());
        out.unsigned(4).unsigned(dataPackBytes).unsigned(5).unsigned(metaPackBytes);
        out.unsigned(6).unsigned(createdEpochSeconds).unsigned(7).text(program);
    }

    private void lock(CborWriter out) {
        if (lockSeconds > 0) {
            out.unsigned(9).unsigned(lockSeconds);
        }
    }

    private byte[] mac(Keyring keyring) {
        CborWriter authenticated = new CborWriter();
        fields(authenticated, FIELDS - 1);
        lock(authenticated);
        return keyring.configMac(authenticated.toByteArray());
    }

    private static void refuseUnknown(SortedMap<String, String> required) {
        for (Map.Entry<String, String> feature : required.entrySet()) {
            if (KNOWN.containsKey(feature.getKey())) {
                continue;
            }
            throw new HoldfastException(
                    ErrorCode.UNSUPPORTED_VERSION,
                    "this repository uses '" + feature.getKey() + "', which this program does not know",
                    "Use Holdfast " + feature.getValue() + " or newer.");
        }
    }

    private static void features(CborWriter out, SortedMap<String, String> features) {
        out.map(features.size());
        features.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(ENCODED_ORDER))
                .forEach(feature -> out.text(feature.getKey()).text(feature.getValue()));
    }

    private static SortedMap<String, String> features(CborReader in) {
        SortedMap<String, String> features = new TreeMap<>();
        String previous = "";
        for (int left = in.map(); left > 0; left--) {
            String name = in.text();
            if (ENCODED_ORDER.compare(previous, name) >= 0) {
                throw in.damaged("features out of order");
            }
            features.put(name, in.text());
            previous = name;
        }
        return features;
    }
}
