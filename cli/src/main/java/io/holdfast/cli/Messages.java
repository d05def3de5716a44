package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;

/**
 * What a command says: results on standard output, everything else on standard error; with {@code --json} every line is an
 * object. Thread-safe.
 */
final class Messages {
    private final Environment environment;
    private final boolean json;
    private final boolean quiet;
    private boolean progressShown;

    Messages(Environment environment, boolean json, boolean quiet) {
        this.environment = environment;
        this.json = json;
        this.quiet = quiet;
    }

    boolean isJson() {
        return json;
    }

    boolean isQuiet() {
        return quiet;
    }

    /** A line of the result for people; nothing with {@code --json}. */
    synchronized void print(String line) {
        if (!json) {
            clearProgress();
            environment.out().println(line);
        }
    }

    /** Shows at once what was printed, wherever it goes: for what goes on running afterwards. */
    synchronized void flush() {
        environment.out().flush();
    }

    /** As {@link #print}, but not with {@code --quiet}. */
    void tell(String line) {
        if (!quiet) {
            print(line);
        }
    }

    /** A line of the result for scripts; nothing without {@code --json}. */
    synchronized void object(JsonLine line) {
        if (json) {
            environment.out().println(line.end());
            environment.out().flush();
        }
    }

    /** Something that went wrong on the way, and did not end the command. */
    synchronized void warning(String subject, String text) {
        clearProgress();
        environment
                .err()
                .println(
                        json
                                ? JsonLine.of("warning")
                                        .with("path", subject)
                                        .with("message", text)
                                        .end()
                                : "warning: " + subject + ": " + text);
        environment.err().flush();
    }

    /** Something worth knowing about a file: a note for people, a warning for scripts, who want to read it in the morning. */
    void remark(String subject, String text) {
        if (json) {
            warning(subject, text);
        } else {
            note("note: " + subject + ": " + text);
        }
    }

    /** A hint for people on standard error. */
    synchronized void note(String text) {
        if (!quiet && !json) {
            clearProgress();
            environment.err().println(text);
            environment.err().flush();
        }
    }

    synchronized void error(HoldfastException e) {
        clearProgress();
        if (json) {
            JsonLine line = JsonLine.of("error")
                    .with("code", e.code().name().toLowerCase(Locale.ROOT))
                    .with("message", String.valueOf(e.getMessage()));
            environment.err().println(line.with("hint", e.hint().orElse("")).end());
        } else {
            environment
                    .err()
                    .println("holdfast: " + e.getMessage()
                            + e.hint().map(h -> ". " + h).orElse(""));
        }
        environment.err().flush();
    }

    /** The same with where it happened, for whoever looks into it; an object stays the one line that it is. */
    synchronized void error(HoldfastException e, Throwable where) {
        StringWriter whole = new StringWriter();
        where.printStackTrace(new PrintWriter(whole));
        // What kind of error it is says its code.
        String trace = whole.toString().replace(HoldfastException.class.getName() + ": ", "");
        if (json) {
            error(new HoldfastException(
                    e.code(), e.getMessage() + "\n" + trace, e.hint().orElse(null), e));
        } else {
            error(e);
            environment.err().print(trace);
            environment.err().flush();
        }
    }

    /** Replaces the progress line on the terminal. */
    synchronized void progress(String text) {
        // Without automatic margins, so that a narrow terminal cuts the line off instead of going on in the next one.
        environment.err().print("\r\u001b[K\u001b[?7l" + text + "\u001b[?7h");
        environment.err().flush();
        progressShown = true;
    }

    synchronized void clearProgress() {
        if (progressShown) {
            environment.err().print("\r\u001b[K");
            environment.err().flush();
            progressShown = false;
        }
    }
}
