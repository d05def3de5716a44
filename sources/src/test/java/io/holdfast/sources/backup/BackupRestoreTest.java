package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.PortableHostFiles;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.HookedFiles;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreCheck;
import io.holdfast.sources.restore.RestoreListener;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.storage.MemoryStore;
import io.holdfast.testkit.Failures;
import io.holdfast.testkit.RandomTree;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backs up real trees and restores them, as the user who runs the tests; compared through {@code java.nio}. */
@Timeout(120)
class BackupRestoreTest {
    @TempDir
    Path home;

    private final MemoryStore store = new MemoryStore();
    private final HookedFiles files = new HookedFiles(HostFiles.ofThisSystem());
    private Path from;
    private Path to;
    private Optional<Workbench> opened = Optional.empty();

    @BeforeEach
    void create() throws IOException {
        from = Files.createDirectory(home.resolve("from")).toRealPath();
        to = Files.createDirectory(home.resolve("to")).toRealPath();
        opened = Optional.of(Workbench.create(store, Workbench.small(home.resolve("cache")), files));
    }

    @AfterEach
    void close() {
        bench().close();
    }

    private Workbench bench() {
        return opened.orElseThrow();
    }

    private void assertRestored() throws IOException {
        assertThat(describe(Workbench.below(to, from))).isEqualTo(describe(from));
    }

