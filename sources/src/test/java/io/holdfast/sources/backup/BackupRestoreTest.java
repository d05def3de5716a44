package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sources.files.PortableHostFiles;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.RandomTree;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is restored is what was saved: content, links, holes, metadata. */
@Timeout(120)
class BackupRestoreTest extends RoundTrip {
    @Test
    void restoresRandomTreesAsTheyWere() {
        SeededRandom.check(12, random -> {
            Path tree = Files.createDirectory(from.resolve("t" + random.nextLong()));
            new RandomTree(150, 6, 200_000).write(random, tree);
            BackupResult result = bench().backup(tree);
            Path target = Files.createDirectory(to.resolve(tree.getFileName()));
            RestoreResult restored = bench().restore(result, target, Overwrite.NEVER);
            assertThat(bench().takeTold()).isEmpty();
            assertThat(restored.failed()).isZero();
            assertThat(describe(Workbench.below(target, tree))).isEqualTo(describe(tree));
            assertThat(check(result, target)).isZero();
        });
    }

    @Test
    void restoresRandomTreesThroughJavaNioAlone() {
        SeededRandom.check(5, random -> {
            try (Workbench portable = Workbench.create(
                    new MemoryStore(), Workbench.small(home.resolve("cache-p")), new PortableHostFiles())) {
                Path tree = Files.createDirectory(from.resolve("t" + random.nextLong()));
                new RandomTree(80, 5, 100_000).write(random, tree);
                Path target = Files.createDirectory(to.resolve(tree.getFileName()));
                RestoreResult restored = portable.restore(portable.backup(tree), target, Overwrite.NEVER);
                assertThat(restored.failed()).isZero();
                assertThat(describe(Workbench.below(target, tree)).keySet())
                        .isEqualTo(describe(tree).keySet());
            }
        });
    }

    @Test
    void restoresFilesOfTheUsualChunkSizes() throws IOException {
        SeededRandom random = new SeededRandom(1);
        try (Workbench usual = Workbench.create(new MemoryStore(), Workbench.usual(home.resolve("cache-u")), files)) {
            for (int size :
                    new int[] {0, 1, (1 << 18) - 1, 1 << 18, 1 << 20, (1 << 20) + 1, 3 << 20, 9 << 20, 20 << 20}) {
                Files.write(from.resolve("random-" + size), random.bytes(size));
                Files.write(from.resolve("text-" + size), random.compressibleBytes(size));
                Files.write(from.resolve("zeros-" + size), new byte[size]);
            }
            usual.restore(usual.backup(from), to, Overwrite.NEVER);
            assertThat(usual.takeTold()).isEmpty();
        }
        assertRestored();
    }

    @Test
    void keepsHardLinksAcrossDirectories() throws IOException {
        Files.createDirectories(from.resolve("a/b"));
        Files.createDirectories(from.resolve("z"));
        Files.write(from.resolve("a/b/first"), new byte[100_000]);
        Files.createLink(from.resolve("a/second"), from.resolve("a/b/first"));
        Files.createLink(from.resolve("z/third"), from.resolve("a/b/first"));
        Files.write(from.resolve("z/other"), new byte[100_000]);
        BackupResult result = bench().backup(from);
        assertThat(files.takeOpened()).containsOnlyOnce("first").doesNotContain("second", "third");
        RestoreResult restored = bench().restore(result, to, Overwrite.NEVER);
        assertThat(restored.writtenBytes()).isEqualTo(200_000);
        assertRestored();
        assertThat(result.statistics().files()).isEqualTo(4);
        assertThat(result.statistics().bytes()).isEqualTo(200_000);
    }

    @Test
    void linksIntoDirectoriesThatTheirOwnerMayNotWriteTo() throws IOException {
        for (String name : List.of("a", "b")) {
            Files.createDirectory(from.resolve(name));
        }
        Files.writeString(from.resolve("a/first"), "linked");
        Files.createLink(from.resolve("a/second"), from.resolve("a/first"));
        Files.createLink(from.resolve("b/third"), from.resolve("a/first"));
        for (String name : List.of("a", "b")) {
            Files.setPosixFilePermissions(from.resolve(name), PosixFilePermissions.fromString("r-xr-xr-x"));
        }
        files.heedModes();
        assertThat(bench().restore(bench().backup(from), to, Overwrite.NEVER).failed())
                .isZero();
        assertThat(bench().takeTold()).isEmpty();
        assertRestored();
    }

