package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.protocol.machine.JobConduct.Hook;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Programs of the plan that run on this host before and after what is saved. The end of what each says goes into the events of the job. They are started with the priority that
 * the thread has which makes this: an application that one of them starts does not give way to others because a backup does. For one thread.
 */
final class Hooks implements AutoCloseable {
    private static final int MAX_SAID = 1_500;
    private static final int FIRST_SIGNAL = 128;
    private static final int PATIENCE_SECONDS = 5;

    private final Path temporary;
    private final JobWatch watch;
    private final ThreadPoolExecutor launcher = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("holdfast-hooks").factory());

    /** @param temporary a directory for what programs say; it may be missing */
    Hooks(Path temporary, JobWatch watch) {
        this.temporary = temporary;
        this.watch = watch;
        boolean ignored = launcher.prestartCoreThread();
    }

    /**
     * Runs those before. An interruption ends the one that runs.
     *
     * @throws HoldfastException where one fails on which the run depends, and those behind it were not begun
     */
    void before(List<Hook> hooks) {
        for (Hook hook : hooks) {
            Optional<String> failure = run("before", hook, true);
            if (failure.isPresent() && hook.onFailure().equals(Hook.FAIL)) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "nothing was saved: " + failure.get(),
                        "What the program said stands in the events of the job.");
            }
        }
    }

    /**
     * Runs those afterwards, all that fit, also in a thread that is interrupted: what was paused before goes on.
     *
     * @param saved whether everything was saved
     * @return why the run fails, of the first that makes it fail
     */
    Optional<String> after(List<Hook> hooks, boolean saved) {
        boolean interrupted = Thread.interrupted();
        List<String> failures = new ArrayList<>();
        for (Hook hook : hooks) {
            if (hook.when().equals(Hook.ALWAYS) || hook.when().equals(saved ? Hook.SUCCESS : Hook.FAILURE)) {
                run("after", hook, false)
                        .filter(failure -> hook.onFailure().equals(Hook.FAIL))
                        .ifPresent(failures::add);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failures.stream().findFirst();
    }

    /** Why it failed; empty where it did not. */
    private Optional<String> run(String what, Hook hook, boolean endsByInterruption) {
        String program = what + " '" + hook.run().getFirst() + "'";
        Path said = null;
        try {
            said = Files.createTempFile(Files.createDirectories(temporary), "hook", ".txt");
            Process process = start(
                    new ProcessBuilder(hook.run()).redirectErrorStream(true).redirectOutput(said.toFile()));
            process.getOutputStream().close();
            Optional<String> failure =
                    awaited(process, hook.timeoutSeconds(), endsByInterruption).map(why -> program + " " + why);
            tell(program, hook, failure, end(said));
            return failure;
        } catch (IOException e) {
            Optional<String> failure = Optional.of(program + " cannot be run: " + e.getMessage());
            tell(program, hook, failure, "");
            return failure;
        } finally {
            delete(said);
        }
    }

    private Process start(ProcessBuilder program) throws IOException {
        try {
            return CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return program.start();
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            },
                            launcher)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException io) {
                throw io.getCause();
            }
            throw e;
        }
    }

    private static Optional<String> awaited(Process process, long seconds, boolean endsByInterruption) {
        boolean interrupted = false;
        try {
            long left = TimeUnit.SECONDS.toMillis(seconds);
            while (true) {
                try {
                    // In steps, so that an interruption costs no more than one of the time that is left.
                    long step = Math.min(left, 1_000);
                    if (process.waitFor(step, TimeUnit.MILLISECONDS)) {
                        int code = process.exitValue();
                        return code == 0
                                ? Optional.empty()
                                : Optional.of(
                                        code > FIRST_SIGNAL
                                                ? "was ended by signal " + (code - FIRST_SIGNAL)
                                                : "ended with " + code);
                    }
                    left -= step;
                    if (left <= 0) {
                        end(process);
                        return Optional.of("was ended after " + seconds + " s");
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (endsByInterruption) {
                        end(process);
                        throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** With all that it has started. */
    private static void end(Process process) {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        all.forEach(ProcessHandle::destroy);
        try {
            CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // They are killed next.
        }
        all.forEach(ProcessHandle::destroyForcibly);
    }

    private void tell(String program, Hook hook, Optional<String> failure, String said) {
        String text = failure.orElse(program + " ended well") + (said.isEmpty() ? "" : "; it said: " + said);
        String level = failure.isEmpty() ? "info" : hook.onFailure().equals(Hook.FAIL) ? "error" : "warning";
        watch.event(level, "", text);
    }

    /** The last that was said. */
    private static String end(Path said) throws IOException {
        try (InputStream in = Files.newInputStream(said)) {
            in.skipNBytes(Math.max(0, Files.size(said) - MAX_SAID));
            return RawText.decode(in.readNBytes(MAX_SAID)).strip();
        }
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A few lines of text stay.
        }
    }

    @Override
    public void close() {
        launcher.shutdown();
    }
}
