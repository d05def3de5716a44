package io.holdfast.databases.tool;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A program at work. What it says of errors is kept, the last of it. For one thread, but for {@link #close}. */
public final class RunningTool implements AutoCloseable {
    private static final int FIRST_SIGNAL = 128;
    private static final int MOST_LINES = 50;
    private static final int MOST_LETTERS = 500;
    /** A program that has closed its output has nothing left to do. */
    private static final int ENDING_SECONDS = 60;

    private static final int PATIENCE_SECONDS = 5;

    private final String name;
    private final Process process;
    private final Deque<String> said = new ArrayDeque<>();
    private final Thread listener;

    RunningTool(String name, Process process) {
        this.name = name;
        this.process = process;
        this.listener = Thread.ofPlatform()
                .daemon()
                .name("holdfast-" + name + "-errors")
                .start(this::listen);
    }

    /** What it writes. */
    public InputStream output() {
        return process.getInputStream();
    }

    /** What it reads; to be closed for it to end. */
    public OutputStream input() {
        return process.getOutputStream();
    }

    private void listen() {
        try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
            StringBuilder line = new StringBuilder();
            int c = errors.read();
            while (c >= 0) {
                if (c == '\n') {
                    keep(line.toString());
                    line.setLength(0);
                } else if (line.length() < MOST_LETTERS) {
                    line.append(c < ' ' ? ' ' : (char) c);
                }
                c = errors.read();
            }
            keep(line.toString());
        } catch (IOException e) {
            // It was closed: nobody listens any more.
        }
    }

    private void keep(String line) {
        if (line.isBlank()) {
            return;
        }
        synchronized (said) {
            if (said.size() == MOST_LINES) {
                said.removeFirst();
            }
            said.addLast(line.strip());
        }
    }

    /** The last lines that it has said of errors, oldest first. */
    public List<String> said() {
        synchronized (said) {
            return List.copyOf(said);
        }
    }

    /** The line that tells why it failed: its last one of an error, or else its last one. */
    private String lastWords() {
        List<String> lines = said();
        return lines.reversed().stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).matches(".*\\b(error|fatal|panic)\\b.*"))
                .findFirst()
                .or(() -> lines.reversed().stream().findFirst())
                .orElse("it said nothing");
    }

    /**
     * Waits for its end.
     *
     * @param what was done, for errors
     * @throws HoldfastException where it has not ended with 0
     */
    public void requireSuccess(String what) {
        try {
            if (!process.waitFor(ENDING_SECONDS, TimeUnit.SECONDS)) {
                throw new HoldfastException(
                        ErrorCode.FAILED, what + ": '" + name + "' has closed its output and does not end");
            }
            listener.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (process.exitValue() != 0) {
            throw failed(what, null);
        }
    }

    /** Waits for its end, however that is: what it then has said tells why. */
    public HoldfastException failed(String what, @Nullable Throwable cause) {
        String how;
        try {
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            listener.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            int code = ended ? process.exitValue() : 0;
            how = !ended
                    ? "stopped to work"
                    : code > FIRST_SIGNAL ? "was ended by signal " + (code - FIRST_SIGNAL) : "ended with " + code;
        } catch (InterruptedException e) {
            return interrupted(e);
        }
        String words = lastWords();
        return new HoldfastException(
                isOfFullDisk(words) ? ErrorCode.NO_SPACE : ErrorCode.FAILED,
                what + ": '" + name + "' " + how + ": " + words,
                hint(words),
                cause);
    }

    static HoldfastException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
    }

    private static boolean isOfFullDisk(String words) {
        String text = words.toLowerCase(Locale.ROOT);
        return text.contains("no space left on device")
                || text.contains("disk full")
                || text.matches(".*error 1114\\b.*")
                || text.contains("errno: 28");
    }

    private static @Nullable String hint(String words) {
        String text = words.toLowerCase(Locale.ROOT);
        if (isOfFullDisk(words)) {
            return "Make space on the disk of the database server.";
        }
        if (text.contains("access denied")
                || text.contains("authentication failed")
                || text.contains("permission denied")) {
            return "Check user, password and rights in the connection file; docs/databases.md has what an account needs.";
        }
        if (text.contains("can't connect") || text.contains("connection to server")) {
            return "Check whether the server runs, and its address in the connection file.";
        }
        if (text.matches(".*role \".*\" does not exist.*")) {
            return "Restore the accounts first: owners and rights of the database need them.";
        }
        if (text.contains("server version mismatch")) {
            return "Install programs that are as new as the server, or name the directory that has them.";
        }
        return null;
    }

    /** Ends it where it still runs, with all that it has started. */
    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .filter(ProcessHandle::isAlive)
                .toList();
        all.forEach(ProcessHandle::destroy);
        boolean interrupted = Thread.interrupted();
        try {
            if (!all.isEmpty()) {
                process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            all.forEach(ProcessHandle::destroyForcibly);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
