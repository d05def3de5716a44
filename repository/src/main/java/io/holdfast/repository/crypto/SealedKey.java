package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.storage.ObjectName;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.agreement.X25519Agreement;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.X25519PublicKeyParameters;

/**
 * A key that only a recipient can open (docs/repository-format.md, section 6): the master key of a session, or the id key of a domain.
 *
 * @param key 32 bytes
 * @param domain of the host that made it, 16 bytes
 */
public record SealedKey(Bytes key, Bytes domain) {
    /** Master keys of sessions, by their epochs. */
    public static final String SESSIONS = "sealed/";
    /** Id keys, by their domains. */
    public static final String DOMAINS = "domains/";

    /** Some hundred bytes are what one takes. */
    public static final long MAX_BYTES = 64 << 10;

    static final int DOMAIN_BYTES = 16;
    private static final int TAG_BITS = 128;

    /** @param epoch 2^31 or more, as an unsigned number */
    public static ObjectName nameOf(int epoch) {
        return ObjectName.of("%s%08x".formatted(SESSIONS, epoch));
    }

    public static ObjectName nameOf(Bytes domain) {
        return ObjectName.of(DOMAINS + domain.toHex());
    }

    /** Whether it is the name of an id key. */
    static boolean isDomain(ObjectName name) {
        return name.value().startsWith(DOMAINS) && name.leaf().matches("[0-9a-f]{" + 2 * DOMAIN_BYTES + "}");
    }

    /** The object to put under this name. */
    public byte[] seal(ObjectName name, Recipient recipient, SecureRandom random) {
        X25519PrivateKeyParameters once = new X25519PrivateKeyParameters(random);
        byte[] oncePublic = once.generatePublicKey().getEncoded();
        CborWriter plain = new CborWriter();
        plain.map(2).unsigned(0).bytes(key.unsafeArray()).unsigned(1).bytes(domain.unsafeArray());
        byte[] salt = Sealer.randomSalt(random);
        byte[] wrapped = crypt(
                Cipher.ENCRYPT_MODE,
                sharedKey(
                        once,
                        recipient.publicKey().unsafeArray(),
                        oncePublic,
                        recipient.publicKey().unsafeArray(),
                        name),
                name,
                salt,
                plain.toByteArray());
        CborWriter out = new CborWriter();
        out.map(3).unsigned(0).unsigned(recipient.epoch()).unsigned(1).bytes(oncePublic);
        out.unsigned(2).bytes(wrapped);
        return Sealer.checksummed(ObjectKind.SEALED_KEY, salt, out.toByteArray());
    }

    /** What of an object can be read without a key. */
    private record Parts(int recipientEpoch, byte[] oncePublic, byte[] wrapped, byte[] salt) {}

    /** @throws HoldfastException {@code DAMAGED} where the object is not intact; whether it opens is not tried */
    public static void check(ObjectName name, byte[] object) {
        Parts ignored = parts(name, object);
    }

    private static Parts parts(ObjectName name, byte[] object) {
        byte[] body = Sealer.openChecksummed(ObjectKind.SEALED_KEY, name, object);
        Envelope envelope = Envelope.decode(object, object.length, ObjectKind.SEALED_KEY, name.value());
        CborReader in = new CborReader(body, name.value());
        if (in.map() != 3) {
            throw in.damaged("another number of fields");
        }
        in.field(0);
        int epoch = in.unsigned(Integer.MAX_VALUE);
        in.field(1);
        byte[] once = in.bytes(Recipient.PUBLIC_BYTES);
        in.field(2);
        byte[] wrapped = in.bytes();
        in.finish();
        return new Parts(epoch, once, wrapped, envelope.salt());
    }

    /**
     * Opens what was sealed for a recipient of this repository.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not what was sealed under this name; {@code WRONG_KEY} where the keyring lacks the epoch
     */
    static SealedKey open(ObjectName name, byte[] object, Keyring keyring) {
        Parts parts = parts(name, object);
        X25519PrivateKeyParameters own = keyring.recipientKey(parts.recipientEpoch(), name.value());
        byte[] plain = crypt(
                Cipher.DECRYPT_MODE,
                sharedKey(
                        own,
                        parts.oncePublic(),
                        parts.oncePublic(),
                        own.generatePublicKey().getEncoded(),
                        name),
                name,
                parts.salt(),
                parts.wrapped());
        CborReader in = new CborReader(plain, name.value());
        if (in.map() != 2) {
            throw in.damaged("another number of sealed fields");
        }
        in.field(0);
        Bytes key = Bytes.wrap(in.bytes(Keyring.KEY_BYTES));
        in.field(1);
        Bytes domain = Bytes.wrap(in.bytes(DOMAIN_BYTES));
        in.finish();
        return new SealedKey(key, domain);
    }

    private static byte[] sharedKey(
            X25519PrivateKeyParameters own, byte[] other, byte[] oncePublic, byte[] recipient, ObjectName name) {
        byte[] shared = new byte[X25519PrivateKeyParameters.SECRET_SIZE];
        try {
            X25519Agreement agreement = new X25519Agreement();
            agreement.init(own);
            agreement.calculateAgreement(new X25519PublicKeyParameters(other, 0), shared, 0);
        } catch (IllegalStateException e) {
            // A point of low order: nobody makes such a key by chance (RFC 7748, section 6.1).
            throw HoldfastException.damaged(name + ": holds a public key that is none");
        }
        byte[] both = Arrays.copyOf(oncePublic, 2 * Recipient.PUBLIC_BYTES);
        System.arraycopy(recipient, 0, both, Recipient.PUBLIC_BYTES, Recipient.PUBLIC_BYTES);
        return Hkdf.derive(shared, both, "holdfast seal", Keyring.KEY_BYTES);
    }

    /** The nonce is zero: the key is used once, as one of the keys that it comes from is. */
    private static byte[] crypt(int mode, byte[] key, ObjectName name, byte[] salt, byte[] input) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, new byte[12]));
            byte[] header = new Envelope(ObjectKind.SEALED_KEY, 0, salt).encode();
            cipher.updateAAD(Sealer.associatedData(name, header, header.length));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw HoldfastException.damaged(name + ": cannot be opened, it is not what was sealed for this repository");
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }
}
