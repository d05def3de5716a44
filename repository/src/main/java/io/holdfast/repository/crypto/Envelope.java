package io.holdfast.repository.crypto;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The 48 bytes at the start of every object.
 *
 * @param kind what the object is
 * @param epoch the master key's epoch, 0 where no key is used
 * @param salt 32 random bytes, fresh for every object
 */
public record Envelope(ObjectKind kind, int epoch, byte[] salt) {
    public static final int BYTES = 48;
    public static final int SALT_BYTES = 32;
    /** The part that stands in the associated data: everything before the salt, which is in the key already. */
    static final int FIXED_BYTES = 16;

    private static final int MAGIC = 0x54534648; // "HFST" read little-endian
    private static final int FORMAT_VERSION = 1;
    private static final int AT_KIND = 4;
    private static final int AT_VERSION = 5;
    private static final int AT_PROTECTION = 6;
    private static final int AT_EPOCH = 8;
    private static final int AT_SALT = 16;

    public Envelope {
        if (salt.length != SALT_BYTES) {
            throw new IllegalArgumentException("a salt of " + salt.length + " bytes");
        }
    }

    /** Whether it was made under a key of a session of a host that can only write. */
    public boolean isOfHost() {
        return epoch < 0;
    }

    public byte[] encode() {
        byte[] header = new byte[BYTES];
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .put((byte) kind.code())
                .put((byte) FORMAT_VERSION)
                .put((byte) kind.protection().ordinal())
                .put((byte) 0)
                .putInt(epoch)
                .putInt(0)
                .put(salt);
        return header;
    }

    /** Which of {@code kinds} the object says it is. */
    static ObjectKind kindOf(byte[] object, String name, ObjectKind... kinds) {
        if (object.length < BYTES) {
            throw HoldfastException.damaged(name + ": only " + object.length + " bytes long");
        }
        for (ObjectKind kind : kinds) {
            if (object[AT_KIND] == kind.code()) {
                return kind;
            }
        }
        throw HoldfastException.damaged(
                name + ": is of kind " + (object[AT_KIND] & 0xFF) + ", which does not belong here");
    }

    /**
     * Reads and checks the envelope.
     *
     * @throws HoldfastException {@code DAMAGED} where it is no envelope of this kind; {@code UNSUPPORTED_VERSION} where a newer program wrote
     *     a configuration or a key slot. Of all else the configuration would have said so, and a higher version is damage
     */
    public static Envelope decode(byte[] object, int length, ObjectKind kind, String name) {
        if (length < BYTES) {
            throw HoldfastException.damaged(name + ": only " + length + " bytes long");
        }
        ByteBuffer header = ByteBuffer.wrap(object, 0, BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getInt(0) != MAGIC) {
            throw HoldfastException.damaged(name + ": does not start as an object of a repository does");
        }
        int version = header.get(AT_VERSION) & 0xFF;
        if (version > FORMAT_VERSION && kind.protection() == ObjectKind.Protection.CHECKSUM) {
            throw new HoldfastException(
                    ErrorCode.UNSUPPORTED_VERSION,
                    name + ": has format version " + version + ", this program knows " + FORMAT_VERSION,
                    "Use the newer Holdfast that wrote it.");
        }
        if (version != FORMAT_VERSION
                || header.get(AT_KIND) != kind.code()
                || header.get(AT_PROTECTION) != kind.protection().ordinal()
                || header.get(7) != 0
                || header.getInt(12) != 0
                || (kind.protection() == ObjectKind.Protection.CHECKSUM && header.getInt(AT_EPOCH) != 0)) {
            throw HoldfastException.damaged(name + ": its first bytes do not fit its kind");
        }
        return new Envelope(kind, header.getInt(AT_EPOCH), Arrays.copyOfRange(object, AT_SALT, BYTES));
    }
}
