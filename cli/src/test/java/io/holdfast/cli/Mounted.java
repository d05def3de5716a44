package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A repository that is mounted while a test looks at it. */
final class Mounted implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final Path directory;
    private final CompletableFuture<TestHome.Run> running = new CompletableFuture<>();
    private Optional<TestHome.Run> ended = Optional.empty();

    /** @param more what is written behind the directory */
    Mounted(TestHome home, Path directory, String... more) {
        this.directory = directory;
        List<String> arguments = new ArrayList<>(List.of("mount", directory.toString()));
        arguments.addAll(List.of(more));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                running.complete(home.run(arguments.toArray(new String[0])));
            } catch (Throwable e) {
                running.completeExceptionally(e);
            }
        });
        awaitUntil(() -> isMounted(directory) || running.isDone());
        if (running.isDone()) {
            throw new AssertionError("it ended with " + running.join());
        }
    }

    static boolean isMounted(Path directory) {
        try {
            return Files.readString(Path.of("/proc/self/mounts")).contains(" " + directory + " ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void awaitUntil(BooleanSupplier condition) {
        for (int waited = 0; !condition.getAsBoolean(); waited += 20) {
            assertThat(waited).as("milliseconds").isLessThan(PATIENCE_MILLIS);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** Unmounts as anybody could, and returns how the command ended. */
    TestHome.Run unmount() {
        if (ended.isEmpty()) {
            // Just after mounting it is busy for a moment: something of the system looks at what is new.
            awaitUntil(this::tryUnmount);
            ended = Optional.of(running.join());
        }
        return ended.get();
    }

    private boolean tryUnmount() {
        try {
            return new ProcessBuilder("umount", directory.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        unmount();
    }
}
