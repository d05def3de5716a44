package io.holdfast.databases.mariadb;

import io.holdfast.databases.LogPosition;
import io.holdfast.databases.tool.EditedLines;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is changed in the dump of a database so that it fits one of any name, and every client: the name where the dump changes the character set of the database
 * for a while (statements {@code ALTER DATABASE} around triggers, events and routines), and the line that puts MariaDB's client into a sandbox and which others
 * choke on; that is asked for at the restore.
 */
final class NamelessDump implements EditedLines.Edit {
    private static final String SANDBOX = "/*M!999999\\- enable the sandbox mode */";
    private static final Pattern SWITCH =
            Pattern.compile("ALTER DATABASE `(?:[^`]|``)+` (CHARACTER SET \\w+ COLLATE \\w+ )(;;?)");
    private static final Pattern IN_FILE = Pattern.compile(
            "^(?:-- )?CHANGE (?:MASTER|REPLICATION SOURCE) TO (?:MASTER|SOURCE)_LOG_FILE='([^'\\s]+)', ?(?:MASTER|SOURCE)_LOG_POS=(\\d{1,18});",
            Pattern.MULTILINE);
    private static final Pattern GTID =
            Pattern.compile("^-- SET GLOBAL gtid_slave_pos='([^'\\s]+)';", Pattern.MULTILINE);
    private static final Pattern TRAILER = Pattern.compile("(?:^|\n)-- Dump completed(?: on [-0-9: ]+)?\n$");

    /** Bodies of routines stand between two such lines; no line of theirs can end a statement. */
    private boolean isInBody;

    @Override
    public boolean concerns(byte first) {
        return first == 'A' || first == 'D' || first == '/';
    }

    @Override
    public Optional<EditedLines.Text> edited(EditedLines.Text line) {
        String letters = line.letters();
        if (letters.strip().equals(SANDBOX)) {
            return Optional.empty();
        }
        if (letters.equals("DELIMITER ;;")) {
            isInBody = true;
        } else if (letters.equals("DELIMITER ;")) {
            isInBody = false;
        }
        Matcher parts = SWITCH.matcher(letters);
        boolean isSwitch = parts.matches() && parts.group(2).equals(isInBody ? ";;" : ";");
        return Optional.of(isSwitch ? new EditedLines.Text("ALTER DATABASE " + parts.group(1) + parts.group(2)) : line);
    }

    /** What goes before the dump: character set and collation, which no dump of a single database has. For the database that is in use. */
    static String head(String characterSet, String collation) {
        return "ALTER DATABASE CHARACTER SET " + characterSet + " COLLATE " + collation + ";\n";
    }

    /** Whether it ends as a whole dump does. */
    static boolean isWhole(String tail) {
        return TRAILER.matcher(tail).find();
    }

    /**
     * The position of the binary log.
     *
     * @param head the beginning of the dump, where the file and offset stand
     * @param tail its end, where the name stands that all servers of a group have
     */
    static Optional<LogPosition> position(String head, String tail) {
        Matcher inFile = IN_FILE.matcher(head);
        if (!inFile.find()) {
            return Optional.empty();
        }
        String gtid = null;
        for (String text : new String[] {head, tail}) {
            Matcher parts = GTID.matcher(text);
            while (parts.find()) {
                gtid = parts.group(1);
            }
        }
        return Optional.of(
                new LogPosition(inFile.group(1), Long.parseLong(inFile.group(2)), Optional.ofNullable(gtid)));
    }
}
