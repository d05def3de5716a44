package io.holdfast.repository.crypto;

import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens whole small objects: manifests, markers, index segments (docs/repository-format.md, section 3). Thread-safe.
 */
public final class Sealer {
    private final Keyring keyring;
    private final SecureRandom random;

    public Sealer(Keyring keyring, SecureRandom random) {
        this.keyring = keyring;
        this.random = random;
    }

    /** A fresh envelope of the current epoch. */
    public Envelope newEnvelope(ObjectKind kind) {
        return new Envelope(kind, keyring.currentEpoch(), randomSalt(random));
    }

    /** The cipher of an object that is named by the hash of its bytes. */
    public SegmentCipher cipher(Envelope envelope) {
        return new SegmentCipher(keyring.encryptionKey(envelope, envelope.kind().toString()));
    }

    /** The bytes to store under {@code name}. */
    public byte[] seal(ObjectKind kind, ObjectName name, byte[] body) {
        Envelope envelope = newEnvelope(kind);
        byte[] header = envelope.encode();
        return switch (kind.protection()) {
            case CHECKSUM -> throw new IllegalArgumentException(kind + " needs no key");
            case AUTHENTICATED -> {
                byte[] sealed = Arrays.copyOf(header, header.length + body.length + Sha256.BYTES);
                System.arraycopy(body, 0, sealed, header.length, body.length);
                byte[] tag = mac(envelope, name, sealed, header.length + body.length);
                System.arraycopy(tag, 0, sealed, header.length + body.length, tag.length);
                yield sealed;
            }
            case ENCRYPTED -> {
                byte[] sealed = Arrays.copyOf(header, header.length + (int) SegmentCipher.storedLength(body.length));
                cipher(envelope, header, name).encrypt(0, body, 0, body.length, sealed, header.length);
                yield sealed;
            }
        };
    }

    /** Which of {@code kinds} this object is, before it is opened. */
    public static ObjectKind kindOf(byte[] object, ObjectName name, ObjectKind... kinds) {
        return Envelope.kindOf(object, name.value(), kinds);
    }

    /**
     * Checks the object and returns its body. What is authenticated and not secret, a host that can only write reads unchecked.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not what was sealed under this name with these keys
     */
    public byte[] open(ObjectKind kind, ObjectName name, byte[] object) {
        Envelope envelope = Envelope.decode(object, object.length, kind, name.value());
        if (envelope.isOfHost() && !kind.isMadeByHosts() && !keyring.isWriteOnly()) {
            throw HoldfastException.damaged(
                    name + ": was made by a host that can only add, which may not make such an object");
        }
        return switch (kind.protection()) {
            case CHECKSUM -> throw new IllegalArgumentException(kind + " needs no key");
            case AUTHENTICATED -> {
                int end = object.length - Sha256.BYTES;
                if (end < Envelope.BYTES) {
                    throw HoldfastException.damaged(name + ": too short");
                }
                byte[] tag = Arrays.copyOfRange(object, end, object.length);
                // A host that can only write has nobody else's key; what it reads of others makes it only more careful.
                boolean isForeign = keyring.isWriteOnly() && envelope.epoch() != keyring.currentEpoch();
                if (!isForeign && !MessageDigest.isEqual(tag, mac(envelope, name, object, end))) {
                    throw HoldfastException.damaged(name + ": its authentication code does not fit");
                }
                yield Arrays.copyOfRange(object, Envelope.BYTES, end);
            }
            case ENCRYPTED -> {
                int stored = object.length - Envelope.BYTES;
                int plain = (int) SegmentCipher.plainLength(stored);
                byte[] body = new byte[Math.max(plain, 0)];
                if (plain < 0
                        || cipher(envelope, object, name).decrypt(0, object, Envelope.BYTES, stored, body, 0) < 0) {
                    throw HoldfastException.damaged(name + ": cannot be decrypted, it is not what was written");
                }
                yield body;
            }
        };
    }

    /** Wraps a body with a checksum only: config and key slots, which are read before there are keys. */
    public static byte[] checksummed(ObjectKind kind, byte[] salt, byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new Envelope(kind, 0, salt).encode());
        out.writeBytes(body);
        out.writeBytes(Sha256.of(out.toByteArray()));
        return out.toByteArray();
    }

    /** The body of an object that {@link #checksummed} wrapped. */
    public static byte[] openChecksummed(ObjectKind kind, ObjectName name, byte[] object) {
        int end = object.length - Sha256.BYTES;
        if (end < Envelope.BYTES) {
            throw HoldfastException.damaged(name + ": only " + object.length + " bytes long");
        }
        MessageDigest digest = Sha256.digest();
        digest.update(object, 0, end);
        boolean intact = MessageDigest.isEqual(digest.digest(), Arrays.copyOfRange(object, end, object.length));
        if (!intact) {
            throw HoldfastException.damaged(name + ": its checksum does not fit");
        }
        Envelope.decode(object, object.length, kind, name.value());
        return Arrays.copyOfRange(object, Envelope.BYTES, end);
    }

    public static byte[] randomSalt(SecureRandom random) {
        byte[] salt = new byte[Envelope.SALT_BYTES];
        random.nextBytes(salt);
        return salt;
    }

    private SegmentCipher cipher(Envelope envelope, byte[] header, ObjectName name) {
        byte[] key = keyring.encryptionKey(envelope, name.value());
        return envelope.kind().isNamedByHash()
                ? new SegmentCipher(key)
                : new SegmentCipher(key, associatedData(name, header, Envelope.FIXED_BYTES));
    }

    static byte[] associatedData(ObjectName name, byte[] header, int headerBytes) {
        byte[] ascii = name.value().getBytes(StandardCharsets.US_ASCII);
        byte[] data = Arrays.copyOf(ascii, ascii.length + 1 + headerBytes);
        System.arraycopy(header, 0, data, ascii.length + 1, headerBytes);
        return data;
    }

    private byte[] mac(Envelope envelope, ObjectName name, byte[] object, int length) {
        Mac mac = hmac(keyring.authenticationKey(envelope, name.value()));
        mac.update(name.value().getBytes(StandardCharsets.US_ASCII));
        mac.update((byte) 0);
        mac.update(object, 0, length);
        return mac.doFinal();
    }

    /** HMAC-SHA-256 ready for use. */
    public static Mac hmac(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java lacks HMAC-SHA-256", e);
        }
    }
}
