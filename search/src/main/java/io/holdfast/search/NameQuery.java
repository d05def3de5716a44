package io.holdfast.search;

import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A question for names. Without {@code *}, {@code ?} and {@code /} it fits names that contain it; with {@code *} (anything but a slash), {@code **} (anything) or {@code ?} whole
 * names; where it has a slash it is about paths, without wildcards about any part of one. Upper and lower case are alike. Immutable.
 */
public final class NameQuery {
    private static final int MAX_CHARACTERS = 1_000;
    /** The slash behind two stars need not be there. */
    private static final Pattern WILDCARDS = Pattern.compile("(?:\\*\\*/|[*?])+");

    private final String text;
    private final boolean isAboutPath;
    /** All of it, or the longest run without wildcards; empty where there are only wildcards. */
    private final byte[] needle;

    private final Pattern pattern;
    private final boolean hasWildcards;
    private final int[] trigrams;

    /** @throws HoldfastException {@code USAGE} where it is empty or longer than 1,000 characters */
    public static NameQuery of(String text) {
        if (text.isEmpty() || text.length() > MAX_CHARACTERS) {
            throw HoldfastException.usage(
                    text.isEmpty()
                            ? "there is nothing to search for"
                            : "a name to search for has at most " + MAX_CHARACTERS + " characters",
                    "Give a part of a name, or a pattern such as '*.conf' or '/etc/**'.");
        }
        return new NameQuery(text);
    }

    private NameQuery(String text) {
        this.text = text;
        String folded = FoldedName.of(text);
        this.isAboutPath = folded.indexOf('/') >= 0;
        this.hasWildcards = folded.indexOf('*') >= 0 || folded.indexOf('?') >= 0;
        this.needle = RawText.encode(longestLiteral(folded)).toByteArray();
        boolean isAnchored = folded.startsWith("/");
        this.pattern = Pattern.compile((isAboutPath && !isAnchored ? "(?:.*/)?" : "") + regex(folded), Pattern.DOTALL);
        this.trigrams = trigrams(hasWildcards ? (isAnchored ? "" : "/") + folded + "\0" : folded);
    }

    private static String regex(String folded) {
        StringBuilder regex = new StringBuilder();
        for (int at = 0; at < folded.length(); ) {
            if (folded.startsWith("**/", at)) {
                regex.append("(?:.*/)?");
                at += 3;
            } else if (folded.startsWith("**", at)) {
                regex.append(".*");
                at += 2;
            } else if (folded.charAt(at) == '*') {
                regex.append("[^/]*");
                at++;
            } else if (folded.charAt(at) == '?') {
                regex.append("[^/]");
                at++;
            } else {
                int end = at;
                while (end < folded.length() && "*?".indexOf(folded.charAt(end)) < 0) {
                    end++;
                }
                regex.append(Pattern.quote(folded.substring(at, end)));
                at = end;
            }
        }
        return regex.toString();
    }

    /** What whatever fits has in it. */
    private static String longestLiteral(String folded) {
        return Arrays.stream(WILDCARDS.split(folded, -1))
                .max(Comparator.comparingInt(String::length))
                .orElse("");
    }

    private static int[] trigrams(String anchored) {
        Set<Integer> found = new TreeSet<>();
        for (String literal : WILDCARDS.split(anchored, -1)) {
            byte[] bytes = RawText.encode(literal).toByteArray();
            for (int i = 0; i + 2 < bytes.length; i++) {
                found.add(TrigramFilter.trigram(bytes[i], bytes[i + 1], bytes[i + 2]));
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    /** What a block must have. */
    int[] trigrams() {
        return trigrams;
    }

    /** @param folded a folded path in {@code [0, length)} */
    boolean matchesFolded(byte[] folded, int length) {
        int start = isAboutPath ? 0 : lastSlash(folded, length) + 1;
        return contains(folded, start, length)
                && (!hasWildcards
                        || pattern.matcher(RawText.decode(folded, start, length - start))
                                .matches());
    }

    private static int lastSlash(byte[] path, int length) {
        int at = length - 1;
        while (at >= 0 && path[at] != '/') {
            at--;
        }
        return at;
    }

    private boolean contains(byte[] text, int start, int end) {
        if (needle.length == 0) {
            return true;
        }
        byte first = needle[0];
        for (int at = start; at + needle.length <= end; at++) {
            if (text[at] == first && Arrays.equals(text, at, at + needle.length, needle, 0, needle.length)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return text;
    }
}
