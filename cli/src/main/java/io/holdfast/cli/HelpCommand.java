package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "help", description = "Shows the help of a command.")
final class HelpCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "The command, and its subcommand.")
    private List<String> names = new ArrayList<>();

    HelpCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        CommandLine line = root.commandLine();
        for (String name : names) {
            CommandLine below = line.getSubcommands().get(name);
            if (below == null) {
                throw HoldfastException.usage("there is no command '" + name + "'", "'holdfast help' lists all.");
            }
            line = below;
        }
        line.usage(root.environment().out());
        return 0;
    }
}
