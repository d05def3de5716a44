package io.holdfast.databases.mariadb;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an account may, as {@code SHOW GRANTS} tells, with that of the roles it has on. The dump program leaves out what its account does not see, and takes that
 * for success: rows without SELECT, triggers without TRIGGER, routines that it may not look up.
 *
 * @param grants one for each line that grants something on a database, or on all
 */
record AccountRights(List<Grant> grants) {
    private static final Pattern ON_DATABASE = Pattern.compile("GRANT (.+?) ON (\\*|`(?:[^`]|``)*`)\\.\\* TO .*");
    private static final Pattern ON_ROUTINES = Pattern.compile("GRANT (.+?) ON `mysql`\\.`proc` TO .*");
    private static final String ALL = "ALL PRIVILEGES";
    private static final String SERVER_TABLES = "mysql";

    AccountRights {
        grants = List.copyOf(grants);
    }

    /** @param databases a pattern as LIKE has them */
    record Grant(Set<String> rights, Pattern databases) {
        Grant {
            rights = Set.copyOf(rights);
        }

        private boolean gives(String right, String database) {
            return (rights.contains(right) || rights.contains(ALL))
                    && databases.matcher(database).matches();
        }
    }

    /** @param lines as the client writes them, with its escapes */
    static AccountRights of(Collection<String> lines) {
        List<Grant> grants = new ArrayList<>();
        for (String line : lines) {
            String unescaped = line.replace("\\\\", "\\");
            Matcher database = ON_DATABASE.matcher(unescaped);
            Matcher routines = ON_ROUTINES.matcher(unescaped);
            if (database.matches()) {
                grants.add(new Grant(rights(database.group(1)), like(database.group(2))));
            } else if (routines.matches()) {
                grants.add(new Grant(rights(routines.group(1)), Pattern.compile(SERVER_TABLES)));
            }
        }
        return new AccountRights(grants);
    }

    private static Set<String> rights(String list) {
        return new HashSet<>(List.of(list.split(", ")));
    }

    private static Pattern like(String quoted) {
        if (quoted.equals("*")) {
            return Pattern.compile(".*", Pattern.DOTALL);
        }
        String pattern = quoted.substring(1, quoted.length() - 1).replace("``", "`");
        StringBuilder expression = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\' && i + 1 < pattern.length()) {
                i++;
                expression.append(Pattern.quote(pattern.substring(i, i + 1)));
            } else if (c == '%') {
                expression.append(".*");
            } else if (c == '_') {
                expression.append('.');
            } else {
                expression.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(expression.toString(), Pattern.DOTALL);
    }

    /** The rights that a dump of this database needs and the account lacks. */
    List<String> missing(String database) {
        List<String> missing = new ArrayList<>();
        for (String right : List.of("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")) {
            if (!holds(right, database)) {
                missing.add(right);
            }
        }
        // Whoever has all rights on a database sees its routines; that their bodies are others' is an error of the
        // program then.
        boolean seesRoutines = holds("SELECT", SERVER_TABLES)
                || holds("SHOW CREATE ROUTINE", database)
                || holds("SHOW_ROUTINE", database)
                || holds("ALTER ROUTINE", database);
        if (!seesRoutines) {
            missing.add("SELECT on mysql.proc");
        }
        return missing;
    }

    private boolean holds(String right, String database) {
        return grants.stream().anyMatch(grant -> grant.gives(right, database));
    }
}
