package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        description = "Prints a completion script for a shell, such as: source <(holdfast completion bash)")
final class CompletionCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
    private String shell = "";

    CompletionCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        CommandLine line = root.commandLine();
        root.environment()
                .out()
                .println(
                        switch (shell) {
                            case "bash" -> AutoComplete.bash("holdfast", line);
                            case "zsh" ->
                                "autoload -U +X bashcompinit && bashcompinit\n" + AutoComplete.bash("holdfast", line);
                            case "fish" -> fish(line);
                            default ->
                                throw HoldfastException.usage(
                                        "there is no completion for '" + shell + "'", "Use bash, zsh or fish.");
                        });
        return 0;
    }

    private static String fish(CommandLine line) {
        StringBuilder script = new StringBuilder();
        fish(script, "", line);
        return script.toString();
    }

    /** @param within the condition that {@code line} itself was typed; empty for the program */
    private static void fish(StringBuilder script, String within, CommandLine line) {
        for (OptionSpec option : line.getCommandSpec().options()) {
            complete(script, within)
                    .append(" -l ")
                    .append(option.longestName().replaceFirst("^-+", ""))
                    .append(option.arity().max() > 0 ? " -r" : "")
                    .append(" -d ")
                    .append(quoted(String.join(" ", option.description())))
                    .append('\n');
        }
        String commands = String.join(" ", line.getSubcommands().keySet());
        line.getSubcommands().forEach((name, command) -> {
            complete(script, both(within, "not __fish_seen_subcommand_from " + commands))
                    .append(" -f -a ")
                    .append(name)
                    .append(" -d ")
                    .append(quoted(String.join(
                            " ", command.getCommandSpec().usageMessage().description())))
                    .append('\n');
            fish(script, both(within, "__fish_seen_subcommand_from " + name), command);
        });
    }

    private static StringBuilder complete(StringBuilder script, String condition) {
        script.append("complete -c holdfast");
        return condition.isEmpty() ? script : script.append(" -n ").append(quoted(condition));
    }

    private static String both(String first, String second) {
        return first.isEmpty() ? second : first + "; and " + second;
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
