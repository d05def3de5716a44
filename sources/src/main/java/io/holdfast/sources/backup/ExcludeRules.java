package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which paths to leave out, by shell patterns: {@code *} and {@code ?} stop at a slash, {@code **} does not, {@code [a-z]} is a
 * class, a backslash takes the next character as it is. A pattern that starts with a slash is matched against the whole path;
 * another one against every run of path components ({@code *.o}, {@code cache/tmp}). A leading {@code !} brings back what an earlier
 * pattern excluded. The last pattern that matches decides. Immutable; paths are bytes, mostly UTF-8: a character
 * counts as one, as does a byte that belongs to none.
 */
public final class ExcludeRules {
    private final List<Rule> rules;

    /** @param start the bytes that every matching path starts with, so that most paths cost no matching */
    private record Rule(Pattern pattern, boolean excludes, boolean nameOnly, byte[] start) {
        boolean mayMatch(byte[] path) {
            return path.length >= start.length && Arrays.equals(path, 0, start.length, start, 0, start.length);
        }
    }

    private ExcludeRules(List<Rule> rules) {
        this.rules = rules;
    }

    /** @throws HoldfastException {@code USAGE} where a pattern is malformed */
    public static ExcludeRules of(List<String> patterns) {
        List<Rule> rules = new ArrayList<>();
        for (String pattern : patterns) {
            rules.add(compile(pattern));
        }
        return new ExcludeRules(rules);
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    /** Whether to leave out {@code path}, absolute and without a trailing slash. */
    public boolean excludes(Bytes path) {
        if (rules.isEmpty()) {
            return false;
        }
        byte[] bytes = path.unsafeArray();
        for (int i = rules.size() - 1; i >= 0; i--) {
            Rule rule = rules.get(i);
            if (rule.mayMatch(bytes)) {
                String text = RawText.decode(bytes);
                String matched = rule.nameOnly ? text.substring(text.lastIndexOf('/') + 1) : text;
                if (rule.pattern.matcher(matched).matches()) {
                    return rule.excludes;
                }
            }
        }
        return false;
    }

    private static Rule compile(String written) {
        boolean excludes = !written.startsWith("!");
        String pattern = excludes ? written : written.substring(1);
        while (pattern.length() > 1 && pattern.endsWith("/")) {
            pattern = pattern.substring(0, pattern.length() - 1);
        }
        if (pattern.isEmpty()) {
            throw HoldfastException.usage("an empty pattern", "Leave it out, or write one such as '*.tmp'.");
        }
        boolean nameOnly = pattern.indexOf('/') < 0 && !pattern.contains("**");
        String regex = regex(pattern, written);
        String anchored = nameOnly || pattern.startsWith("/") ? regex : "(?:.*/)?" + regex;
        try {
            return new Rule(Pattern.compile(anchored, Pattern.DOTALL), excludes, nameOnly, literalStart(pattern));
        } catch (PatternSyntaxException e) {
            throw HoldfastException.usage(
                    "pattern '" + written + "': the class in [ ] is malformed", "Write one such as [a-z].");
        }
    }

    /** Of an anchored pattern the bytes before its first special character; nothing of another one. */
    private static byte[] literalStart(String pattern) {
        int end = 0;
        while (pattern.startsWith("/")
                && end < pattern.length()
                && "*?[\\".indexOf(pattern.charAt(end)) < 0
                && !Character.isSurrogate(pattern.charAt(end))) {
            end++;
        }
        return pattern.substring(0, end).getBytes(StandardCharsets.UTF_8);
    }

    private static String regex(String pattern, String written) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            switch (c) {
                case '*' -> {
                    if (pattern.startsWith("**/", i)) {
                        regex.append("(?:.*/)?");
                        i += 2;
                    } else if (pattern.startsWith("**", i)) {
                        regex.append(".*");
                        i++;
                    } else {
                        regex.append("[^/]*");
                    }
                }
                case '?' -> regex.append("[^/]");
                case '[' -> {
                    int end = pattern.indexOf(']', i + 2);
                    if (end < 0) {
                        throw HoldfastException.usage(
                                "pattern '" + written + "': [ without ]", "Write \\[ for the bracket itself.");
                    }
                    String inside = pattern.substring(i + 1, end)
                            .replace("\\", "\\\\")
                            .replace("[", "\\[")
                            .replace("&&", "&\\&");
                    regex.append("(?!/)[")
                            .append(inside.startsWith("!") ? "^" + inside.substring(1) : inside)
                            .append(']');
                    i = end;
                }
                case '\\' -> {
                    i++;
                    if (i == pattern.length()) {
                        throw HoldfastException.usage(
                                "pattern '" + written + "': a backslash with nothing behind it",
                                "Write \\\\ for the backslash itself.");
                    }
                    String taken = characterAt(pattern, i);
                    regex.append(Pattern.quote(taken));
                    i += taken.length() - 1;
                }
                default -> {
                    String literal = characterAt(pattern, i);
                    regex.append(Pattern.quote(literal));
                    i += literal.length() - 1;
                }
            }
        }
        return regex.toString();
    }

    private static String characterAt(String text, int at) {
        return Character.toString(text.codePointAt(at));
    }
}
