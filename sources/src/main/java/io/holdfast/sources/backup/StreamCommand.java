package io.holdfast.sources.backup;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A command whose output is saved, up to its end: until everybody has closed it to whom the command handed it on. It fails where the command fails: half a dump must
 * not look like one.
 */
public final class StreamCommand implements AutoCloseable, StreamBackup.Ending {
    private static final Pattern SYSTEM_ERROR = Pattern.compile("error[:=] ?\\d+,? ?\\(?([^()]+)\\)?$");

    private static final String RELAY = "cat";

    private static final int MAX_SAID = 1_000;
    private static final int FIRST_SIGNAL = 128;
    private static final int PATIENCE_SECONDS = 5;

    private final List<String> command;
    private final Process process;
    /** Reads on where the command has ended and others still write: Java closes the output of a process as soon as that is gone. */
    private final Process relay;

    private final Optional<Path> errors;

    private StreamCommand(List<String> command, Process process, Process relay, Optional<Path> errors) {
        this.command = command;
        this.errors = errors;
        this.process = process;
        this.relay = relay;
    }

    /** Starts it without input; what it says of errors goes where this program's do. */
    public static StreamCommand start(List<String> command) {
        return start(command, Optional.empty());
    }

    /** Starts it without input; what it says of errors goes into a file, whose end is told where it fails. */
    public static StreamCommand start(List<String> command, Path errors) {
        return start(command, Optional.of(errors));
    }

    private static StreamCommand start(List<String> command, Optional<Path> errors) {
        ProcessBuilder.Redirect where = errors.map(file -> ProcessBuilder.Redirect.appendTo(file.toFile()))
                .orElse(ProcessBuilder.Redirect.INHERIT);
        try {
            List<Process> started = ProcessBuilder.startPipeline(List.of(
                    new ProcessBuilder(command).redirectError(where), new ProcessBuilder(RELAY).redirectError(where)));
            started.getFirst().getOutputStream().close();
            return new StreamCommand(command, started.getFirst(), started.getLast(), errors);
        } catch (IOException e) {
            boolean isRelay = String.valueOf(e.getMessage()).contains("\"" + RELAY + "\"");
            throw HoldfastException.usage(
                    "'" + (isRelay ? RELAY : command.getFirst()) + "' cannot be run: " + reason(e),
                    "Check the name of the program, its rights, and PATH.");
        }
    }

    /** What the system says; Java says the name of the program again, and numbers. */
    private static String reason(IOException e) {
        String text = String.valueOf(e.getMessage()).strip();
        Matcher system = SYSTEM_ERROR.matcher(text);
        return system.find() ? system.group(1) : text;
    }

    /** What it writes, to its real end. */
    public InputStream output() {
        return relay.getInputStream();
    }

    /** Its own code decides, when it has ended. */
    @Override
    public void check() {
        try {
            int relayCode = relay.waitFor();
            int code = process.waitFor();
            if (code == 0 && relayCode != 0) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "'" + RELAY + "', through which the output of '" + command.getFirst() + "' comes, ended with "
                                + relayCode + "; no snapshot was made",
                        "Run it again.");
            }
            if (code != 0) {
                String how =
                        code > FIRST_SIGNAL ? "was ended by signal " + (code - FIRST_SIGNAL) : "ended with " + code;
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "'" + command.getFirst() + "' " + how + "; no snapshot was made",
                        errors.map(StreamCommand::end).orElse("What it said stands above."));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
    }

    /** The last that was said. */
    private static String end(Path errors) {
        try (InputStream in = Files.newInputStream(errors)) {
            long size = Files.size(errors);
            in.skipNBytes(Math.max(0, size - MAX_SAID));
            String said = RawText.decode(in.readNBytes(MAX_SAID)).strip();
            return said.isEmpty() ? "It said nothing." : "It said: " + said;
        } catch (IOException e) {
            return "What it said cannot be read: " + e;
        }
    }

    /** Ends it where it still runs: nobody reads its output any more. */
    @Override
    public void close() {
        // A shell ends without those that it has started, and those without reading anybody go on for ever.
        List<ProcessHandle> all = Stream.of(relay.toHandle(), process.toHandle())
                .flatMap(each -> Stream.concat(Stream.of(each), each.descendants()))
                .filter(ProcessHandle::isAlive)
                .toList();
        all.forEach(ProcessHandle::destroy);
        try {
            awaitEnd(all);
        } finally {
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static void awaitEnd(List<ProcessHandle> all) {
        boolean interrupted = Thread.interrupted();
        try {
            CompletableFuture<?>[] ended =
                    all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(ended).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (ExecutionException | TimeoutException e) {
            // They are killed next.
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
