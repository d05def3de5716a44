package io.holdfast.sources.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SavedSource;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams out of a repository, to be read by a program that believes their end. */
@Timeout(60)
class StreamContentTest {
    private static final int PART_BYTES = 6_000_000;

    @TempDir
    private Path home;

    private final MemoryStore store = new MemoryStore();
    private byte[] content = new byte[0];

    @BeforeEach
    void create() throws IOException {
        SeededRandom random = new SeededRandom(3);
        byte[] again = random.bytes(PART_BYTES);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(again);
        all.write(random.bytes(PART_BYTES));
        // Chunks that were there before, in the same stretch and in another one.
        all.write(again);
        all.write(again);
        content = all.toByteArray();
        Files.write(home.resolve("dump"), content);
    }

    private Workbench bench() {
        return Workbench.create(store, Workbench.small(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    private static StreamContent open(RepositorySource source, Snapshot snapshot) {
        DirectoryReader directories = new DirectoryReader(source.chunks());
        TreeEntry root = snapshot.manifest().root().map(directories::root).orElseThrow();
        return new StreamContent(source, directories.entries(root.directory()).next());
    }

    private Snapshot save(Workbench bench) throws IOException {
        return bench.snapshot(new SavedSource.Stream(home.resolve("dump")).save(bench));
    }

    @Test
    void givesAllOfItInPiecesOfAnySize() throws IOException {
        try (Workbench bench = bench()) {
            Snapshot snapshot = save(bench);
            try (RepositorySource source = new RepositorySource(bench.repository());
                    StreamContent in = open(source, snapshot)) {
                ByteArrayOutputStream read = new ByteArrayOutputStream();
                read.write(in.read());
                read.write(in.readNBytes(100_001));
                read.write(in.readAllBytes());
                assertThat(read.toByteArray()).isEqualTo(content);
                assertThat(in.read()).isEqualTo(-1);
                assertThat(in.read(new byte[7], 0, 7)).isEqualTo(-1);
            }
        }
    }

    @Test
    void neverEndsWhereSomethingIsLost() throws IOException {
        try (Workbench bench = bench()) {
            Snapshot snapshot = save(bench);
            List<ObjectName> packs = new ArrayList<>();
            store.list("packs/data/", object -> packs.add(object.name()));
            assertThat(store.delete(packs.getLast())).isTrue();
            try (RepositorySource source = new RepositorySource(bench.repository());
                    StreamContent in = open(source, snapshot)) {
                HoldfastException e = catchThrowableOfType(HoldfastException.class, in::readAllBytes);
                assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
            }
        }
    }
}
