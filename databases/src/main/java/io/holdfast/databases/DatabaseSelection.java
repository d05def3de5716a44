package io.holdfast.databases;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which parts of a server are saved.
 *
 * @param databases names, in which {@code *} stands for any letters; of none at all, every database
 * @param excludes the same, of what is left out
 * @param accounts whether users, roles and grants are saved, too
 */
public record DatabaseSelection(List<String> databases, List<String> excludes, boolean accounts) {
    public DatabaseSelection {
        databases = List.copyOf(databases);
        excludes = List.copyOf(excludes);
    }

    /** Everything. */
    public static DatabaseSelection all() {
        return new DatabaseSelection(List.of(), List.of(), true);
    }

    /**
     * The parts, accounts first: they come back first.
     *
     * @param there the databases of the server
     * @throws HoldfastException {@code NOT_FOUND} where a name without {@code *} is not there: a database that was renamed must not be left out without a word
     */
    public List<DatabasePart> parts(List<String> there) {
        for (String name : databases) {
            if (name.indexOf('*') < 0 && !there.contains(name)) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "there is no database '" + name + "' on the server",
                        there.isEmpty() ? "There is none that this account sees." : "There are: " + list(there) + ".");
            }
        }
        List<DatabasePart> parts = new ArrayList<>();
        if (accounts) {
            parts.add(DatabasePart.accounts());
        }
        there.stream()
                .filter(name -> databases.isEmpty() || matchesOne(databases, name))
                .filter(name -> !matchesOne(excludes, name))
                .map(DatabasePart::database)
                .forEach(parts::add);
        return parts;
    }

    private static String list(List<String> names) {
        int most = 20;
        return String.join(", ", names.subList(0, Math.min(most, names.size()))) + (names.size() > most ? ", …" : "");
    }

    private static boolean matchesOne(List<String> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, name));
    }

    private static boolean matches(String pattern, String name) {
        StringBuilder expression = new StringBuilder();
        for (String part : pattern.split("\\*", -1)) {
            expression.append(expression.isEmpty() ? "" : ".*").append(Pattern.quote(part));
        }
        return Pattern.compile(expression.toString(), Pattern.DOTALL)
                .matcher(name)
                .matches();
    }
}
