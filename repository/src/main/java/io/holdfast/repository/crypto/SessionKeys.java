package io.holdfast.repository.crypto;

import io.holdfast.core.Bytes;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;

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
        ObjectName domain = SealedKey.nameOf(host.domain());
        PutOutcome ignored = store.put(
                domain,
                List.of(ByteBuffer.wrap(new SealedKey(host.idKey(), host.domain()).seal(domain, recipient, random))),
                lockUntil);
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
}
