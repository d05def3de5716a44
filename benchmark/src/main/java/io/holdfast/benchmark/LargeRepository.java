package io.holdfast.benchmark;

import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * Makes an empty repository whose chunks are as short as the format allows, so that a few gigabytes have as many of them as usually a few tens of terabytes.
 * Everything else is as the program makes it.
 */
public final class LargeRepository {
    private static final ChunkerParameters CHUNKS = new ChunkerParameters(64, 128, 1 << 10);

    private LargeRepository() {}

    /** @param arguments directory of the repository, and the key file to write */
    public static void main(String[] arguments) throws IOException {
        SecureRandom random = new SecureRandom();
        Path scratch = Files.createTempDirectory("holdfast-benchmark");
        RepositorySettings usual = RepositorySettings.of(scratch, "benchmark", Warnings.NONE);
        RepositorySettings settings = new RepositorySettings(
                scratch,
                usual.threads(),
                random,
                usual.clock(),
                usual.program(),
                CHUNKS,
                usual.dataPackBytes(),
                usual.metaPackBytes(),
                Optional.empty(),
                usual.warnings());
        KeyFile key = KeyFile.generate(random);
        Files.writeString(Path.of(arguments[1]), key.toText() + "\n");
        try (ObjectStore store = DiskStore.create(Path.of(arguments[0]));
                Repository made = Repository.create(
                                store, Repository.newId(settings), new Credential.Key(key), "benchmark", settings)
                        .repository()) {
            System.out.println(made.config().repositoryId().toHex());
        }
    }
}
