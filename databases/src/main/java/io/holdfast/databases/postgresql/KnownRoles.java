package io.holdfast.databases.postgresql;

import io.holdfast.databases.tool.EditedLines;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves out of a dump of accounts what would change roles and tablespaces that are there: their passwords, attributes and settings stay as they are. Roles are
 * granted to them all the same.
 */
final class KnownRoles implements EditedLines.Edit {
    private static final Pattern MADE =
            Pattern.compile("(?:CREATE|ALTER) (ROLE|TABLESPACE) (\"(?:[^\"]|\"\")*\"|[^\" ;]+)(?:;| .*)");
    private static final Pattern TRAILER = Pattern.compile("\n-- PostgreSQL database cluster dump complete\n--\n\\s*$");

    private final Set<String> known = new HashSet<>();
    private final Set<String> left = new HashSet<>();

    /** @param roles names as they are, without quotes; so are those of {@code tablespaces} */
    KnownRoles(Set<String> roles, Set<String> tablespaces) {
        roles.forEach(name -> known.add("ROLE " + EditedLines.Text.lettersOf(name)));
        tablespaces.forEach(name -> known.add("TABLESPACE " + EditedLines.Text.lettersOf(name)));
    }

    /** How many were left as they are. */
    int leftCount() {
        return left.size();
    }

    @Override
    public boolean concerns(byte first) {
        return first == 'C' || first == 'A';
    }

    @Override
    public Optional<EditedLines.Text> edited(EditedLines.Text line) {
        Matcher parts = MADE.matcher(line.letters());
        if (parts.matches()) {
            String name = parts.group(1) + " " + unquoted(parts.group(2));
            if (known.contains(name)) {
                left.add(name);
                return Optional.empty();
            }
        }
        return Optional.of(line);
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }

    /** Whether a dump of accounts ends as a whole one does. */
    static boolean isWhole(String tail) {
        return TRAILER.matcher(tail).find();
    }
}
