package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.LoopFileSystem;
import io.holdfast.sources.fixture.LoopFileSystem.Kind;
import io.holdfast.sources.fixture.TreeComparison;
import io.holdfast.sources.fixture.TreeFixture;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Backups of real file systems and their restore, compared by the system's own tools. */
@Tag("root")
@Timeout(180)
class RealTreesTest {
    @TempDir
    Path home;

    private Workbench bench(MemoryStore store) {
        return Workbench.create(store, Workbench.usual(home.resolve("cache")), HostFiles.ofThisSystem());
    }

    /** Sockets are not kept; nobody could be at their other end. */
    private static List<String> differences(Path from, Path to) throws IOException {
        return TreeComparison.differences(from, to, Set.of()).stream()
                .filter(line -> !line.contains("special/socket"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void restoresEveryAttributeOfEveryFile(Kind kind) throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(kind);
                Workbench bench = bench(new MemoryStore())) {
            Path from = fileSystem.makeDirectory("from");
            Path to = fileSystem.makeDirectory("to");
            TreeFixture.populate(from, kind);
            BackupResult result = bench.backup(from);
            List<String> told = bench.takeTold();
            assertThat(told)
                    .hasSize(1)
                    .allMatch(line -> line.contains("special/socket") && line.contains("is a socket"));
            assertThat(result.statistics().unreadable()).isZero();
            RestoreResult restored = bench.restore(result, to, Overwrite.NEVER);
            assertThat(bench.takeTold()).isEmpty();
            assertThat(restored.failed()).isZero();
            Path there = Workbench.below(to, from);
            assertThat(differences(from, there)).isEmpty();

            // Once more over it: nothing is written, everything stays.
            for (Overwrite overwrite : List.of(Overwrite.IF_CHANGED, Overwrite.ALWAYS)) {
                RestoreResult again = bench.restore(result, to, overwrite);
                assertThat(bench.takeTold()).isEmpty();
                assertThat(again.failed()).isZero();
                assertThat(again.writtenBytes()).isZero();
                assertThat(differences(from, there)).isEmpty();
            }

            BackupResult second = bench.backup(from);
            assertThat(second.statistics().unchangedFiles())
                    .isEqualTo(result.statistics().files());
            assertThat(second.statistics().storedBytes()).isLessThan(10_000);
        }
    }

    @Test
    void restoresToAnotherKindOfFileSystemAndSaysWhatItLacks() throws IOException {
        try (LoopFileSystem source = LoopFileSystem.create(Kind.EXT4);
                LoopFileSystem target = LoopFileSystem.create(Kind.TMPFS);
                Workbench bench = bench(new MemoryStore())) {
            Path from = source.makeDirectory("from");
            Path to = target.makeDirectory("to");
            TreeFixture.populate(from, Kind.EXT4);
            BackupResult result = bench.backup(from);
            bench.takeTold();
            assertThat(bench.restore(result, to, Overwrite.NEVER).failed()).isZero();
            List<String> differences = differences(from, Workbench.below(to, from));
            assertThat(differences).allMatch(line -> line.contains(" flags: "));
            assertThat(bench.takeTold()).hasSameSizeAs(differences);
        }
    }

    @Test
    void keepsAFileAboveFourGibibytesWithDataAtItsEnds() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.EXT4);
                Workbench bench = bench(new MemoryStore())) {
            Path from = fileSystem.makeDirectory("from");
            Path to = fileSystem.makeDirectory("to");
            SeededRandom random = new SeededRandom(1);
            try (RandomAccessFile file =
                    new RandomAccessFile(from.resolve("large").toFile(), "rw")) {
                for (long at : new long[] {0, (4L << 30) - 1_000, 6L << 30}) {
                    file.seek(at);
                    file.write(random.bytes(100_000));
                }
                file.setLength((6L << 30) + (1 << 20));
            }
            BackupResult result = bench.backup(from);
            assertThat(result.statistics().bytes()).isEqualTo((6L << 30) + (1 << 20));
            assertThat(bench.restore(result, to, Overwrite.NEVER).failed()).isZero();
            assertThat(differences(from, Workbench.below(to, from))).isEmpty();
        }
    }

    @Test
    void staysOnOneFileSystemWhereAsked() throws IOException {
        try (LoopFileSystem outer = LoopFileSystem.create(Kind.TMPFS);
                Workbench bench = bench(new MemoryStore())) {
            Path from = outer.makeDirectory("from");
            Path to = outer.makeDirectory("to");
            Path mount = Files.createDirectory(from.resolve("mount"));
            Files.writeString(from.resolve("here"), "here");
            Command.run("mount", "-t", "tmpfs", "tmpfs", mount.toString());
            try {
                Files.writeString(mount.resolve("there"), "there");
                BackupRequest asked = bench.request(from);
                BackupRequest one = new BackupRequest(
                        asked.paths(), asked.excludes(), false, true, List.of(), Workbench.HOST, Optional.empty());
                assertThat(bench.backup(one).statistics().files()).isEqualTo(1);
                assertThat(bench.backup(asked).statistics().files()).isEqualTo(2);
                // Asked for by name, a mount is walked.
                BackupRequest mounted = new BackupRequest(
                        List.of(Workbench.bytes(mount)),
                        asked.excludes(),
                        false,
                        true,
                        List.of(),
                        Workbench.HOST,
                        Optional.empty());
                BackupResult result = bench.backup(mounted);
                assertThat(result.statistics().files()).isEqualTo(1);
                bench.restore(result, to, Overwrite.NEVER);
                assertThat(Workbench.below(to, mount).resolve("there")).hasContent("there");
            } finally {
                Command.run("umount", mount.toString());
            }
        }
    }

    /** More than a page of a tree takes. */
    @Test
    void saysSoWhereExtendedAttributesAreTooLarge() throws IOException {
        try (LoopFileSystem fileSystem = LoopFileSystem.create(Kind.XFS);
                Workbench bench = bench(new MemoryStore())) {
            Path from = fileSystem.makeDirectory("from");
            Path to = fileSystem.makeDirectory("to");
            Files.writeString(from.resolve("plain"), "plain");
            python(from, """
                    for name, count in ("many", 16), ("too-many", 100):
                        with open(name, "w") as f:
                            for i in range(count):
                                os.setxattr(f.fileno(), "user.a%03d" % i, os.urandom(60000))
                    """);
            BackupResult result = bench.backup(from);
            assertThat(bench.takeTold())
                    .hasSize(1)
                    .allMatch(line -> line.startsWith("unreadable") && line.contains("/too-many"));
            assertThat(bench.restore(result, to, Overwrite.NEVER).failed()).isZero();
            assertThat(differences(from, Workbench.below(to, from)))
                    .isNotEmpty()
                    .allMatch(line -> line.startsWith("too-many "));
        }
    }

    @Test
    void keepsFilesWithMoreHolesThanAPageTakes() throws IOException {
        try (LoopFileSystem source = LoopFileSystem.create(Kind.TMPFS);
                LoopFileSystem target = LoopFileSystem.create(Kind.TMPFS);
                Workbench bench = bench(new MemoryStore())) {
            Path from = source.makeDirectory("from");
            Path to = target.makeDirectory("to");
            python(from, """
                    with open("holes", "wb") as f:
                        for i in range(67000):
                            os.pwrite(f.fileno(), b"%d" % i, i * 8192)
                    """);
            BackupResult result = bench.backup(from);
            assertThat(bench.takeTold()).isEmpty();
            assertThat(bench.restore(result, to, Overwrite.NEVER).failed()).isZero();
            // Only the last holes became zeros.
            Path there = Workbench.below(to, from);
            assertThat(Files.mismatch(there.resolve("holes"), from.resolve("holes")))
                    .isEqualTo(-1);
            assertThat(TreeComparison.differences(from, there, Set.of("data", "content")))
                    .isEmpty();
        }
    }

    private static void python(Path directory, String script) throws IOException {
        Command.run("python3", "-c", "import os, sys\nos.chdir(sys.argv[1])\n" + script, directory.toString());
    }
}
