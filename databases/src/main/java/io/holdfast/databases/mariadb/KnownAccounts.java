package io.holdfast.databases.mariadb;

import io.holdfast.databases.tool.EditedLines;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves out of a dump of accounts what would change those that are there: their passwords and privileges stay as they are. Roles are granted to them all the same,
 * as a new role is nobody's otherwise.
 */
final class KnownAccounts implements EditedLines.Edit {
    private static final String NAME = "(`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)?)";
    private static final Pattern CREATED = Pattern.compile("CREATE USER IF NOT EXISTS " + NAME + "[ ;].*");
    private static final Pattern GRANTED =
            Pattern.compile("GRANT .+ ON .+ TO " + NAME + "(?:;| (?:IDENTIFIED|WITH|REQUIRE) .*)");
    private static final Pattern DEFAULT_ROLE = Pattern.compile(
            "/\\*(?:M!\\d+ SET DEFAULT ROLE .* FOR|!\\d+ ALTER USER) ('.*'@'.*?')(?: DEFAULT ROLE .*)? \\*/;");

    private final Set<String> known;
    private final Set<String> left = new HashSet<>();

    /** @param known quoted as {@code `user`@`host`} and {@code `role`} */
    KnownAccounts(Set<String> known) {
        this.known = new HashSet<>();
        known.forEach(name -> this.known.add(EditedLines.Text.lettersOf(name)));
    }

    /** How many were left as they are. */
    int leftCount() {
        return left.size();
    }

    @Override
    public boolean concerns(byte first) {
        return first == 'C' || first == 'G' || first == '/';
    }

    @Override
    public Optional<EditedLines.Text> edited(EditedLines.Text line) {
        for (Pattern pattern : new Pattern[] {CREATED, GRANTED, DEFAULT_ROLE}) {
            Matcher parts = pattern.matcher(line.letters());
            if (parts.matches()) {
                String name = parts.group(1).replace('\'', '`');
                if (known.contains(name)) {
                    if (pattern.equals(CREATED)) {
                        left.add(name);
                    }
                    return Optional.empty();
                }
            }
        }
        return Optional.of(line);
    }
}
