package io.holdfast.databases.postgresql;

import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements of an archive that make the database itself, for one of another name: encoding and locale, owner, settings, grants, comment. The program
 * {@code pg_restore} brings them back under the old name alone.
 *
 * @param create makes it
 * @param after for when all that is in it is there
 */
record DatabaseStatements(String create, List<String> after) {
    private static final String NAME = "(?:\"(?:[^\"]|\"\")*+\"|[^\" ]++)";
    private static final Pattern CREATE =
            Pattern.compile("CREATE DATABASE (" + NAME + ")( WITH TEMPLATE = template0 .*)", Pattern.DOTALL);
    /** How a statement about the database begins; the name follows. */
    private static final String BEGINNING = "\\s*(?:ALTER|COMMENT ON|(?:GRANT|REVOKE) [A-Z, ]+ ON|ALTER ROLE " + NAME
            + " IN|SECURITY LABEL FOR " + NAME + " ON) DATABASE ";
    /** A statement up to its semicolon; those in texts and names end none. */
    private static final Pattern STATEMENT =
            Pattern.compile("(?:E'(?:[^'\\\\]|\\\\.|'')*+'|'(?:[^']|'')*+'|\"[^\"]*+\"|[^;'\"])++;?", Pattern.DOTALL);

    DatabaseStatements {
        after = List.copyOf(after);
    }

    /** @throws HoldfastException {@code DAMAGED} where the archive does not say how its database was made */
    static DatabaseStatements of(CustomArchive archive, String name) {
        CustomArchive.Entry made = archive.ofDatabase().stream()
                .filter(entry -> entry.description().equals("DATABASE"))
                .findFirst()
                .orElseThrow(() -> HoldfastException.damaged("the archive does not say how its database was made"));
        Matcher parts = CREATE.matcher(made.definition());
        if (!parts.matches()) {
            throw HoldfastException.damaged("the archive does not say how its database was made: "
                    + made.definition().strip());
        }
        String quoted = PostgresqlTools.quoted(name);
        List<String> after = new ArrayList<>();
        if (!made.owner().isEmpty()) {
            after.add("ALTER DATABASE " + quoted + " OWNER TO " + PostgresqlTools.quoted(made.owner()) + ";\n");
        }
        Pattern named = Pattern.compile("(" + BEGINNING + ")" + Pattern.quote(parts.group(1)) + "(?= )");
        archive.ofDatabase().stream()
                .filter(entry -> !entry.equals(made))
                .forEach(entry -> after.add(renamed(entry.definition(), named, quoted)));
        return new DatabaseStatements("CREATE DATABASE " + quoted + parts.group(2), after);
    }

    private static String renamed(String statements, Pattern named, String quoted) {
        StringBuilder all = new StringBuilder();
        Matcher each = STATEMENT.matcher(statements);
        while (each.find()) {
            Matcher beginning = named.matcher(each.group());
            all.append(
                    beginning.lookingAt()
                            ? beginning.group(1) + quoted + each.group().substring(beginning.end())
                            : each.group());
        }
        return all.toString();
    }
}
