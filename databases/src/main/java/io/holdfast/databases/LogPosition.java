package io.holdfast.databases;

import io.holdfast.core.HoldfastException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a server's log of changes.
 *
 * @param file of the log, by the server's name for it; without spaces
 * @param offsetBytes in that file
 * @param gtid the same place in names that all servers of a group have, where there are such
 */
public record LogPosition(String file, long offsetBytes, Optional<String> gtid) {
    private static final Pattern WRITTEN = Pattern.compile("(\\S+):(\\d{1,18})(?: gtid (\\S+))?");

    public LogPosition {
        if (offsetBytes < 0 || !file.matches("\\S+") || gtid.stream().anyMatch(text -> !text.matches("\\S+"))) {
            throw new IllegalArgumentException("no position: '" + file + "' at " + offsetBytes + ", " + gtid);
        }
    }

    /** For catalogs and people: {@code bin.000001:4136 gtid 0-1-18}. */
    public String text() {
        return file + ":" + offsetBytes + gtid.map(text -> " gtid " + text).orElse("");
    }

    /**
     * Reads {@link #text}.
     *
     * @throws HoldfastException {@code DAMAGED} where it is none
     */
    public static LogPosition parse(String text) {
        Matcher parts = WRITTEN.matcher(text);
        if (!parts.matches()) {
            throw HoldfastException.damaged("'" + text + "' is no position of a log");
        }
        return new LogPosition(parts.group(1), Long.parseLong(parts.group(2)), Optional.ofNullable(parts.group(3)));
    }
}
