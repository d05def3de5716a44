package io.holdfast.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What docs/cli.md says, read out of its headings and tables. */
final class CommandLineDocument {
    private static final Pattern JSON = Pattern.compile("JSON `(\\w+)`.*:");
    private static final Pattern OPTION = Pattern.compile("-{1,2}[a-z][a-z-]*");

    private final Map<String, Command> commands = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> anywhere = new LinkedHashMap<>();
    private final Map<String, Integer> exitCodes = new LinkedHashMap<>();
    private final Set<String> commonOptions = new TreeSet<>();
    private final Set<String> variables = new TreeSet<>();

    /**
     * A command as documented.
     *
     * @param lines for each type of JSON line its fields, each with its type
     */
    record Command(Set<String> options, Map<String, Map<String, String>> lines) {}

    private CommandLineDocument() {}

    /** Reads the document of this source tree. */
    static CommandLineDocument read() throws IOException {
        CommandLineDocument document = new CommandLineDocument();
        String section = "";
        String command = "";
        String line = "";
        for (String text : Files.readAllLines(Path.of("../docs/cli.md"))) {
            Matcher json = JSON.matcher(text);
            if (text.startsWith("## ")) {
                section = text.substring(3);
                command = "";
                line = "";
            } else if (text.startsWith("### ")) {
                command = text.substring(4);
                line = "";
                document.commands.put(command, new Command(new TreeSet<>(), new LinkedHashMap<>()));
            } else if (json.matches()) {
                line = json.group(1);
            } else if (text.startsWith("| ") && !text.startsWith("| option") && !text.startsWith("| field")) {
                document.row(section, command, line, cells(text));
            }
        }
        return document;
    }

    Map<String, Command> commands() {
        return commands;
    }

    /** Lines that any command may write on standard error. */
    Map<String, Map<String, String>> linesOfAll() {
        return anywhere;
    }

    Map<String, Integer> exitCodes() {
        return exitCodes;
    }

    Set<String> commonOptions() {
        return commonOptions;
    }

    Set<String> variables() {
        return variables;
    }

    private void row(String section, String command, String line, List<String> cells) {
        Command of = commands.get(command);
        if (!line.isEmpty()) {
            (of == null ? anywhere : of.lines)
                    .computeIfAbsent(line, type -> new LinkedHashMap<>())
                    .put(code(cells.get(0)), cells.get(1));
        } else if (of != null) {
            of.options.addAll(options(cells.get(0)));
        } else if (section.equals("Options of every command")) {
            commonOptions.addAll(options(cells.get(0)));
        } else if (section.equals("Environment") && cells.get(0).startsWith("`")) {
            variables.add(code(cells.get(0)));
        } else if (section.equals("Exit codes") && cells.get(1).startsWith("`")) {
            exitCodes.put(code(cells.get(1)), Integer.valueOf(cells.get(0)));
        }
    }

    private static List<String> cells(String row) {
        List<String> cells = new ArrayList<>();
        for (String cell : row.substring(1).split("\\|", -1)) {
            cells.add(cell.strip());
        }
        return cells;
    }

    private static Set<String> options(String cell) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = OPTION.matcher(cell);
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }

    private static String code(String cell) {
        return cell.replace("`", "");
    }
}
