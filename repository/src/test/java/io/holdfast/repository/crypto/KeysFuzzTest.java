package io.holdfast.repository.crypto;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.SmallRepository;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Keyrings as they are once unwrapped, key slots with a checksum that fits, key files, and envelopes. */
class KeysFuzzTest extends ParserFuzz {
    private static final Set<ErrorCode> DAMAGE = Set.of(ErrorCode.DAMAGED);

    KeysFuzzTest() {
        super(12);
    }

    @Override
    protected void feed(int rounds) {
        keyrings(rounds);
        slots(rounds);
        slotObjects(rounds);
        envelopes(rounds);
        keyFiles(rounds);
    }

    private void keyrings(int rounds) {
        new Mutations(List.of(SmallRepository.keyring().withEpoch(3, SECURE).encode()), random)
                .feed(rounds, DAMAGE, input -> Keyring.decode(input, "test"));
    }

    private void slots(int rounds) {
        new Mutations(List.of(body(SLOT.encode())), random)
                .feed(
                        rounds,
                        Set.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION),
                        input -> KeySlot.decode(
                                SLOT.name(), Sealer.checksummed(ObjectKind.KEY_SLOT, new byte[32], input)));
    }

    private void slotObjects(int rounds) {
        new Mutations(List.of(SLOT.encode()), random)
                .feed(
                        rounds,
                        Set.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION),
                        input -> KeySlot.decode(SLOT.name(), input));
    }

    private void envelopes(int rounds) {
        new Mutations(List.of(sealed()), random)
                .feed(
                        rounds,
                        Set.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION),
                        input -> SEALER.open(ObjectKind.MANIFEST, SLOT.name(), input));
    }

    private void keyFiles(int rounds) {
        new Mutations(List.of(KeyFile.generate(SECURE).toText().getBytes(StandardCharsets.US_ASCII)), random)
                .feed(
                        rounds,
                        Set.of(ErrorCode.WRONG_KEY),
                        input -> KeyFile.parse(new String(input, StandardCharsets.ISO_8859_1), "test"));
    }

    private static final SecureRandom SECURE = new SecureRandom();
    private static final KeySlot SLOT = KeySlot.create(
            SmallRepository.keyring(), new Credential.Key(KeyFile.generate(SECURE)), "label", 1_700_000_000, SECURE);
    private static final Sealer SEALER = new Sealer(SmallRepository.keyring(), SECURE);

    private static byte[] sealed() {
        return SEALER.seal(ObjectKind.MANIFEST, SLOT.name(), new byte[100]);
    }

    private static byte[] body(byte[] object) {
        return Arrays.copyOfRange(object, Envelope.BYTES, object.length - Sha256.BYTES);
    }
}
