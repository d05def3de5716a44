package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Makes the keys of a session of a host that can only write, and puts them sealed (docs/repository-format.md, section 6). */
public final class SessionKeys {
    private SessionKeys() {}

    /**
     * A new master key that is in nobody's hands but the recipient's when the session has ended.
     *
     * @param lockUntil what is put is locked that long; {@link Instant#EPOCH} for no lock
     */
    public static Keyring make(
            ObjectStore store, Recipient recipient, HostKey host, Instant lockUntil, SecureRandom random) {
        putIdKey(store, recipient, host, lockUntil, random);
        byte[] masterKey = new byte[Keyring.KEY_BYTES];
        random.nextBytes(masterKey);
        SealedKey key = new SealedKey(Bytes.wrap(masterKey), host.domain());
        while (true) {
            int epoch = random.nextInt() | Integer.MIN_VALUE;
            ObjectName name = SealedKey.nameOf(epoch);
            if (store.put(name, List.of(ByteBuffer.wrap(key.seal(name, recipient, random))), lockUntil)
                    == PutOutcome.STORED) {
                return Keyring.ofSession(
                        recipient.repositoryId(), epoch, masterKey, host.idKey().toByteArray());
            }
        }
    }

    /** Without it nobody knows the host's chunks again. Where what lies under its name is damaged, it goes under another one as well. */
    private static void putIdKey(
            ObjectStore store, Recipient recipient, HostKey host, Instant lockUntil, SecureRandom random) {
        Bytes domain = host.domain();
        while (true) {
            ObjectName name = SealedKey.nameOf(domain);
            byte[] sealed = new SealedKey(host.idKey(), domain).seal(name, recipient, random);
            if (store.put(name, List.of(ByteBuffer.wrap(sealed)), lockUntil) == PutOutcome.STORED
                    || isIntact(store, name)) {
                return;
            }
            domain = Bytes.wrap(Hkdf.derive(
                    host.idKey().toByteArray(), domain.toByteArray(), "holdfast domain", SealedKey.DOMAIN_BYTES));
        }
    }

    private static boolean isIntact(ObjectStore store, ObjectName name) {
        try {
            Optional<ByteBuffer> there = store.stat(name)
                    .filter(object -> object.sizeBytes() <= SealedKey.MAX_BYTES)
                    .flatMap(object -> store.get(name));
            if (there.isEmpty()) {
                return false;
            }
            byte[] object = new byte[there.get().remaining()];
            there.get().get(object);
            SealedKey.check(name, object);
            return true;
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            return false;
        }
    }
}
