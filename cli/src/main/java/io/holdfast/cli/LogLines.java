package io.holdfast.cli;

import io.holdfast.core.EventLog;
import io.holdfast.core.RawText;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What happens in a server, a line each on standard error, which journald takes in; as text or as JSON. Thread-safe. */
final class LogLines implements EventLog {
    private final PrintStream err;
    private final LogFormat format;
    private final InstantSource clock;

    LogLines(PrintStream err, LogFormat format, InstantSource clock) {
        this.err = err;
        this.format = format;
        this.clock = clock;
    }

    @Override
    public synchronized void write(Level level, String what, Map<String, Object> details) {
        String time = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
        String word = level.name().toLowerCase(Locale.ROOT);
        Map<String, String> texts = new TreeMap<>();
        details.forEach((key, value) -> texts.put(key, text(value)));
        if (format == LogFormat.JSON) {
            err.println(JsonLine.of("log")
                    .with("time", time)
                    .with("level", word)
                    .with("message", what)
                    .with("details", texts)
                    .end());
        } else {
            StringBuilder line = new StringBuilder(time)
                    .append(' ')
                    .append(word)
                    .append("  ")
                    .append(what);
            texts.forEach(
                    (key, value) -> line.append(' ').append(key).append('=').append(quoted(value)));
            err.println(line);
        }
        err.flush();
    }

    private static String text(Object value) {
        if (value instanceof Throwable failure) {
            StringWriter whole = new StringWriter();
            failure.printStackTrace(new PrintWriter(whole));
            return whole.toString().strip();
        }
        return String.valueOf(value);
    }

    /** One line, whatever somebody has put into it. */
    private static String quoted(String value) {
        return value.matches("[\\p{Alnum}._:/@+-]+")
                ? value
                : '"'
                        + RawText.printable(value.replace("\\", "\\\\")
                                .replace("\"", "\\\"")
                                .replace("\n", "\\n")
                                .replace("\r", "\\r"))
                        + '"';
    }
}
