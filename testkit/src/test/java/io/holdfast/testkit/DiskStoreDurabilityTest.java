package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.storage.DiskStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The order in which the disk store asks the kernel for things, as {@code strace} sees it: what a loss of power leaves depends
 * on nothing else that a test could observe without pulling the plug.
 */
@Tag("root")
final class DiskStoreDurabilityTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void syncsContentBeforeTheNameAndTheNameBeforeItReturns() throws Exception {
        Path root = directory.resolve("store");
        DiskStore.create(root, ByteSize.ofKiB(4)).close();
        List<List<String>> steps = trace(root, "packs/data/5f");
        Path packs = root.resolve("packs/data");

        List<String> put = steps.get(0);
        // New directories, from the top, each made durable in its parent.
        assertThat(put)
                .containsSubsequence(
                        "mkdir " + root.resolve("packs"),
                        "sync " + root,
                        "mkdir " + packs,
                        "sync " + root.resolve("packs"));
        String temporary = put.stream()
                .filter(call -> call.startsWith("write "))
                .reduce((first, last) -> last)
                .orElseThrow()
                .substring("write ".length());
        assertThat(temporary).startsWith(root.resolve(".tmp").toString());
        assertThat(put)
                .containsSubsequence(
                        "write " + temporary,
                        "sync " + temporary,
                        "link " + packs.resolve("5f"),
                        "sync " + packs,
                        "unlink " + temporary);

        assertThat(steps.get(1)).as("found").containsExactly("sync " + packs);
        assertThat(steps.get(2)).as("deleted").startsWith("unlink " + packs.resolve("5f"), "sync " + packs);
    }

    /** What a client did below {@code root} to put, find and delete an object: three lists of calls. */
    private List<List<String>> trace(Path root, String name) throws Exception {
        Path log = directory.resolve("strace");
        List<String> command = new ArrayList<>(
                List.of("strace", "--follow-forks", "--decode-fds=path", "--string-limit=300", "--output=" + log));
        command.add("--trace=write,writev,pwrite64,pwritev,fsync,fdatasync,link,linkat,unlink,unlinkat,mkdir,mkdirat");
        command.addAll(StoreClientProcess.command("change", root.toString(), name));
        LoopMount.run(command);

        List<List<String>> steps = new ArrayList<>();
        steps.add(new ArrayList<>());
        for (String line : Files.readAllLines(log)) {
            if (line.contains("\"mark\"") || line.contains("/mark\"")) {
                steps.add(new ArrayList<>());
            } else if (line.contains(root.toString())) {
                steps.getLast().add(call(line));
            }
        }
        assertThat(steps).hasSizeGreaterThanOrEqualTo(3);
        return steps;
    }

    /** {@code 4711 fsync(5</a/b>) = 0} is {@code sync /a/b}; of two paths the last one counts. */
    private static String call(String line) {
        String system = line.replaceAll("^[0-9]+ +([a-z0-9]+)\\(.*", "$1");
        String path = line.replaceAll(".*[<\"](/[^>\"]*)[>\"].*", "$1");
        String verb = switch (system) {
            case "fsync", "fdatasync" -> "sync";
            case "write", "writev", "pwrite64", "pwritev" -> "write";
            case "link", "linkat" -> "link";
            case "unlink", "unlinkat" -> "unlink";
            case "mkdir", "mkdirat" -> "mkdir";
            default -> system;
        };
        return verb + " " + path;
    }
}
