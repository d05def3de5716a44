package io.holdfast.sources.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.fixture.OpenDescriptors;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Trees of several windows: what one leaves, the next one must not disturb. */
@Timeout(120)
class RestoreWindowsTest extends RoundTrip {
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));

    /** Directories that are left in one window and whose parents are left windows later, all with times and without write permission. */
    private void makeManyDirectories() throws IOException {
        for (int i = 0; i < 25; i++) {
            for (int j = 0; j < 40; j++) {
                Path each = Files.createDirectories(from.resolve("a" + i).resolve("b" + j));
                Files.writeString(each.resolve("first"), i + "." + j);
                Files.writeString(each.resolve("second"), "x".repeat(i * j));
            }
        }
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.filter(Files::isDirectory).toList().reversed()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-x---"));
                Files.setLastModifiedTime(path, LONG_AGO);
            }
        }
    }

    @Test
    void setsTimesAndRightsOfDirectoriesAcrossWindows() throws IOException {
        makeManyDirectories();
        try {
            bench().restore(bench().backup(from), to, Overwrite.NEVER);
            assertRestored();
            assertThat(bench().takeTold()).isEmpty();
        } finally {
            makeWritable(from);
            makeWritable(to);
        }
    }

    @Test
    void restoresMoreFilesOfADirectoryThanAWindowTakes() throws IOException {
        for (int i = 0; i < 9_000; i++) {
            Files.writeString(from.resolve("f" + i), "content " + i);
        }
        Files.setLastModifiedTime(from, LONG_AGO);
        bench().restore(bench().backup(from), to, Overwrite.NEVER);
        assertRestored();
    }

    @Test
    void closesEverythingWhereAWorkerFails() throws Exception {
        for (int i = 0; i < 700; i++) {
            Path each = Files.createDirectories(from.resolve("d" + i));
            Files.write(each.resolve("file"), new SeededRandom(i).bytes(2_000));
        }
        BackupResult result = bench().backup(from);
        FaultStore faulty = new FaultStore(store, FaultScript.none());
        try (Workbench other = Workbench.open(faulty, Workbench.small(home.resolve("cache-f")), files)) {
            Snapshot snapshot = other.snapshot(result);
            RestoreRequest request = Workbench.restoreRequest(to, Overwrite.NEVER);
            // Data is read by workers alone; while they are at the first window, the second one is planned.
            faulty.setScript(FaultScript.when(
                    call -> call.isUnder("packs/data/"), Fault.error(ErrorCode.STORE_UNREACHABLE, Fault.Effect.NONE)));
            assertThatExceptionOfType(HoldfastException.class)
                    .isThrownBy(() -> other.restore(snapshot, request))
                    .matches(e -> e.code() == ErrorCode.STORE_UNREACHABLE);
        }
        assertThat(OpenDescriptors.below(to)).isEmpty();
        bench().restore(result, to, Overwrite.IF_CHANGED);
        assertRestored();
    }

    private static void makeWritable(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : (Iterable<Path>) all.filter(Files::isDirectory)::iterator) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-x---"));
            }
        }
    }
}
