package io.holdfast.storage;

import java.util.regex.Pattern;

/**
 * The name of an object: segments of {@code [a-z0-9._-]} joined by {@code /}, at most 200 characters, no segment that starts
 * with a dot. Such names are valid on every file system and in every S3 key, and sort the same everywhere.
 *
 * @param value for instance {@code packs/data/5f/5f0c…}
 */
public record ObjectName(String value) implements Comparable<ObjectName> {
    public static final int MAX_LENGTH = 200;
    private static final Pattern VALID = Pattern.compile("[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*");

    public ObjectName {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not an object name: '" + value + "'");
        }
    }

    public static ObjectName of(String value) {
        return new ObjectName(value);
    }

    /** Whether {@code value} can name an object. */
    public static boolean isValid(String value) {
        return value.length() <= MAX_LENGTH && VALID.matcher(value).matches();
    }

    /** The part after the last slash. */
    public String leaf() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    @Override
    public int compareTo(ObjectName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
