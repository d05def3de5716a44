package io.holdfast.sources.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.repository.verify.VerificationResult;
import io.holdfast.sources.backup.ExcludeRules;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.FileRestore;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.DiskStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Repositories written by released versions of the format stay readable. Those below {@code golden} were written once, by
 * {@code scripts/make-golden}, and are never written again: what fails here breaks what users have.
 */
@ParameterizedClass
@ValueSource(strings = {"v1", "v1-delta"})
class GoldenRepositoryTest {
    private final Path golden;

    @TempDir
    private Path directory;

    private Path store;

    GoldenRepositoryTest(String name) {
        this.golden = Path.of("src/test/resources/golden").resolve(name);
    }

    @BeforeEach
    void copyRepository() throws IOException {
        store = directory.resolve("repository");
        try (Stream<Path> files = Files.walk(golden.resolve("repository"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = store.resolve(
                        golden.resolve("repository").relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    @Test
    void opensWithItsKeyFileAndVerifies() throws IOException {
        try (DiskStore disk = DiskStore.open(store);
                Repository repository = Repository.open(disk, List.of(keyFile()), settings())) {
            List<String> found = new ArrayList<>();
            VerificationResult result = new Verification(repository, new VerificationListener() {
                        @Override
                        public void damaged(String what) {
                            found.add(what);
                        }

                        @Override
                        public void hit(Snapshot snapshot, Bytes path) {
                            found.add(path.toString());
                        }
                    })
                    .run(100);
            assertThat(found).isEmpty();
            assertThat(result.snapshots()).isEqualTo(2);
            boolean hasDeltas = repository.index().segments().stream()
                    .anyMatch(
                            segment -> IntStream.range(0, segment.entryCount()).anyMatch(segment::isDelta));
            assertThat(hasDeltas).isEqualTo(golden.endsWith("v1-delta"));
        }
    }

    @Test
    void opensWithItsPassphraseAndRestoresEveryFile() throws Exception {
        Credential passphrase = new Credential.Passphrase("correct horse battery staple".toCharArray());
        try (DiskStore disk = DiskStore.open(store);
                Repository repository = Repository.open(disk, List.of(passphrase), settings())) {
            List<Snapshot> snapshots = repository.snapshots().live();
            assertThat(snapshots).hasSize(2);
            Path target = Files.createDirectory(directory.resolve("restored"));
            RestoreResult result = new FileRestore(
                            repository,
                            HostFiles.ofThisSystem(),
                            snapshots.getLast(),
                            new RestoreRequest(
                                    List.of(),
                                    ExcludeRules.of(List.of()),
                                    ExcludeRules.of(List.of("null")), // a device node takes root
                                    Bytes.wrap(target.toString().getBytes(StandardCharsets.UTF_8)),
                                    RestoreRequest.Overwrite.IF_CHANGED,
                                    false),
                            RestoreListener.SILENT)
                    .run();
            assertThat(result.failed()).isZero();
            List<String> expected = Files.readAllLines(golden.resolve("expected.txt"));
            assertThat(expected).isNotEmpty();
            for (String line : expected) {
                String[] fields = line.split("  ", 2);
                assertThat(sha256(target.resolve(fields[1]))).as(fields[1]).isEqualTo(fields[0]);
            }
            int notText = 1; // one name is not UTF-8 and stands in no text file
            assertThat(result.files()).isEqualTo(expected.size() + notText);
        }
    }

    private Credential keyFile() throws IOException {
        return new Credential.Key(KeyFile.parse(Files.readString(golden.resolve("key.txt")), "key.txt"));
    }

    private RepositorySettings settings() {
        return RepositorySettings.of(directory.resolve("cache"), "test", Warnings.NONE);
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
