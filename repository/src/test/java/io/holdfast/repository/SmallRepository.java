package io.holdfast.repository;

import io.holdfast.core.Warnings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.storage.ObjectStore;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Repositories with small chunks and packs, so that little content makes many objects. */
public final class SmallRepository {
    public static final ChunkerParameters CHUNKER = new ChunkerParameters(1 << 10, 4 << 10, 16 << 10);
    /** The smallest that the format allows. */
    public static final int PACK_BYTES = 64 << 10;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Credential KEY = new Credential.Key(KeyFile.generate(RANDOM));

    private SmallRepository() {}

    public static RepositorySettings settings(Path cache) {
        return new RepositorySettings(
                cache,
                2,
                RANDOM,
                InstantSource.fixed(Instant.parse("2040-01-01T00:00:00Z")),
                "test",
                CHUNKER,
                PACK_BYTES,
                PACK_BYTES,
                Optional.empty(),
                Warnings.NONE);
    }

    public static Repository create(ObjectStore store, Path cache) {
        RepositorySettings settings = settings(cache);
        return Repository.create(store, Repository.newId(settings), KEY, "test", settings)
                .repository();
    }

    public static Repository open(ObjectStore store, Path cache) {
        return Repository.open(store, List.of(KEY), settings(cache));
    }

    /** What opens these repositories. */
    public static Credential key() {
        return KEY;
    }

    /** Fresh keys of no stored repository. */
    public static Keyring keyring() {
        return Keyring.generate(Repository.newId(settings(Path.of("unused"))), RANDOM);
    }
}
