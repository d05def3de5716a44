package io.holdfast.control;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Which paths somebody looks for: {@code *} and {@code ?} stop at a slash, {@code **} does not. Immutable. */
final class NamePattern implements Predicate<Bytes> {
    private static final int MAX_LENGTH = 1_000;

    private final Pattern pattern;
    private final boolean isOfName;

    private NamePattern(Pattern pattern, boolean isOfName) {
        this.pattern = pattern;
        this.isOfName = isOfName;
    }

    /**
     * Of a text without stars or question marks: any name that has it in it, in small or capital letters. Of one without a slash: the name; of another one: the
     * whole path, from its start where the pattern begins with a slash.
     *
     * @throws HoldfastException {@code USAGE} where it is empty or very long
     */
    static NamePattern of(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            throw HoldfastException.usage(
                    "nothing to look for", "Write a part of a name, or a pattern such as *.conf.");
        }
        boolean isGlob = text.indexOf('*') >= 0 || text.indexOf('?') >= 0;
        boolean isOfName = text.indexOf('/') < 0;
        if (!isGlob) {
            return new NamePattern(
                    Pattern.compile(
                            ".*" + Pattern.quote(text.toLowerCase(Locale.ROOT)) + ".*",
                            Pattern.DOTALL | Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE),
                    isOfName);
        }
        StringBuilder regex = new StringBuilder(isOfName || text.startsWith("/") ? "" : "(?:.*/)?");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (text.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return new NamePattern(Pattern.compile(regex.toString(), Pattern.DOTALL), isOfName);
    }

    @Override
    public boolean test(Bytes path) {
        String text = RawText.decode(path.unsafeArray());
        return pattern.matcher(isOfName ? text.substring(text.lastIndexOf('/') + 1) : text)
                .matches();
    }
}
