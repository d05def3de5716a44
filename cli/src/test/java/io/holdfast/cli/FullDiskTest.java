package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file system of the repository is full to the last byte, the cache on it too: looking, restoring and freeing space go on. */
@Tag("root")
@Timeout(180)
final class FullDiskTest {
    private static final int BYTES = 12 << 20;

    @TempDir
    private Path directory;

    private static HoldfastProcess.Ended run(HoldfastProcess holdfast, int code, String... arguments) {
        HoldfastProcess.Ended ended = holdfast.run(arguments);
        assertThat(ended.code()).as(ended.output()).isEqualTo(code);
        assertThat(ended.output()).doesNotContain("Exception", "\tat ");
        return ended;
    }

    @Test
    void everythingButBackingUpGoesOnAndPruneFreesSpace() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Path large = data.resolve("large");
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 64)) {
            HoldfastProcess holdfast =
                    new HoldfastProcess(Files.createDirectory(disk.root().resolve("home")));
            writeRandom(large, 1);
            run(holdfast, 0, "backup", data.toString());
            writeRandom(large, 2);
            run(holdfast, 0, "backup", data.toString());
            disk.fill();

            run(holdfast, 0, "snapshots");
            run(holdfast, 0, "find", "large");
            run(holdfast, 0, "verify", "--read-data");
            Path target = directory.resolve("target");
            run(holdfast, 0, "restore", "latest", "--target", target.toString());
            assertThat(Files.mismatch(target.resolve(large.toString().substring(1)), large))
                    .isEqualTo(-1);
            writeRandom(large, 3);
            run(holdfast, 7, "backup", data.toString());

            run(holdfast, 0, "forget", "--keep-last", "1");
            String pruned = run(holdfast, 0, "prune").output();
            assertThat(disk.root().toFile().getUsableSpace()).as(pruned).isGreaterThan(BYTES - (1 << 20));
            Files.delete(disk.root().resolve("filler"));
            run(holdfast, 0, "backup", data.toString());
            run(holdfast, 0, "verify", "--read-data");
        }
    }

    private static void writeRandom(Path file, int seed) throws IOException {
        byte[] content = new byte[BYTES];
        new Random(seed).nextBytes(content);
        Files.write(file, content);
    }
}
