package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StatsCommandTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    private TestHome home;
    private Path data;

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(Files.createDirectory(directory.resolve("home")));
        data = Files.createDirectory(directory.resolve("data"));
    }

    private void backup() {
        home.run("backup", data.toString()).succeeded();
    }

    private void write(String name, long seed, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        Files.write(data.resolve(name), bytes);
    }

    @Test
    void countsEachChunkOnceAndNamesWhatASnapshotAdds() throws IOException {
        write("a", 1, MIB);
        write("copy of a", 1, MIB);
        backup();
        write("b", 2, MIB / 2);
        backup();
        backup();

        List<Map<String, Object>> lines = home.json("stats");

        assertThat(lines.stream().map(l -> l.get("type")))
                .containsExactly("snapshot", "snapshot", "snapshot", "summary");
        assertThat(lines.stream().limit(3).map(l -> l.get("new_bytes"))).containsExactly((long) MIB, MIB / 2L, 0L);
        Map<String, Object> all = lines.getLast();
        assertThat(all)
                .containsEntry("snapshots", 3L)
                .containsEntry("files", 8L)
                .containsEntry("bytes", 7L * MIB)
                .containsEntry("unique_bytes", 3L * MIB / 2)
                .containsEntry("dedup_ratio", new BigDecimal("4.667"));
        long stored = JsonObject.number(all, "stored_bytes");
        assertThat(stored).isBetween(3L * MIB / 2, 3L * MIB / 2 + 100_000);
        assertThat(JsonObject.number(all, "repository_bytes"))
                .isGreaterThan(stored)
                .isLessThan(2L * MIB);
    }

    @Test
    void aSnapshotAlone() throws IOException {
        write("a", 1, MIB);
        backup();
        Files.delete(data.resolve("a"));
        Files.writeString(data.resolve("zeros"), "0".repeat(MIB));
        backup();

        Map<String, Object> latest = home.json("stats", "latest").getLast();

        assertThat(latest)
                .containsEntry("snapshots", 1L)
                .containsEntry("bytes", (long) MIB)
                .containsEntry("unique_bytes", (long) MIB);
        assertThat((BigDecimal) latest.get("compression_ratio")).isGreaterThan(BigDecimal.TEN);
        assertThat(home.run("stats", "latest").succeeded().out()).contains("Different data: 1.00 MiB");
    }

    @Test
    void anEmptyRepository() {
        home.run("init").succeeded();

        assertThat(home.json("stats"))
                .hasSize(1)
                .first()
                .satisfies(l -> assertThat(l)
                        .containsEntry("snapshots", 0L)
                        .containsEntry("dedup_ratio", new BigDecimal("0.000")));
        assertThat(home.run("stats", "latest").failure(1)).contains("no snapshot");
    }
}
