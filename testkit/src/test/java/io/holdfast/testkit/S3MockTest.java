package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.MonotonicClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that runs the server; the server itself is tried with {@code S3StoreOnS3MockTest}. */
final class S3MockTest {
    @TempDir
    private Path directory;

    /** The kernel closes a pipe of what was killed. */
    @Test
    void endsWithWhoeverStartedIt() throws Exception {
        Path java = directory.resolve("java");
        Path started = directory.resolve("started");
        Files.writeString(
                java,
                "#!/bin/sh\necho $$ >" + started + ".new\nmv " + started + ".new " + started + "\nexec sleep 1000\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
        Path place = directory.resolve("place");
        Process script = new ProcessBuilder(
                        ProjectFiles.find("scripts/s3mock").toString(),
                        java.toString(),
                        "none.jar",
                        place.toString(),
                        "1")
                .inheritIO()
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try {
            while (!Files.exists(started)) {
                MonotonicClock.system().sleep(Duration.ofMillis(10));
            }
            long server = Long.parseLong(Files.readString(started).strip());
            assertThat(ProcessHandle.of(server)).isPresent();
            assertThat(Files.readString(place.resolve("pid")).strip()).isEqualTo(Long.toString(server));

            script.getOutputStream().close();

            assertThat(script.waitFor()).isZero();
            assertThat(ProcessHandle.of(server).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(place).doesNotExist();
        } finally {
            script.getOutputStream().close();
        }
    }
}
