package io.holdfast.databases;

import io.holdfast.core.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is one stream.
 *
 * @param database its name; empty for accounts
 */
public record DatabasePart(Kind kind, String database) {
    private static final Pattern STREAM = Pattern.compile("([^:]+)(?::(.+)|\\.accounts)\\.dump");
    private static final String ESCAPED = "/%\\";

    /** The kinds of parts. */
    public enum Kind {
        /** One database with all that is in it. */
        DATABASE,
        /** Who may log in and do what, on the whole server: users, roles, grants; for PostgreSQL also tablespaces. */
        ACCOUNTS
    }

    public DatabasePart {
        if ((kind == Kind.DATABASE) == database.isEmpty()) {
            throw new IllegalArgumentException("no part: " + kind + " '" + database + "'");
        }
    }

    public static DatabasePart database(String name) {
        return new DatabasePart(Kind.DATABASE, name);
    }

    public static DatabasePart accounts() {
        return new DatabasePart(Kind.ACCOUNTS, "");
    }

    /** For messages. */
    public String text() {
        return kind == Kind.DATABASE ? "database '" + database + "'" : "accounts";
    }

    /**
     * The name under which the stream is saved: {@code mariadb:shop.dump}, {@code mariadb.accounts.dump}. What cannot be in the name of a file is percent-encoded.
     *
     * @param source the name of the source, which a host has once; without a colon
     */
    public String streamName(String source) {
        if (source.isEmpty() || source.indexOf(':') >= 0) {
            throw new IllegalArgumentException("'" + source + "' cannot name a source");
        }
        return kind == Kind.DATABASE ? source + ":" + encoded(database) + ".dump" : source + ".accounts.dump";
    }

    /** The part that has this name, whatever its source is called; empty where it is none. */
    public static Optional<DatabasePart> ofStreamName(String name) {
        Matcher parts = STREAM.matcher(name);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String database = parts.group(2);
        return Optional.of(database == null ? accounts() : database(decoded(database)));
    }

    private static String encoded(String name) {
        StringBuilder text = new StringBuilder();
        name.chars().forEach(c -> {
            if (c < ' ' || c == 0x7F || ESCAPED.indexOf(c) >= 0) {
                text.append(String.format(Locale.ROOT, "%%%02X", c));
            } else {
                text.append((char) c);
            }
        });
        return text.toString();
    }

    private static String decoded(String text) {
        Matcher escapes = Pattern.compile("%([0-9A-F]{2})").matcher(text);
        return escapes.replaceAll(escape -> Matcher.quoteReplacement(new String(
                new byte[] {(byte) Integer.parseInt(escape.group(1), 16)}, StandardCharsets.ISO_8859_1)));
    }

    /**
     * The same part of another name.
     *
     * @throws HoldfastException {@code USAGE} for accounts, which have none
     */
    public DatabasePart named(String name) {
        if (kind == Kind.ACCOUNTS) {
            throw HoldfastException.usage(
                    "accounts have no name to be restored under", "Restore them without another name.");
        }
        return database(name);
    }
}