    /** Type, mode, times, content, link targets and which names are one file. */
    private static Map<String, String> describe(Path tree) throws IOException {
        TreeMap<String, String> all = new TreeMap<>();
        TreeMap<String, String> firstNames = new TreeMap<>();
        try (var paths = Files.walk(tree)) {
            for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
                String name = tree.relativize(path).toString();
                var attributes = Files.readAttributes(path, "unix:mode,uid,gid,ino", LinkOption.NOFOLLOW_LINKS);
                StringBuilder text = new StringBuilder()
                        .append(attributes.get("mode"))
                        .append(' ')
                        .append(Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                                .toInstant())
                        .append(' ')
                        .append(attributes.get("uid"))
                        .append(' ')
                        .append(attributes.get("gid"));
                if (Files.isSymbolicLink(path)) {
                    text.append(" -> ").append(Files.readSymbolicLink(path));
                } else if (Files.isRegularFile(path)) {
                    text.append(' ').append(Arrays.hashCode(Files.readAllBytes(path)));
                    text.append(" = ")
                            .append(firstNames.computeIfAbsent(String.valueOf(attributes.get("ino")), ino -> name));
                }
                all.put(name, text.toString());
            }
        }
        return all;
    }

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

    private void sparse(String name, long size, long... data) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(from.resolve(name).toFile(), "rw")) {
            file.setLength(size);
            for (long at : data) {
                file.seek(at);
                file.write(new SeededRandom(at).bytes((int) Math.min(65_536, size - at)));
            }
        }
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

    private long check(BackupResult result, Path target) {
        return new RestoreCheck(
                        bench().repository(),
                        files,
                        bench().snapshot(result),
                        Workbench.restoreRequest(target, Overwrite.ALWAYS),
                        RestoreListener.SILENT)
                .run();
    }

    @Test
    void anUnchangedSecondBackupReadsNothingAndStoresNothing() throws IOException {
        SeededRandom random = new SeededRandom(5);
        new RandomTree(200, 5, 300_000).write(random, from);
        Files.write(from.resolve("large"), random.bytes(3 << 20));
        Files.createLink(from.resolve("large-too"), from.resolve("large"));
        BackupResult first = bench().backup(from);
        assertThat(files.takeOpened()).isNotEmpty();
        BackupResult second = bench().backup(from);
        assertThat(files.takeOpened()).isEmpty();
        SnapshotStatistics statistics = second.statistics();
        // The directories above may have changed, nothing else.
        assertThat(statistics.addedBytes()).isLessThan(2_000);
        assertThat(statistics.storedBytes()).isLessThan(3_000);
        assertThat(statistics.unchangedFiles()).isEqualTo(first.statistics().files());
        assertThat(statistics.bytes()).isEqualTo(first.statistics().bytes());
        assertThat(second.parent()).isEqualTo(first.snapshot());
        bench().restore(second, to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void readsOnlyWhatChangedAndStoresOnlyThat() throws IOException {
        for (int i = 0; i < 100; i++) {
            Files.write(from.resolve("f" + i), new SeededRandom(i).bytes(20_000));
        }
        bench().backup(from);
        files.takeOpened();
        Files.write(from.resolve("f50"), new SeededRandom(1_000).bytes(20_000));
        Files.delete(from.resolve("f51"));
        Files.move(from.resolve("f52"), from.resolve("moved"));
        BackupResult second = bench().backup(from);
        assertThat(files.takeOpened()).containsExactlyInAnyOrder("f50", "moved");
        assertThat(second.statistics().addedBytes()).isBetween(20_000L, 60_000L);
        assertThat(second.statistics().changedFiles()).isEqualTo(1);
        assertThat(second.statistics().newFiles()).isEqualTo(1);
        assertThat(second.statistics().unchangedFiles()).isEqualTo(97);
        bench().restore(second, to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void noticesAChangeThatKeepsSizeAndTime() throws IOException {
        Path file = Files.writeString(from.resolve("f"), "before");
        FileTime time = Files.getLastModifiedTime(file);
        bench().backup(from);
        Files.writeString(file, "after!");
        Files.setLastModifiedTime(file, time);
        bench().restore(bench().backup(from), to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void buildsOnAnyParentOrNone() throws IOException {
        new RandomTree(60, 4, 50_000).write(new SeededRandom(6), from);
        Path other = Files.createDirectory(home.resolve("other")).toRealPath();
        Files.write(other.resolve("f"), new byte[10]);
        BackupResult first = bench().backup(from);
        BackupResult elsewhere = bench().backup(other);
        for (Optional<SnapshotId> parent :
                List.of(Optional.<SnapshotId>empty(), first.snapshot(), elsewhere.snapshot())) {
            BackupRequest asked = bench().request(from);
            BackupResult next = bench().backup(new BackupRequest(
                    asked.paths(), asked.excludes(), false, false, List.of("tag"), "another-host", parent));
            assertThat(next.parent()).isEqualTo(parent);
            assertThat(next.statistics().files()).isEqualTo(first.statistics().files());
            assertThat(bench().snapshot(next).manifest().host()).isEqualTo("another-host");
            Path target = Files.createDirectory(
                    to.resolve(next.snapshot().orElseThrow().text()));
            bench().restore(next, target, Overwrite.NEVER);
            assertThat(describe(Workbench.below(target, from))).isEqualTo(describe(from));
        }
    }

    @Test
    void takesAForgottenParentForNone() throws IOException {
        Files.write(from.resolve("f"), new byte[10]);
        BackupResult first = bench().backup(from);
        BackupRequest request = bench().request(from);
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        assertThat(bench().backup(request).parent()).isEmpty();
    }

    @Test
    void restoresOverAnExistingTreeByTheAskedMode() throws IOException {
        SeededRandom random = new SeededRandom(7);
        byte[] large = random.bytes(400_000);
        Files.write(from.resolve("large"), large);
        Files.writeString(from.resolve("same"), "same");
        Files.writeString(from.resolve("touched"), "old text");
        Files.writeString(from.resolve("missing"), "missing");
        Files.createSymbolicLink(from.resolve("link"), Path.of("same"));
        Files.createDirectory(from.resolve("directory"));
        BackupResult result = bench().backup(from);
        Path there = Workbench.below(to, from);
        for (Overwrite overwrite : Overwrite.values()) {
            bench().restore(result, to, Overwrite.ALWAYS);
            large[200_000] ^= 1;
            Files.write(there.resolve("large"), large);
            large[200_000] ^= 1;
            FileTime time = Files.getLastModifiedTime(there.resolve("touched"));
            Files.writeString(there.resolve("touched"), "new text");
            Files.setLastModifiedTime(there.resolve("touched"), time);
            Files.delete(there.resolve("missing"));
            Files.delete(there.resolve("link"));
            Files.writeString(there.resolve("link"), "was a link");
            Files.delete(there.resolve("directory"));
            Files.writeString(there.resolve("directory"), "was a directory");
            RestoreResult restored = bench().restore(result, to, overwrite);
            switch (overwrite) {
                case NEVER -> {
                    assertThat(restored.writtenBytes()).isEqualTo(7);
                    assertThat(Files.readString(there.resolve("touched"))).isEqualTo("new text");
                    assertThat(Files.readString(there.resolve("link"))).isEqualTo("was a link");
                    assertThat(bench().takeTold()).hasSize(1).allMatch(line -> line.contains("directory"));
                    Files.delete(there.resolve("directory"));
                }
                case IF_CHANGED -> {
                    // One chunk of the large file, and the missing one; what looks the same is left alone.
                    assertThat(restored.writtenBytes()).isBetween(1_000L, 17_000L);
                    assertThat(Files.readString(there.resolve("touched"))).isEqualTo("new text");
                    assertThat(Files.readAllBytes(there.resolve("large"))).isEqualTo(large);
                    Files.writeString(there.resolve("touched"), "old text");
                    Files.setLastModifiedTime(there.resolve("touched"), time);
                    assertRestored();
                }
                case ALWAYS -> {
                    assertThat(restored.writtenBytes()).isBetween(1_000L, 17_000L);
                    assertRestored();
                }
            }
        }
    }

    @Test
    void writesNothingWhereTheTreeIsThereAlready() throws IOException {
        new RandomTree(100, 5, 100_000).write(new SeededRandom(8), from);
        Files.write(from.resolve("one"), new byte[100_000]);
        Files.createLink(from.resolve("two"), from.resolve("one"));
        BackupResult result = bench().backup(from);
        bench().restore(result, to, Overwrite.NEVER);
        for (Overwrite overwrite : Overwrite.values()) {
            RestoreResult again = bench().restore(result, to, overwrite);
            assertThat(again.writtenBytes()).as("%s", overwrite).isZero();
            assertThat(again.failed()).isZero();
            assertRestored();
        }
    }

    @Test
    void restoresSinglePathsAndPatterns() throws IOException {
        for (String name : List.of("a/one.txt", "a/two.log", "b/c/three.txt", "b/four.log", "five.txt")) {
            Files.createDirectories(from.resolve(name).getParent());
            Files.writeString(from.resolve(name), name);
        }
        BackupResult result = bench().backup(from);
        assertThat(restored(result, List.of("a"), List.of(), List.of())).containsExactly("a/one.txt", "a/two.log");
        assertThat(restored(result, List.of("b/c/three.txt", "five.txt"), List.of(), List.of()))
                .containsExactly("b/c/three.txt", "five.txt");
        assertThat(restored(result, List.of(), List.of("*.txt"), List.of()))
                .containsExactly("a/one.txt", "b/c/three.txt", "five.txt");
        assertThat(restored(result, List.of(), List.of("b"), List.of())).containsExactly("b/c/three.txt", "b/four.log");
        assertThat(restored(result, List.of(), List.of(), List.of("*.txt"))).containsExactly("a/two.log", "b/four.log");
        assertThat(restored(result, List.of("b"), List.of("*.log"), List.of("c")))
                .containsExactly("b/four.log");
        assertThat(Failures.codeOf(() -> restored(result, List.of("none"), List.of(), List.of())))
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    private List<String> restored(BackupResult result, List<String> paths, List<String> includes, List<String> excludes)
            throws IOException {
        Path target = Files.createTempDirectory(to, "some");
        RestoreRequest request = new RestoreRequest(
                paths.stream().map(path -> Workbench.bytes(from.resolve(path))).toList(),
                ExcludeRules.of(includes),
                ExcludeRules.of(excludes),
                Workbench.bytes(target),
                Overwrite.NEVER,
                false);
        bench().restore(bench().snapshot(result), request);
        Path root = Workbench.below(target, from);
        try (var all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void leavesOutWhatIsExcluded() throws IOException {
        byte[] odd = {'o', 'd', 'd', (byte) 0xff, '.', 't', 'm', 'p'};
        for (String name : List.of(
                "a/x.o", "a/x.c", "a/keep.o", "cache/tmp/f", "deep/er/cache/tmp/f", "q1", "q2", "qz", "B", "c")) {
            Files.createDirectories(from.resolve(name).getParent());
            Files.writeString(from.resolve(name), name);
        }
        Command.run(
                "sh",
                "-c",
                "cd '" + from + "' && : > \"$(printf 'odd\\377.tmp')\" && : > \"$(printf 'odd\\377.dat')\"");
        assertThat(saved("*.o", "!keep.o")).contains("a/x.c", "a/keep.o").doesNotContain("a/x.o");
        assertThat(saved("cache/tmp")).noneMatch(name -> name.contains("tmp/f")).contains("a/x.o");
        assertThat(saved(from + "/cache/**")).doesNotContain("cache/tmp/f").contains("deep/er/cache/tmp/f");
        assertThat(saved("**/er/**/f")).contains("cache/tmp/f").doesNotContain("deep/er/cache/tmp/f");
        assertThat(saved("q[0-9]")).contains("qz").doesNotContain("q1", "q2");
        assertThat(saved("q[!0-9]")).doesNotContain("qz").contains("q1", "q2");
        assertThat(saved("?")).doesNotContain("B", "c").contains("q1");
        assertThat(saved("[a-z]")).contains("B").doesNotContain("c", "a/x.c");
        assertThat(saved("odd*.tmp")).contains("odd\u00ff.dat").doesNotContain("odd\u00ff.tmp");
        assertThat(saved("odd?.dat")).doesNotContain("odd\u00ff.dat").contains("odd\u00ff.tmp");
        assertThat(ExcludeRules.of(List.of("*.tmp")).excludes(Bytes.wrap(odd))).isTrue();
    }

    /** Relative names of the regular files in a snapshot, as Latin-1. */
    private List<String> saved(String... excludes) throws IOException {
        BackupResult result = bench().backup(Workbench.excluding(bench().request(from), excludes));
        Path target = Files.createTempDirectory(to, "excluded");
        bench().restore(result, target, Overwrite.NEVER);
        byte[] listing = Command.run(
                        "sh",
                        "-c",
                        "cd '" + Workbench.below(target, from)
                                + "' && find . -type f | sed 's/^..//' | iconv -f latin1 -t utf8")
                .getBytes(StandardCharsets.UTF_8);
        return List.of(new String(listing, StandardCharsets.UTF_8).split("\n", -1));
    }

    @Test
    void leavesOutWhatIsInTaggedCachesButNotWhatIsAskedForInOne() throws IOException {
        Path cache = Files.createDirectories(from.resolve("cache/deep"));
        Files.writeString(from.resolve("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
        Files.writeString(cache.resolve("f"), "cached");
        Files.createDirectory(from.resolve("no-cache"));
        Files.writeString(from.resolve("no-cache/CACHEDIR.TAG"), "no signature");
        Files.writeString(from.resolve("no-cache/g"), "kept");
        BackupRequest asked = bench().request(from);
        BackupRequest request = new BackupRequest(
                asked.paths(), asked.excludes(), true, false, List.of(), Workbench.HOST, Optional.empty());
        bench().restore(bench().backup(request), to, Overwrite.NEVER);
        assertThat(Workbench.below(to, from).resolve("cache")).isEmptyDirectory();
        assertThat(Workbench.below(to, from).resolve("no-cache/g")).hasContent("kept");
        BackupRequest inside = new BackupRequest(
                List.of(Workbench.bytes(cache)),
                asked.excludes(),
                true,
                false,
                List.of(),
                Workbench.HOST,
                Optional.empty());
        bench().restore(bench().backup(inside), to, Overwrite.NEVER);
        assertThat(Workbench.below(to, cache).resolve("f")).hasContent("cached");
    }

    @Test
    void backsUpSeveralPathsAndSingleFilesWithTheDirectoriesAboveThem() throws IOException {
        Files.createDirectories(from.resolve("a/b"));
        Files.createDirectories(from.resolve("c"));
        Files.writeString(from.resolve("a/b/wanted"), "wanted");
        Files.writeString(from.resolve("a/b/other"), "other");
        Files.writeString(from.resolve("c/all"), "all");
        BackupResult result = bench().backup(from.resolve("a/b/wanted"), from.resolve("c"), from.resolve("missing"));
        assertThat(result.statistics().files()).isEqualTo(2);
        assertThat(result.statistics().unreadable()).isEqualTo(1);
        assertThat(bench().takeTold())
                .hasSize(1)
                .allMatch(line -> line.startsWith("unreadable") && line.contains("missing"));
        bench().restore(result, to, Overwrite.NEVER);
        Path there = Workbench.below(to, from);
        assertThat(there.resolve("a/b/wanted")).hasContent("wanted");
        assertThat(there.resolve("c/all")).hasContent("all");
        assertThat(there.resolve("a/b/other")).doesNotExist();
    }

    @Test
    void dryRunsTouchNothing() throws IOException {
        new RandomTree(60, 4, 50_000).write(new SeededRandom(9), from);
        BackupRequest request = bench().request(from);
        int[] before = {0};
        store.list("", object -> before[0]++);
        BackupResult dry = new FileBackup(bench().repository(), files, request, BackupListener.SILENT).dryRun();
        int[] after = {0};
        store.list("", object -> after[0]++);
        assertThat(after).isEqualTo(before);
        BackupResult result = bench().backup(from);
        assertThat(dry.statistics().files()).isEqualTo(result.statistics().files());
        assertThat(dry.statistics().addedBytes()).isEqualTo(result.statistics().addedBytes());
        RestoreRequest all = Workbench.restoreRequest(to, Overwrite.ALWAYS);
        RestoreResult restored = bench().restore(
                        bench().snapshot(result),
                        new RestoreRequest(
                                all.paths(), all.includes(), all.excludes(), all.target(), all.overwrite(), true));
        assertThat(restored.files()).isEqualTo(result.statistics().files());
        assertThat(to).isEmptyDirectory();
        assertThatNoException().isThrownBy(() -> bench().restore(result, to, Overwrite.NEVER));
    }
}
