package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a repository a new master key (docs/repository-format.md, section 6, steps K1 to K4). What is there stays readable by those who have a slot; what is written from now
 * on is not readable by whoever has only a copy of an old one. Old data is encrypted anew when a collection rewrites it. For one use.
 */
final class KeyRotation {
    private final Repository repository;
    private final List<Credential> credentials;
    private final Map<Credential, KeySlot> kept = new LinkedHashMap<>();
    private final List<ObjectName> superseded = new ArrayList<>();
    private final List<ObjectName> others = new ArrayList<>();
    /** What is in all slots that were opened. */
    private Keyring united;

    private long newestSlotSeconds;

    /** @param credentials open the slots that stay, that in use among them */
    KeyRotation(Repository repository, List<Credential> credentials) {
        this.repository = repository;
        this.credentials = List.copyOf(credentials);
        this.united = repository.keyring();
    }

    /**
     * @param dropOthers removes slots that nothing given opens
     * @param takeOver gives up what a rotation has begun of which no opened slot knows
     */
    KeySlots.Rotated run(boolean dropOthers, boolean takeOver) {
        if (!repository.store().capabilities().putIfAbsent()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    repository.store().describe()
                            + " does not keep two writers apart (it ignores If-None-Match): two rotations could both win",
                    "Copy the repository to a place that does: holdfast copy --to URL");
        }
        sort();
        if (!others.isEmpty() && !dropOthers) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    others.size() + " of " + (others.size() + kept.size())
                            + " key slots are opened by nothing that was given (such as "
                            + others.getFirst().leaf() + "), so they cannot get the new key",
                    "Name what opens them with --keep-password-file and --keep-key-file, or remove them with --drop-others.");
        }
        int newest = repository.newestConfigNumber();
        if (newest > united.currentEpoch() && !takeOver) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "a rotation has begun key epoch " + newest
                            + ", which none of the slots that were opened has: it goes on just now, or was cut off",
                    "Open the slots that have it with --keep-password-file and --keep-key-file. If nobody rotates any more, --take-over gives up what only that key opens.");
        }
        // Before anything is put: the new ones have to be there as long as the old ones.
        Instant lockUntil = repository.keySlots().lockedUntil();
        // The newest configuration may have been lost: an epoch that was given once is never given again.
        int epoch = claimEpoch(Math.max(newest, united.currentEpoch()) + 1, lockUntil);
        Keyring rotated = united.withEpoch(epoch, repository.settings().random());
        Map<ObjectName, byte[]> made = new LinkedHashMap<>();
        kept.forEach((credential, slot) -> {
            KeySlot anew = KeySlot.create(
                    rotated,
                    credential,
                    slot.label(),
                    Math.max(repository.settings().clock().instant().getEpochSecond(), newestSlotSeconds + 1),
                    repository.settings().random());
            byte[] object = anew.encode();
            made.put(anew.name(), object);
            repository.store().put(anew.name(), List.of(ByteBuffer.wrap(object)), lockUntil);
        });
        requireAlone(epoch, made);
        requireStored(made);
        List<ObjectName> old = new ArrayList<>(superseded);
        kept.values().forEach(slot -> old.add(slot.name()));
        old.addAll(others);
        long locked = old.stream()
                .filter(slot -> Deletes.unlessRefused(repository.store(), slot) == Deletes.Outcome.REFUSED)
                .count();
        return new KeySlots.Rotated(epoch, kept.size(), others.size(), (int) locked);
    }

    /** Before anything is deleted: nobody has taken this over, and no slot was added that lacks the new key. */
    private void requireAlone(int epoch, Map<ObjectName, byte[]> made) {
        Set<ObjectName> expected = new HashSet<>(made.keySet());
        kept.values().forEach(slot -> expected.add(slot.name()));
        expected.addAll(superseded);
        expected.addAll(others);
        if (repository.newestConfigNumber() != epoch
                || !expected.containsAll(repository.keySlots().names())) {
            throw notAlone(made.keySet());
        }
    }

    private HoldfastException notAlone(Set<ObjectName> made) {
        made.forEach(slot -> Deletes.unlessRefused(repository.store(), slot));
        return new HoldfastException(
                ErrorCode.REFUSED,
                "somebody else changed the key slots meanwhile; they stay as they are",
                "Look with 'holdfast key list', then run it again with --take-over.");
    }

    /** The old slots are the only other way in: they stay unless the new ones are in the store as they were made. */
    private void requireStored(Map<ObjectName, byte[]> made) {
        for (Map.Entry<ObjectName, byte[]> slot : made.entrySet()) {
            Optional<ByteBuffer> stored = repository.store().get(slot.getKey());
            if (stored.isEmpty()) {
                throw notAlone(made.keySet()); // Another rotation took it for one that was cut off.
            }
            if (!stored.get().equals(ByteBuffer.wrap(slot.getValue()))) {
                made.keySet().forEach(name -> Deletes.unlessRefused(repository.store(), name));
                throw notStored(slot.getKey(), "the old key slots stay");
            }
        }
    }

    private static HoldfastException notStored(ObjectName name, String consequence) {
        return new HoldfastException(
                ErrorCode.DAMAGED,
                name + ": is not in the store as it was put; " + consequence,
                "Check the disk or bucket with 'holdfast storage validate URL', then run it again with --take-over.");
    }

    private void sort() {
        for (ObjectName name : repository.keySlots().names()) {
            Optional<KeySlot> slot;
            try {
                slot = repository.keySlots().read(name);
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.DAMAGED) {
                    throw e;
                }
                others.add(name);
                continue;
            }
            if (slot.isEmpty()) {
                continue;
            }
            newestSlotSeconds = Math.max(newestSlotSeconds, slot.get().createdEpochSeconds());
            boolean opens = false;
            for (Credential credential : credentials) {
                Optional<Keyring> keyring = slot.get().open(credential);
                if (keyring.isPresent()) {
                    united = united.with(keyring.get());
                    keep(slot.get(), credential);
                    opens = true;
                    break;
                }
            }
            if (!opens) {
                others.add(name);
            }
        }
    }

    /** Of several that one secret opens, the latest stays: the others are what a rotation left that was cut off. */
    private void keep(KeySlot slot, Credential credential) {
        Optional<KeySlot> known = Optional.ofNullable(kept.get(credential));
        if (known.isEmpty()) {
            kept.put(credential, slot);
        } else if (known.get().createdEpochSeconds() < slot.createdEpochSeconds()) {
            superseded.add(known.get().name());
            kept.put(credential, slot);
        } else {
            superseded.add(slot.name());
        }
    }

    /**
     * Step K2: the number of the configuration object that this run put, and nobody else. Of those who know the same epochs, each tries the same
     * number.
     */
    private int claimEpoch(int number, Instant lockUntil) {
        byte[] object = repository
                .config()
                .encode(
                        repository.keyring(),
                        Sealer.randomSalt(repository.settings().random()));
        PutOutcome outcome =
                repository.store().put(RepositoryConfig.name(number), List.of(ByteBuffer.wrap(object)), lockUntil);
        Optional<ByteBuffer> stored = repository.store().get(RepositoryConfig.name(number));
        boolean isOwn = stored.isPresent() && stored.get().equals(ByteBuffer.wrap(object));
        // The own one may be there already: only the first answer was lost.
        if (!isOwn && outcome == PutOutcome.ALREADY_THERE) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "somebody else rotates the keys just now",
                    "Look with 'holdfast key list', and try again.");
        }
        if (!isOwn) {
            // Nobody could open the repository with what is there.
            repository.store().delete(RepositoryConfig.name(number));
            throw notStored(RepositoryConfig.name(number), "nothing was changed");
        }
        return number;
    }
}
