package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.OpenDescriptors;
import io.holdfast.sources.fixture.Workbench;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Directories are listed ahead of the walker without anything getting lost, out of order or left open. */
@Timeout(60)
class DirectoryScoutTest {
    private static final int DIRECTORIES = 60;

    @TempDir
    Path temporary = Path.of("");

    private Path tree = Path.of("");

    @BeforeEach
    void makeTree() throws IOException {
        tree = temporary.toRealPath().resolve("tree");
        for (int i = 0; i < DIRECTORIES; i++) {
            Path each =
                    Files.createDirectories(tree.resolve("d%02d".formatted(i)).resolve("below"));
            Files.writeString(each.resolve("file"), "x");
            Files.writeString(tree.resolve("d%02d.txt".formatted(i)), "x");
        }
    }

    @Test
    void givesTheListingOfEachSubdirectoryInTurn() throws Exception {
        try (DirectoryScout scout = new DirectoryScout(request(tree));
                Listing listing = open(scout, tree)) {
            DirectoryScout.Level level = scout.enter(listing);
            List<String> found = new ArrayList<>();
            for (int i = 0; i < listing.entries().size(); i++) {
                if (listing.entries().get(i).look(listing.directory()).isDirectory()) {
                    try (Listing below = level.take(i)) {
                        found.add(text(listing.entries().get(i).name()) + " "
                                + text(below.entries().getFirst().path()));
                    }
                }
            }
            assertThat(found).hasSize(DIRECTORIES);
            for (int i = 0; i < DIRECTORIES; i++) {
                String name = "d%02d".formatted(i);
                assertThat(found.get(i))
                        .isEqualTo(name + " " + tree.resolve(name).resolve("below"));
            }
        }
        assertThat(OpenDescriptors.below(tree)).isEmpty();
    }

    @Test
    void closesWhatItOpenedInVain() throws Exception {
        try (DirectoryScout scout = new DirectoryScout(request(tree));
                Listing listing = open(scout, tree)) {
            scout.enter(listing).take(0).close();
        }
        assertThat(OpenDescriptors.below(tree)).isEmpty();
    }

    @Test
    void saysWhereASubdirectoryHasVanishedWhenItIsWanted() throws Exception {
        try (DirectoryScout scout = new DirectoryScout(request(tree));
                Listing listing = open(scout, tree)) {
            Files.delete(tree.resolve("d00/below/file"));
            Files.delete(tree.resolve("d00/below"));
            Files.delete(tree.resolve("d00"));
            DirectoryScout.Level level = scout.enter(listing);
            assertThatExceptionOfType(HostFileException.class)
                    .isThrownBy(() -> level.take(0))
                    .matches(HostFileException::isVanished);
        }
        assertThat(OpenDescriptors.below(tree)).isEmpty();
    }

    @Test
    void looksLaterAtTheRestOfALargeDirectory() throws Exception {
        Path large = Files.createDirectory(temporary.toRealPath().resolve("large"));
        for (int i = 0; i < 5_000; i++) {
            Files.createFile(large.resolve("f%05d".formatted(i)));
        }
        Files.createDirectory(large.resolve("z"));
        try (DirectoryScout scout = new DirectoryScout(request(large));
                Listing listing = open(scout, large)) {
            assertThat(listing.entries()).hasSize(5_001);
            assertThat(listing.entries().getFirst().status()).isNotNull();
            assertThat(listing.entries().getLast().status()).isNull();
            assertThat(listing.entries().getLast().look(listing.directory()).isDirectory())
                    .isTrue();
            try (Listing below = scout.enter(listing).take(5_000)) {
                assertThat(below.entries()).isEmpty();
            }
        }
        assertThat(OpenDescriptors.below(large)).isEmpty();
    }

    @Test
    void neverOpensWhatIsExcluded() throws Exception {
        BackupRequest request =
                Workbench.excluding(request(tree), tree.resolve("d0*").toString());
        try (DirectoryScout scout = new DirectoryScout(request);
                Listing listing = open(scout, tree)) {
            assertThat(listing.entries().stream().map(child -> text(child.name())))
                    .doesNotContain("d00", "d09", "d09.txt")
                    .contains("d10", "d59.txt")
                    .hasSize(2 * DIRECTORIES - 20);
        }
    }

    private static Listing open(DirectoryScout scout, Path path) throws HostFileException {
        return scout.list(HostFiles.ofThisSystem().openDirectory(Workbench.bytes(path)), Workbench.bytes(path));
    }

    private static BackupRequest request(Path path) {
        return new BackupRequest(
                List.of(Workbench.bytes(path)),
                ExcludeRules.of(List.of()),
                false,
                false,
                List.of(),
                "host",
                Optional.empty());
    }

    private static String text(Bytes name) {
        return new String(name.unsafeArray(), StandardCharsets.UTF_8);
    }
}
