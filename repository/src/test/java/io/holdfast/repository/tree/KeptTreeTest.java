package io.holdfast.repository.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeptTreeTest {
    private static final Timestamp STARTED = new Timestamp(1_900_000_000L, 7);
    private static final String NAME = "source";

    @TempDir
    Path directory;

    private final SeededRandom random = new SeededRandom(5);
    private final SecureRandom salts = new SecureRandom();
    private final Keyring keyring = Keyring.generate(Bytes.wrap(new byte[16]), salts);
    private final List<PageRef> refs = new ArrayList<>();
    private final List<byte[]> pages = new ArrayList<>();

    private void keep(int count) {
        try (KeptTree.Keeper keeper = new KeptTree.Keeper(directory, NAME, keyring::keptTreeKey, salts)) {
            for (int i = 0; i < count; i++) {
                byte[] page = random.bytes(1 + random.nextInt(200_000));
                ChunkId id = ChunkId.read(random.bytes(ChunkId.BYTES), 0);
                keeper.keep(id, page, 0, page.length);
                keeper.keep(id, new byte[1], 0, 1);
                refs.add(new PageRef(id, page.length));
                pages.add(page);
            }
            keeper.finish(refs.getLast(), STARTED);
        }
    }

    private KeptTree open() {
        return KeptTree.open(directory.resolve(NAME), keyring::keptTreeKey).orElseThrow();
    }

    @Test
    void givesBackWhatWasKept() {
        keep(30);
        try (KeptTree tree = open()) {
            assertThat(tree.started()).isEqualTo(STARTED);
            assertThat(tree.root()).isEqualTo(refs.getLast());
            for (int i = 0; i < refs.size(); i++) {
                assertThat(tree.read(refs.get(i).id())).isEqualTo(pages.get(i));
            }
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> tree.read(ChunkId.read(random.bytes(ChunkId.BYTES), 0)))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED));
        }
    }

    @Test
    void whatIsNotFinishedReplacesNothing() throws IOException {
        keep(2);
        try (KeptTree.Keeper keeper = new KeptTree.Keeper(directory, NAME, keyring::keptTreeKey, salts)) {
            keeper.keep(ChunkId.read(random.bytes(ChunkId.BYTES), 0), new byte[9], 0, 9);
        }
        try (KeptTree tree = open()) {
            assertThat(tree.read(refs.getFirst().id())).isEqualTo(pages.getFirst());
        }
        assertThat(files()).containsExactly(NAME);
    }

    @Test
    void aDamagedFileIsNoneOrSaysWhichPageIsDamaged() throws IOException {
        keep(3);
        Path file = directory.resolve(NAME);
        byte[] whole = Files.readAllBytes(file);
        for (int round = 0; round < 400; round++) {
            boolean cuts = random.oneIn(4);
            byte[] damaged = cuts ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            if (!cuts) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, damaged);
            int[] wrong = {0};
            KeptTree.open(file, keyring::keptTreeKey)
                    .ifPresentOrElse(tree -> wrong[0] += unreadable(tree), () -> wrong[0]++);
            assertThat(wrong[0]).isPositive();
        }
    }

    private int unreadable(KeptTree tree) {
        int count = 0;
        try (tree) {
            for (int i = 0; i < refs.size(); i++) {
                try {
                    assertThat(tree.read(refs.get(i).id())).isEqualTo(pages.get(i));
                } catch (HoldfastException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
                    count++;
                }
            }
        }
        return count;
    }

    @Test
    void anotherHostCannotReadIt() {
        keep(1);
        Keyring other = Keyring.generate(Bytes.wrap(new byte[16]), salts);
        assertThat(KeptTree.open(directory.resolve(NAME), other::keptTreeKey)).isEmpty();
    }

    @Test
    void aDirectoryThatCannotBeUsedKeepsNothing() throws IOException {
        Path taken = Files.createFile(directory.resolve("file"));
        try (KeptTree.Keeper keeper = new KeptTree.Keeper(taken, NAME, keyring::keptTreeKey, salts)) {
            keeper.keep(ChunkId.read(random.bytes(ChunkId.BYTES), 0), new byte[9], 0, 9);
            keeper.finish(new PageRef(ChunkId.read(random.bytes(ChunkId.BYTES), 0), 9), STARTED);
        }
        assertThat(KeptTree.open(taken.resolve(NAME), keyring::keptTreeKey)).isEmpty();
    }

    @Test
    void whatIsNoFileIsNone() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        assertThat(KeptTree.open(fifo, keyring::keptTreeKey)).isEmpty();
        assertThat(KeptTree.open(directory, keyring::keptTreeKey)).isEmpty();
    }

    /** A process that was killed leaves its file. */
    @Test
    void leftoversOfDeadProcessesGo() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        assertThat(dead.waitFor()).isZero();
        Files.createFile(directory.resolve("tmp-" + dead.pid() + "-1"));
        keep(1);
        assertThat(files()).containsExactly(NAME);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
