package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** Parses the command line, runs the command and turns what went wrong into one line and an exit code. */
public final class Main {
    /** How long a command that was interrupted may take to leave in order. */
    private static final int GRACE_SECONDS = 30;
    /** Address space, of which only what is used is taken. Enough for some ten thousand directories in one another. */
    private static final long STACK_BYTES = 256L << 20;
    /** What a shell reports of a program that SIGPIPE ended, as it ends others whose reader has gone. */
    private static final int CLOSED_PIPE = 141;

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        CheckedOutput standardOutput = new CheckedOutput(new FileOutputStream(FileDescriptor.out));
        PrintStream out = stream(standardOutput);
        PrintStream err = stream(new FileOutputStream(FileDescriptor.err));
        Environment environment = new Environment(System.getenv(), System.in, out, err);
        AtomicInteger code = new AtomicInteger(ErrorCode.FAILED.exitCode());
        // A thread of its own for its stack: trees may be thousands of directories deep.
        Thread worker = Thread.ofPlatform()
                .name("holdfast")
                .stackSize(STACK_BYTES)
                .unstarted(() -> code.set(checked(arguments, environment, standardOutput)));
        CountDownLatch left = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> leaveInOrder(worker, left), "holdfast-signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        worker.start();
        worker.join();
        left.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            return; // Ctrl-C or SIGTERM: the virtual machine is on its way out with the code of the signal.
        }
        System.exit(code.get());
    }

    /** Runs a command, and does not call it done where its output got lost. */
    private static int checked(String[] arguments, Environment environment, CheckedOutput output) {
        int code = run(arguments, environment);
        if (code != 0 || !output.hasFailed()) {
            return code;
        }
        if (output.isClosedPipe()) {
            return CLOSED_PIPE;
        }
        messages(arguments, environment)
                .error(new HoldfastException(
                        ErrorCode.FAILED,
                        "standard output cannot be written: " + output.failure(),
                        "What was printed is incomplete; the command itself was done."));
        environment.err().flush();
        return ErrorCode.FAILED.exitCode();
    }

    private static Messages messages(String[] arguments, Environment environment) {
        return new Messages(environment, Arrays.asList(arguments).contains("--json"), false);
    }

    /** Runs a command in this process. */
    static int run(String[] given, Environment environment) {
        String[] arguments = RawArguments.restore(given);
        if (arguments.length > 0 && arguments[0].equals("--version")) {
            arguments[0] = "version"; // As nearly every program has it.
        }
        RootCommand root = new RootCommand(environment);
        CommandLine line = root.commandLineFor(arguments);
        line.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler((e, args) -> {
            String command = e.getCommandLine().getCommandSpec().qualifiedName();
            messages(arguments, environment)
                    .error(new HoldfastException(ErrorCode.USAGE, firstLine(e), "See '" + command + " --help'."));
            return ErrorCode.USAGE.exitCode();
        });
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> {
            HoldfastException known = known(e);
            if (root.isVerbose() || isDefect(e)) {
                root.messages().error(known, e);
            } else {
                root.messages().error(known);
            }
            return known.code().exitCode();
        });
        int code;
        try {
            code = line.execute(arguments);
        } catch (OutOfMemoryError | StackOverflowError e) {
            HoldfastException failure = outOf(e);
            messages(arguments, environment).error(failure);
            code = failure.code().exitCode();
        }
        environment.out().flush();
        environment.err().flush();
        return code;
    }

    private static HoldfastException outOf(VirtualMachineError e) {
        return e instanceof OutOfMemoryError
                ? new HoldfastException(
                        ErrorCode.FAILED,
                        "there was not enough memory: " + e.getMessage(),
                        "Give it more in lib/jvm.options (-Xmx, -XX:MaxDirectMemorySize).")
                : new HoldfastException(
                        ErrorCode.FAILED, "directories are nested too deeply", "Please report how deep they are.");
    }

    /** Whether where it happened is what matters. What a store or a system answered is none, nor is what the user can do something about. */
    private static boolean isDefect(Exception e) {
        if (!(e instanceof HoldfastException known)) {
            return !isInterruption(e);
        }
        Throwable cause = known;
        while (cause instanceof HoldfastException) {
            cause = cause.getCause(); // An error of another thread is told once more by the one that meets it.
        }
        return known.code() == ErrorCode.FAILED && known.hint().isEmpty() && cause instanceof RuntimeException;
    }

    /** What was cancelled for another reason than that is a defect. */
    private static boolean isInterruption(Exception e) {
        return e instanceof InterruptedException
                || e instanceof CancellationException && Thread.currentThread().isInterrupted();
    }

    private static HoldfastException known(Exception e) {
        if (e instanceof HoldfastException known) {
            if (known.code() == ErrorCode.INTERRUPTED) {
                // Where it was just then is of no interest.
                return new HoldfastException(
                        ErrorCode.INTERRUPTED, "interrupted", known.hint().orElse(null), known);
            }
            return known.code() == ErrorCode.DAMAGED && known.hint().isEmpty()
                    ? new HoldfastException(
                            known.code(),
                            String.valueOf(known.getMessage()),
                            "'holdfast verify --read-data' tells what is hit.",
                            known)
                    : known;
        }
        if (isInterruption(e)) {
            return new HoldfastException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        }
        return new HoldfastException(
                ErrorCode.FAILED, "this is a defect: " + e, "Please report it with all that is said here.", e);
    }

    private static String firstLine(CommandLine.ParameterException e) {
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && e.getCommandLine().getParent() == null) {
            return "there is no command '" + unmatched.getUnmatched().getFirst() + "'";
        }
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

    private static PrintStream stream(OutputStream target) {
        return new PrintStream(new BufferedOutputStream(target, 8192), false, StandardCharsets.UTF_8);
    }
}
