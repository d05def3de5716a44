package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** Parses the command line, runs the command and turns what went wrong into one line and an exit code. */
public final class Main {
    /** How long a command that was interrupted may take to leave in order. */
    private static final int GRACE_SECONDS = 30;

    private Main() {}

    public static void main(String[] arguments) {
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        Thread worker = Thread.currentThread();
        CountDownLatch left = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> leaveInOrder(worker, left), "holdfast-signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        int code = run(arguments, new Environment(System.getenv(), out, err));
        left.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            return; // Ctrl-C or SIGTERM: the virtual machine is on its way out with the code of the signal.
        }
        System.exit(code);
    }

    /** Runs a command in this process. */
    static int run(String[] arguments, Environment environment) {
        RootCommand root = new RootCommand(environment);
        CommandLine line = root.commandLineFor(arguments);
        line.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler((e, args) -> {
            boolean json = Arrays.asList(arguments).contains("--json");
            String command = e.getCommandLine().getCommandSpec().qualifiedName();
            new Messages(environment, json, false)
                    .error(new HoldfastException(ErrorCode.USAGE, firstLine(e), "See '" + command + " --help'."));
            return ErrorCode.USAGE.exitCode();
        });
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> {
            HoldfastException known = known(e);
            root.messages().error(known);
            if (root.isVerbose() || known.code() == ErrorCode.FAILED && known.getCause() instanceof RuntimeException) {
                e.printStackTrace(environment.err());
            }
            return known.code().exitCode();
        });
        int code = line.execute(arguments);
        environment.out().flush();
        environment.err().flush();
        return code;
    }

    private static HoldfastException known(Exception e) {
        if (e instanceof HoldfastException known) {
            return known.code() == ErrorCode.DAMAGED && known.hint().isEmpty()
                    ? new HoldfastException(
                            known.code(),
                            String.valueOf(known.getMessage()),
                            "'holdfast verify --read-data' tells what is hit.",
                            known)
                    : known;
        }
        return new HoldfastException(
                ErrorCode.FAILED, "this is a defect: " + e, "Please report it with the lines below.", e);
    }

    private static String firstLine(CommandLine.ParameterException e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static void leaveInOrder(Thread worker, CountDownLatch left) {
        worker.interrupt();
        try {
            boolean ignored = left.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 8192), false, StandardCharsets.UTF_8);
    }
}
