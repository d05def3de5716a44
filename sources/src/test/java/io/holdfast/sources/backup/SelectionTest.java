package io.holdfast.sources.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.sources.fixture.Command;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.sources.restore.RestoreResult;
import io.holdfast.testkit.Failures;
import io.holdfast.testkit.RandomTree;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which files are saved and restored. */
@Timeout(120)
class SelectionTest extends RoundTrip {
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
    void tellsWhatCannotBeReadAndSavesTheRest() throws IOException {
        Files.createDirectories(from.resolve("locked/deep"));
        Files.writeString(from.resolve("locked/deep/f"), "hidden");
        Files.writeString(from.resolve("closed"), "hidden");
        Files.write(from.resolve("closed-large"), new byte[3 << 20]);
        Files.writeString(from.resolve("open"), "open");
        for (String name : List.of("locked", "closed", "closed-large")) {
            files.deny(name);
        }
        BackupResult result = bench().backup(from);
        assertThat(bench().takeTold())
                .hasSize(3)
                .allMatch(line -> line.startsWith("unreadable") && line.contains("permission denied"));
        assertThat(result.statistics().unreadable()).isEqualTo(3);
        assertThat(bench().snapshot(result).isComplete()).isFalse();
        bench().restore(result, to, Overwrite.NEVER);
        Path there = Workbench.below(to, from);
        assertThat(there.resolve("open")).hasContent("open");
        assertThat(there.resolve("locked")).isEmptyDirectory();
        assertThat(there.resolve("closed")).doesNotExist();
        assertThat(there.resolve("closed-large")).doesNotExist();
    }

    @Test
    void dryRunsTouchNothing() throws IOException {
        new RandomTree(60, 4, 50_000).write(new SeededRandom(9), from);
        BackupRequest request = bench().request(from);
        int[] before = {0};
        store.list("", object -> before[0]++);
        BackupResult dry = new FileBackup(bench().repository(), files, request, BackupListener.SILENT)
                .dryRun(bench().repository());
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
