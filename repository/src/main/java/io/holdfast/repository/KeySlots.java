package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The key slots of an open repository (docs/repository-format.md, section 6): each holds the keys, and opens with one password or key file. Thread-safe.
 */
public final class KeySlots {
    private static final String PREFIX = "keys/";

    private final Repository repository;
    private final ObjectStore store;
    private final Optional<Unlocked> unlocked;

    /** @param unlocked what opened the repository; empty where a recipient alone did */
    KeySlots(Repository repository, Optional<Unlocked> unlocked) {
        this.repository = repository;
        this.store = repository.store();
        this.unlocked = unlocked;
    }

    /**
     * A slot that was opened.
     *
     * @param credential what opened it
     * @param keyring what was in it
     */
    record Unlocked(KeySlot slot, Credential credential, Keyring keyring) {}

    /**
     * How a rotation ended.
     *
     * @param epoch of the new master key
     * @param kept slots that have it now
     * @param dropped slots that were opened by nothing that was given
     * @param locked old slots that the store does not let go yet
     */
    public record Rotated(int epoch, int kept, int dropped, int locked) {}

    /**
     * Opens the newest slot that one of the credentials opens.
     *
     * @param use where it refuses what was in a slot as damaged, another slot may do
     * @throws HoldfastException {@code WRONG_KEY}, {@code DAMAGED} or {@code UNSUPPORTED_VERSION}
     */
    static <T> T unlock(ObjectStore store, List<Credential> credentials, Function<Unlocked, T> use) {
        List<ObjectName> names = store.names(PREFIX);
        HoldfastException damage = null;
        List<KeySlot> readable = new ArrayList<>();
        for (ObjectName name : names) {
            try {
                read(store, name).ifPresent(readable::add);
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
                        return use.apply(new Unlocked(slot, credential, keyring.get()));
                    }
                }
            } catch (HoldfastException e) {
                damage = unlessWorse(e);
            }
        }
        if (names.isEmpty()) {
            throw HoldfastException.damaged("the key slots of the repository at " + store.describe() + " are missing");
        }
        if (damage != null) {
            throw damage;
        }
        throw new HoldfastException(
                ErrorCode.WRONG_KEY,
                credentials.isEmpty()
                        ? "no password or key file was given for the repository at " + store.describe()
                        : "wrong password or key file: none of the " + names.size() + " key slots of "
                                + store.describe() + " opens with it");
    }

    /** Checks what can be checked without a key. */
    static void check(ObjectStore store, Consumer<ObjectName> checked, Consumer<String> damaged) {
        for (ObjectName name : store.names(PREFIX)) {
            try {
                read(store, name).ifPresent(slot -> checked.accept(name));
            } catch (HoldfastException e) {
                damaged.accept(String.valueOf(unlessWorse(e).getMessage()));
            }
        }
    }

    /** The slot that opened the repository. */
    public KeySlot inUse() {
        return unlocked.map(Unlocked::slot)
                .orElseThrow(() -> new IllegalStateException("opened with a recipient alone"));
    }

    /** Names of all key slots, intact or not. */
    public List<ObjectName> names() {
        return store.names(PREFIX);
    }

    /**
     * The slot of this name, or empty where it was removed meanwhile.
     *
     * @throws HoldfastException {@code DAMAGED} where it is not intact
     */
    public Optional<KeySlot> read(ObjectName name) {
        return read(store, name);
    }

    /** Whether one of them opens with this. */
    public boolean opensWith(Credential other) {
        for (ObjectName name : names()) {
            try {
                if (read(name).flatMap(each -> each.open(other)).isPresent()) {
                    return true;
                }
            } catch (HoldfastException e) {
                unlessWorse(e);
            }
        }
        return false;
    }

    /** Adds a slot that opens the repository with this credential. */
    public KeySlot add(Credential credential, String label) {
        RepositorySettings settings = repository.settings();
        KeySlot added = KeySlot.create(
                repository.keyring(),
                credential,
                label,
                settings.clock().instant().getEpochSecond(),
                settings.random());
        store.put(added.name(), List.of(ByteBuffer.wrap(added.encode())), lockedUntil());
        requireNotRotated(() -> Deletes.unlessRefused(store, added.name()));
        return added;
    }

    /**
     * Removes a slot: its password or key file opens the repository no more. Whoever has a copy of the slot and the password still
     * has the keys; nothing that was stored is encrypted anew.
     *
     * @throws HoldfastException {@code REFUSED} for the slot in use. Another one has to open the repository to remove it, which
     *     proves that there is one.
     */
    public void remove(ObjectName name) {
        if (name.equals(inUse().name())) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "key slot " + name.leaf() + " opened the repository just now and stays",
                    names().size() == 1
                            ? "It is the only one: add another with 'holdfast key add', and open the repository with that."
                            : "To remove it, open the repository with another key or password.");
        }
        requireNotRotated(() -> {});
        store.delete(name);
    }

    /**
     * Gives the repository a new master key. The open repository goes on with the old ones, and cannot read what is written under the new one.
     *
     * @param further besides what opened the repository, opens slots that stay
     * @param dropOthers removes slots that nothing given opens, instead of refusing
     * @param takeOver gives up what a rotation has begun of which no opened slot knows, instead of refusing
     * @throws HoldfastException {@code REFUSED} where slots would be lost, or somebody else rotates at the same time; nothing was changed
     */
    public Rotated rotate(List<Credential> further, boolean dropOthers, boolean takeOver) {
        List<Credential> all = new ArrayList<>(List.of(unlocked.orElseThrow().credential()));
        all.addAll(further);
        return new KeyRotation(repository, all).run(dropOthers, takeOver);
    }

    /** Until when configuration and key slots are locked; what replaces them has to be, too. */
    Instant lockedUntil() {
        return lockedUntil(repository.configName());
    }

    private Instant lockedUntil(ObjectName name) {
        return store.capabilities().locks()
                ? store.stat(name).map(ObjectStat::lockedUntil).orElse(Instant.EPOCH)
                : Instant.EPOCH;
    }

    /**
     * Who opened the repository with a slot that a rotation has replaced would go on with a key that others may have: where the store would not let the
     * slot go yet, it still opens. A slot that is not locked is there because a rotation goes on, or was cut off, and is in order.
     *
     * @throws HoldfastException {@code WRONG_KEY} where the slot in use is locked, and there is a newer epoch and a slot that has it
     */
    void requireNewestKey() {
        int newest = repository.newestConfigNumber();
        if (unlocked.isEmpty() || newest <= repository.keyring().currentEpoch()) {
            return;
        }
        KeySlot own = unlocked.get().slot();
        if (lockedUntil(own.name()).isAfter(repository.settings().clock().instant())
                && isThereOneAfter(own.createdEpochSeconds())) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "key epoch " + newest
                            + " has begun, and the key that opened the repository does not have it: a"
                            + " 'key rotate' has dropped it; nothing was saved",
                    "Use a key or passphrase that was kept. If that 'key rotate' was cut off, run it again with the secrets of all slots.");
        }
    }

    private boolean isThereOneAfter(long epochSeconds) {
        for (ObjectName name : names()) {
            try {
                if (read(name)
                        .filter(slot -> slot.createdEpochSeconds() > epochSeconds)
                        .isPresent()) {
                    return true;
                }
            } catch (HoldfastException e) {
                unlessWorse(e);
            }
        }
        return false;
    }

    /** A slot made or removed on what is known of a time before a rotation could be, or have been, the only one with some key. */
    private void requireNotRotated(Runnable undo) {
        int newest = repository.newestConfigNumber();
        if (newest > repository.keyring().currentEpoch()) {
            undo.run();
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "a key rotation has begun key epoch " + newest
                            + ", which the slot in use does not have; nothing was changed",
                    "Run it again. If that does not help, a 'key rotate' was cut off: run that again with the secrets of all slots.");
        }
    }

    private static Optional<KeySlot> read(ObjectStore store, ObjectName name) {
        return store.get(name).map(object -> KeySlot.decode(name, Markers.bytes(object)));
    }

    /** What is wrong with a slot, and not with the store that it is in. */
    private static HoldfastException unlessWorse(HoldfastException e) {
        if (e.code() != ErrorCode.DAMAGED && e.code() != ErrorCode.UNSUPPORTED_VERSION) {
            throw e;
        }
        return e;
    }
}
