package io.holdfast.repository;

import io.holdfast.core.ErrorCode;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.Mutations;
import io.holdfast.testkit.ParserFuzz;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Configurations with a checksum that fits. */
class RepositoryConfigFuzzTest extends ParserFuzz {
    RepositoryConfigFuzzTest() {
        super(24);
    }

    @Override
    protected void feed(int rounds) {
        configurations(rounds);
    }

    private void configurations(int rounds) {
        new Mutations(List.of(body(config("x"), keyring), body(config("a longer name"), keyring)), random)
                .feed(
                        rounds,
                        Set.of(ErrorCode.DAMAGED, ErrorCode.UNSUPPORTED_VERSION),
                        input -> RepositoryConfig.decode(
                                NAME, Sealer.checksummed(ObjectKind.CONFIG, new byte[32], input)));
    }

    private static final ObjectName NAME = RepositoryConfig.name(1);

    private final Keyring keyring = SmallRepository.keyring();

    private RepositoryConfig config(String optional) {
        return new RepositoryConfig(
                keyring.repositoryId(),
                RepositoryConfig.requiredOfNew(true),
                new TreeMap<>(Map.of(optional, "2.0")),
                ChunkerParameters.DEFAULT,
                32 << 20,
                8 << 20,
                1_700_000_000,
                "test",
                2_592_000);
    }

    /** Without envelope and checksum. */
    private static byte[] body(RepositoryConfig config, Keyring keyring) {
        byte[] object = config.encode(keyring, new byte[32]);
        return Arrays.copyOfRange(object, 48, object.length - 32);
    }
}
