package io.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Writes the manual pages, one for each command, from what the commands say of themselves. Run when packages are made. */
final class ManPages {
    private static final String SECTION = "1";

    private final String date;

    /** @param date such as 2040-12-31, the same in each build of a version */
    ManPages(String date) {
        this.date = date;
    }

    /** Writes {@code holdfast.1}, {@code holdfast-init.1} and so on into the directory that is named first; the date comes second. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        new ManPages(arguments[1]).write(directory);
    }

    void write(Path directory) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        CommandLine line = new RootCommand(new Environment(Map.of(), InputStream.nullInputStream(), nowhere, nowhere))
                .commandLine();
        write(directory, line);
    }

    private void write(Path directory, CommandLine line) throws IOException {
        String name = name(line);
        Files.writeString(directory.resolve(name + "." + SECTION), page(line));
        for (CommandLine below : line.getSubcommands().values()) {
            write(directory, below);
        }
    }

    private static String name(CommandLine line) {
        return line.getCommandSpec().qualifiedName("-");
    }

    private String page(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        String[] description = spec.usageMessage().description();
        StringBuilder page = new StringBuilder();
        page.append(".TH \"%s\" \"%s\" \"%s\" \"Holdfast %s\" \"Holdfast\"\n"
                .formatted(name(line).toUpperCase(Locale.ROOT), SECTION, date, VersionCommand.program()));
        // Words are not hyphenated, and lines not stretched: people copy from here.
        page.append(".nh\n.ad l\n");
        section(page, "NAME");
        page.append(text(name(line)))
                .append(" \\- ")
                .append(text(
                        description.length == 0
                                ? "saves and restores files, volumes and streams"
                                : uncapitalised(description[0])))
                .append('\n');
        section(page, "SYNOPSIS");
        page.append(".B ").append(text(spec.qualifiedName())).append('\n');
        synopsis(page, line);
        section(page, "DESCRIPTION");
        paragraphs(page, description);
        positionals(page, spec);
        options(page, spec);
        commands(page, line);
        section(page, "SEE ALSO");
        if (spec.parent() != null) {
            page.append(".BR ").append(text(name(spec.parent().commandLine()))).append(" (1)\n.br\n");
        }
        page.append("The documents that come with the program: cli.md has exit codes and JSON lines.\n");
        return page.toString();
    }

    private static void section(StringBuilder page, String title) {
        page.append(".SH ").append(title).append('\n');
    }

    private static void synopsis(StringBuilder page, CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        if (!line.getSubcommands().isEmpty()) {
            page.append(".I COMMAND\n");
        }
        page.append("[\\fIOPTIONS\\fR]");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            boolean isOptional = parameter.arity().min() == 0;
            String label = "\\fI" + text(parameter.paramLabel()) + "\\fR" + (parameter.isMultiValue() ? "..." : "");
            page.append(' ').append(isOptional ? "[" + label + "]" : label);
        }
        page.append('\n');
    }

    private static void positionals(StringBuilder page, CommandSpec spec) {
        if (!spec.positionalParameters().isEmpty()) {
            section(page, "ARGUMENTS");
            for (PositionalParamSpec parameter : spec.positionalParameters()) {
                page.append(".TP\n.I ").append(text(parameter.paramLabel())).append('\n');
                lines(page, parameter.description());
            }
        }
    }

    private static void options(StringBuilder page, CommandSpec spec) {
        section(page, "OPTIONS");
        for (OptionSpec option : spec.options()) {
            if (option.hidden()) {
                continue;
            }
            page.append(".TP\n");
            String names = String.join(
                    ", ",
                    List.of(option.names()).stream()
                            .map(name -> "\\fB" + text(name) + "\\fR")
                            .toList());
            page.append(names);
            if (option.arity().max() > 0) {
                page.append(" \\fI").append(text(option.paramLabel())).append("\\fR");
            }
            page.append('\n');
            lines(page, option.description());
        }
    }

    private static void commands(StringBuilder page, CommandLine line) {
        if (line.getSubcommands().isEmpty()) {
            return;
        }
        section(page, "COMMANDS");
        line.getSubcommands().forEach((name, below) -> {
            page.append(".TP\n.BR ").append(text(name(below))).append(" (1)\n");
            String[] description = below.getCommandSpec().usageMessage().description();
            lines(page, description.length == 0 ? description : new String[] {description[0]});
        });
    }

    /** An empty line begins a new paragraph. */
    private static void paragraphs(StringBuilder page, String[] lines) {
        for (String line : lines) {
            page.append(line.isEmpty() ? ".PP" : text(CommandLine.Help.Ansi.OFF.string(line)))
                    .append('\n');
        }
    }

    private static void lines(StringBuilder page, String[] lines) {
        for (String line : lines) {
            page.append(text(CommandLine.Help.Ansi.OFF.string(line))).append('\n');
        }
    }

    private static String uncapitalised(String sentence) {
        String text = CommandLine.Help.Ansi.OFF.string(sentence);
        String first = text.substring(0, 1).toLowerCase(Locale.ROOT);
        String rest = text.substring(1);
        return first + (rest.endsWith(".") ? rest.substring(0, rest.length() - 1) : rest);
    }

    /** As roff takes it for text: a hyphen is no minus sign, and a dot or quote at the start of a line is no request. */
    private static String text(String plain) {
        StringBuilder escaped = new StringBuilder();
        plain.replace("%%", "%").codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> escaped.append("\\e");
                case '-' -> escaped.append("\\-");
                default -> escaped.append(c < 0x80 ? Character.toString(c) : "\\[u%04X]".formatted(c));
            }
        });
        return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + escaped : escaped.toString();
    }
}
