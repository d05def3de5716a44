package io.holdfast.repository.crypto;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.SmallRepository;
import io.holdfast.storage.ObjectName;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class KeySlotTest {
    private final SecureRandom random = new SecureRandom();
    private final Keyring keyring = SmallRepository.keyring();
    private final Credential key = new Credential.Key(KeyFile.generate(random));

    @Test
    void opensWithItsKeyFileAlone() {
        KeySlot slot = reread(KeySlot.create(keyring, key, "sheet", 1_000, random));
        assertThat(slot.label()).isEqualTo("sheet");
        assertThat(slot.type()).isEqualTo(KeySlot.Type.KEY_FILE);
        assertThat(slot.open(key).orElseThrow().encode()).isEqualTo(keyring.encode());
        assertThat(slot.open(new Credential.Key(KeyFile.generate(random)))).isEmpty();
        assertThat(slot.open(passphrase("secret"))).isEmpty();
    }

    @Test
    void opensWithItsPassphraseAlone() {
        KeySlot slot = reread(KeySlot.create(keyring, passphrase("pässword"), "laptop", 1_000, random));
        assertThat(slot.type()).isEqualTo(KeySlot.Type.PASSPHRASE);
        assertThat(slot.argon2()).isEqualTo(KeySlot.Cost.RECOMMENDED);
        assertThat(slot.open(passphrase("pässword")).orElseThrow().encode()).isEqualTo(keyring.encode());
        assertThat(slot.open(passphrase("passwörd"))).isEmpty();
        assertThat(slot.open(key)).isEmpty();
    }

    @Test
    void noticesEveryFlippedByte() {
        KeySlot slot = KeySlot.create(keyring, key, "sheet", 1_000, random);
        byte[] object = slot.encode();
        for (int at = 0; at < object.length; at++) {
            byte[] flipped = object.clone();
            flipped[at] ^= 0x20;
            assertThat(codeOf(() -> KeySlot.decode(slot.name(), flipped))).isEqualTo(ErrorCode.DAMAGED);
        }
    }

    /** The checksum is no secret: who can write to the store can make it fit. The keyring must still not open. */
    @Test
    void doesNotOpenUnderAnotherNameOrWithAnotherSalt() {
        KeySlot slot = KeySlot.create(keyring, key, "sheet", 1_000, random);
        KeySlot renamed = KeySlot.decode(ObjectName.of("keys/00112233445566778899aabbccddeeff"), slot.encode());
        assertThat(renamed.open(key)).isEmpty();
        KeySlot salted = new KeySlot(
                slot.id(),
                slot.type(),
                slot.label(),
                slot.createdEpochSeconds(),
                slot.argon2(),
                Bytes.wrap(new byte[32]),
                slot.wrappedKeyring());
        assertThat(reread(salted).open(key)).isEmpty();
    }

    private static KeySlot reread(KeySlot slot) {
        return KeySlot.decode(slot.name(), slot.encode());
    }

    private static Credential passphrase(String text) {
        return new Credential.Passphrase(text.toCharArray());
    }
}