    /** A file that was linked from elsewhere must not be changed there. */
    @Test
    void neverWritesThroughAForeignHardLink() throws IOException {
        Files.writeString(from.resolve("f"), "content");
        Files.createLink(from.resolve("g"), from.resolve("f"));
        BackupResult result = bench().backup(from);
        for (Overwrite overwrite : List.of(Overwrite.IF_CHANGED, Overwrite.ALWAYS)) {
            Path there = Workbench.below(to, from);
            bench().restore(result, to, Overwrite.ALWAYS);
            Path foreign = Files.writeString(home.resolve("foreign-" + overwrite), "another content");
            Files.delete(there.resolve("f"));
            Files.createLink(there.resolve("f"), foreign);
            bench().restore(result, to, overwrite);
            assertRestored();
            assertThat(foreign).hasContent("another content");
        }
    }

    @Test
    void keepsHolesAtBothEndsAndInBetween() throws IOException {
        SeededRandom random = new SeededRandom(2);
        sparse("only", 3 << 20);
        sparse("ends", 5 << 20, 2 << 20);
        sparse("many", 6 << 20, 1 << 20, 3 << 20, 5 << 20);
        sparse("start", (4 << 20) + 5, 4 << 20);
        try (RandomAccessFile file = new RandomAccessFile(from.resolve("end").toFile(), "rw")) {
            file.write(random.bytes(100_000));
            file.setLength(10 << 20);
        }
        BackupResult result = bench().backup(from);
        bench().restore(result, to, Overwrite.NEVER);
        assertRestored();
        assertThat(allocated(Workbench.below(to, from))).isEqualTo(allocated(from));
        // Over files that are full of something else: what was a hole must read as zeros again.
        for (String name : List.of("only", "ends", "many", "start", "end")) {
            Path there = Workbench.below(to, from).resolve(name);
            Files.write(there, random.bytes((int) Files.size(there) + 1_000));
        }
        bench().restore(result, to, Overwrite.ALWAYS);
        assertRestored();
        assertThat(allocated(Workbench.below(to, from))).isEqualTo(allocated(from));
    }

    private static String allocated(Path directory) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line : Command.run("sh", "-c", "cd '" + directory + "' && stat -c '%n %b' *")
                .split("\n", -1)) {
            text.append(line).append('\n');
        }
        return text.toString();
    }

    /** Where holes cannot be punched, zeros must be written: old content in their place would be wrong bytes. */
    @Test
    void restoresHolesOverOldContentWhereNoHoleCanBePunched() throws IOException {
        sparse("many", 6 << 20, 1 << 20, 3 << 20);
        BackupResult result = bench().backup(from);
        Path there = Workbench.below(to, from);
        Files.createDirectories(there);
        for (Overwrite overwrite : List.of(Overwrite.ALWAYS, Overwrite.IF_CHANGED)) {
            Files.write(there.resolve("many"), new SeededRandom(3).bytes(6 << 20));
            try (Workbench portable =
                    Workbench.open(store, Workbench.small(home.resolve("cache-p")), new PortableHostFiles())) {
                assertThat(check(result, to)).isPositive();
                assertThat(portable.restore(result, to, overwrite).failed()).isZero();
            }
            assertThat(Files.mismatch(there.resolve("many"), from.resolve("many")))
                    .isEqualTo(-1);
            assertThat(check(result, to)).isZero();
        }
    }

    @Test
    void theCheckNoticesEveryOtherByteAndBytesInHoles() throws IOException {
        sparse("sparse", 1 << 20, 1 << 19);
        Files.write(from.resolve("plain"), new SeededRandom(4).bytes(50_000));
        BackupResult result = bench().backup(from);
        bench().restore(result, to, Overwrite.NEVER);
        assertThat(check(result, to)).isZero();
        for (long at : new long[] {0, 300_000, (1 << 19) + 5, (1 << 20) - 1}) {
            flip("sparse", at);
            assertThat(check(result, to)).as("byte %s", at).isEqualTo(1);
            flip("sparse", at);
        }
        flip("plain", 49_999);
        assertThat(check(result, to)).isEqualTo(1);
        Files.delete(Workbench.below(to, from).resolve("plain"));
        assertThat(check(result, to)).isEqualTo(1);
    }

    private void flip(String name, long at) throws IOException {
        Path there = Workbench.below(to, from).resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(there.toFile(), "rw")) {
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ 1);
        }
    }
}
