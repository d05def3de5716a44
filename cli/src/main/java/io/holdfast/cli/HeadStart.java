package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.repository.pack.FrameCodec;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import java.nio.charset.StandardCharsets;

/**
 * Links the system calls and loads the compressor beside the opening of the repository, which waits for disks: about a tenth of a
 * second that a command would spend later, with nothing else to do.
 */
final class HeadStart {
    private HeadStart() {}

    static void begin() {
        Thread.ofPlatform().daemon().name("holdfast-head-start").start(() -> {
            try {
                new FrameCodec().close();
                try (Directory root =
                        HostFiles.ofThisSystem().openDirectory(Bytes.wrap("/".getBytes(StandardCharsets.US_ASCII)))) {
                    root.status();
                }
            } catch (HostFileException | RuntimeException | LinkageError e) {
                // Whoever needs it meets the same failure, and can say what it means.
            }
        });
    }
}
