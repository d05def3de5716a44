package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
        String commands = String.join(" ", line.getSubcommands().keySet());
        for (var entry : line.getSubcommands().entrySet()) {
            String description = String.join(
                    " ", entry.getValue().getCommandSpec().usageMessage().description());
            script.append("complete -c holdfast -n 'not __fish_seen_subcommand_from ")
                    .append(commands)
                    .append("' -a ")
                    .append(entry.getKey())
                    .append(" -d ")
                    .append(quoted(description))
                    .append('\n');
            for (OptionSpec option : entry.getValue().getCommandSpec().options()) {
                script.append("complete -c holdfast -n '__fish_seen_subcommand_from ")
                        .append(entry.getKey())
                        .append("' -l ")
                        .append(option.longestName().replaceFirst("^-+", ""))
                        .append(option.arity().max() > 0 ? " -r" : "")
                        .append(" -d ")
                        .append(quoted(Arrays.stream(option.description()).collect(Collectors.joining(" "))))
                        .append('\n');
            }
        }
        return script.toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
