package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.storage.ObjectName;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * A keyring wrapped for one passphrase or key file (docs/repository-format.md, section 6).
 *
 * @param id 16 random bytes, the name of the slot
 * @param type what opens it
 * @param label for people, such as {@code laptop} or {@code recovery sheet}
 * @param createdEpochSeconds when it was made, for people
 * @param argon2 cost of trying a passphrase; of no meaning for key files
 */
public record KeySlot(
        Bytes id, Type type, String label, long createdEpochSeconds, Cost argon2, Bytes salt, Bytes wrappedKeyring) {

    /** What opens a slot. */
    public enum Type {
        PASSPHRASE(1),
        KEY_FILE(2);

        private final int code;

        Type(int code) {
            this.code = code;
        }
    }

    /**
     * The cost of Argon2id (RFC 9106 section 3.1).
     *
     * @param memoryKiB 8 × lanes to 4 Mi
     */
    public record Cost(int memoryKiB, int passes, int lanes) {
        /** The second recommended choice of RFC 9106 section 4: 64 MiB, three passes, four lanes. */
        public static final Cost RECOMMENDED = new Cost(64 * 1024, 3, 4);

        private static final int MAX_MEMORY_KIB = 4 * 1024 * 1024;
        private static final int MAX_PASSES_AND_LANES = 64;

        public Cost {
            if (memoryKiB < 8 * lanes
                    || memoryKiB > MAX_MEMORY_KIB
                    || passes < 1
                    || passes > MAX_PASSES_AND_LANES
                    || lanes < 1
                    || lanes > MAX_PASSES_AND_LANES) {
                throw new IllegalArgumentException("Argon2id cost out of range: " + memoryKiB + " KiB, " + passes
                        + " passes, " + lanes + " lanes");
            }
        }
    }

    private static final int ID_BYTES = 16;
    private static final int TAG_BITS = 128;
    /** The longest label, in characters. */
    public static final int MAX_LABEL_LENGTH = 1_000;

    /** Wraps {@code keyring} for {@code credential}. */
    public static KeySlot create(
            Keyring keyring, Credential credential, String label, long createdEpochSeconds, SecureRandom random) {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        byte[] salt = Sealer.randomSalt(random);
        Type type = switch (credential) {
            case Credential.Passphrase ignored -> Type.PASSPHRASE;
            case Credential.Key ignored -> Type.KEY_FILE;
        };
        ObjectName name = nameOf(Bytes.wrap(id));
        byte[] wrapped = crypt(
                Cipher.ENCRYPT_MODE, wrappingKey(credential, salt, Cost.RECOMMENDED), name, salt, keyring.encode());
        return new KeySlot(
                Bytes.wrap(id),
                type,
                label,
                createdEpochSeconds,
                Cost.RECOMMENDED,
                Bytes.wrap(salt),
                Bytes.wrap(wrapped == null ? new byte[0] : wrapped));
    }

    public ObjectName name() {
        return nameOf(id);
    }

    private static ObjectName nameOf(Bytes id) {
        return ObjectName.of("keys/" + id.toHex());
    }

    /** The keyring, or empty where the credential does not open this slot. */
    public Optional<Keyring> open(Credential credential) {
        boolean fits = switch (credential) {
            case Credential.Passphrase ignored -> type == Type.PASSPHRASE;
            case Credential.Key ignored -> type == Type.KEY_FILE;
        };
        if (!fits) {
            return Optional.empty();
        }
        byte[] key = wrappingKey(credential, salt.unsafeArray(), argon2);
        byte[] plain = crypt(Cipher.DECRYPT_MODE, key, name(), salt.unsafeArray(), wrappedKeyring.unsafeArray());
        return plain == null ? Optional.empty() : Optional.of(Keyring.decode(plain, name().value()));
    }

    public byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(type == Type.PASSPHRASE ? 5 : 4);
        out.unsigned(0).unsigned(type.code).unsigned(1).text(label);
        out.unsigned(2).unsigned(createdEpochSeconds);
        if (type == Type.PASSPHRASE) {
            out.unsigned(3).array(3);
            out.unsigned(argon2.memoryKiB()).unsigned(argon2.passes()).unsigned(argon2.lanes());
        }
        out.unsigned(4).bytes(wrappedKeyring.unsafeArray());
        return Sealer.checksummed(ObjectKind.KEY_SLOT, salt.unsafeArray(), out.toByteArray());
    }

    /** @throws HoldfastException {@code DAMAGED} where the object is no intact key slot */
    public static KeySlot decode(ObjectName name, byte[] object) {
        byte[] body = Sealer.openChecksummed(ObjectKind.KEY_SLOT, name, object);
        Envelope envelope = Envelope.decode(object, object.length, ObjectKind.KEY_SLOT, name.value());
        CborReader in = new CborReader(body, name.value());
        int fields = in.map();
        Type type = null;
        String label = "";
        long created = 0;
        Cost cost = Cost.RECOMMENDED;
        byte[] wrapped = new byte[0];
        for (int key = -1; fields > 0; fields--) {
            key = in.key(key);
            switch (key) {
                case 0 -> type = typeOf(in);
                case 1 -> label = in.text();
                case 2 -> created = in.unsigned();
                case 3 -> cost = costOf(in);
                case 4 -> wrapped = in.bytes();
                default -> throw in.damaged("an unknown key slot field " + key);
            }
        }
        in.finish();
        if (type == null || label.length() > MAX_LABEL_LENGTH) {
            throw in.damaged("a key slot without its fields");
        }
        Bytes id;
        try {
            id = Bytes.ofHex(name.leaf());
        } catch (IllegalArgumentException e) {
            throw in.damaged("a name that is no slot id");
        }
        return new KeySlot(id, type, label, created, cost, Bytes.wrap(envelope.salt()), Bytes.wrap(wrapped));
    }

    private static Type typeOf(CborReader in) {
        int code = in.unsigned(Integer.MAX_VALUE);
        for (Type type : Type.values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw in.damaged("key slot type " + code);
    }

    private static Cost costOf(CborReader in) {
        in.array(3);
        try {
            return new Cost(
                    in.unsigned(Integer.MAX_VALUE), in.unsigned(Integer.MAX_VALUE), in.unsigned(Integer.MAX_VALUE));
        } catch (IllegalArgumentException e) {
            throw in.damaged(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] wrappingKey(Credential credential, byte[] salt, Cost cost) {
        return switch (credential) {
            case Credential.Key key -> Hkdf.derive(key.file().secret(), salt, "holdfast key file", Keyring.KEY_BYTES);
            case Credential.Passphrase passphrase -> {
                Argon2BytesGenerator generator = new Argon2BytesGenerator();
                generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withMemoryAsKB(cost.memoryKiB())
                        .withIterations(cost.passes())
                        .withParallelism(cost.lanes())
                        .withSalt(salt)
                        .build());
                byte[] key = new byte[Keyring.KEY_BYTES];
                generator.generateBytes(passphrase.utf8(), key);
                yield key;
            }
        };
    }

    /** Null where the tag does not fit. The nonce is zero: the key is derived from a fresh salt and used once. */
    private static byte @Nullable [] crypt(int mode, byte[] key, ObjectName name, byte[] salt, byte[] input) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, new byte[12]));
            byte[] header = new Envelope(ObjectKind.KEY_SLOT, 0, salt).encode();
            cipher.updateAAD(Sealer.associatedData(name, header, header.length));
            return cipher.doFinal(input);
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM failed", e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }
}
