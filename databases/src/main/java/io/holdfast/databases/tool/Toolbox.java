package io.holdfast.databases.tool;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.ServerAccess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

/**
 * The programs of a server and how they are started: in English, with nothing from the environment of this process that says what is saved or how, and without a
 * secret in arguments or environment. Thread-safe.
 */
public final class Toolbox {
    private static final int MOST_ANSWER_BYTES = 16 << 20;

    private final ServerAccess access;
    private final List<Path> places;
    private final String packageName;
    private final Map<String, String> environment;

    /**
     * @param places where programs are looked for before PATH, if {@code access} names no directory
     * @param packageName what has them, for people
     * @param environment what they get beside PATH and the like
     */
    public Toolbox(ServerAccess access, List<Path> places, String packageName, Map<String, String> environment) {
        this.access = access;
        this.places = List.copyOf(places);
        this.packageName = packageName;
        this.environment = Map.copyOf(environment);
    }

    /**
     * The first of these programs that there is.
     *
     * @throws HoldfastException {@code USAGE} where there is none
     */
    public Path find(String... names) {
        List<Path> searched = access.programs().map(List::of).orElseGet(this::path);
        for (String name : names) {
            Optional<Path> found = searched.stream()
                    .map(place -> place.resolve(name))
                    .filter(Files::isExecutable)
                    .findFirst();
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw HoldfastException.usage(
                "'" + String.join("' or '", names) + "' is not "
                        + access.programs().map(place -> "in " + place).orElse("installed on this host"),
                "Install " + packageName + ", or name the directory that has it.");
    }

    private List<Path> path() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.concat(
                        places.stream(),
                        Stream.of(path.split(File.pathSeparator))
                                .filter(place -> !place.isEmpty())
                                .map(Path::of))
                .toList();
    }

    /** Starts a program; whoever calls this closes it. */
    public RunningTool start(Path program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        access.runAs().ifPresent(user -> command.addAll(List.of("runuser", "-u", user, "--")));
        command.add(program.toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // Another user may not look into the directory of this one, and some programs want to.
        builder.directory(new File("/"));
        Map<String, String> inherited = builder.environment();
        inherited.keySet().removeIf(Toolbox::isOfServers);
        inherited.put("LC_ALL", "C.UTF-8");
        inherited.putAll(environment);
        String name = String.valueOf(program.getFileName());
        try {
            return new RunningTool(name, builder.start());
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.USAGE, "'" + name + "' cannot be run: " + e.getMessage(), "Check its rights.", e);
        }
    }

    private static boolean isOfServers(String variable) {
        return variable.startsWith("PG") || variable.startsWith("MYSQL") || variable.startsWith("MARIADB");
    }

    /**
     * Runs a program to its end.
     *
     * @param input what it reads
     * @param what is done, for errors
     * @return what it writes
     */
    public String ask(Path program, List<String> arguments, String input, String what) {
        try (RunningTool tool = start(program, arguments)) {
            // Nobody can interrupt a read of what a program writes: who waits for it can be.
            FutureTask<byte[]> talk = new FutureTask<>(() -> talk(tool, input));
            Thread ignored =
                    Thread.ofPlatform().daemon().name("holdfast-answer").start(talk);
            byte[] answer = talk.get();
            tool.requireSuccess(what);
            return new String(answer, StandardCharsets.UTF_8);
        } catch (ExecutionException e) {
            throw new HoldfastException(ErrorCode.FAILED, what + ": " + e.getCause(), null, e);
        } catch (InterruptedException e) {
            throw RunningTool.interrupted(e);
        }
    }

    private static byte[] talk(RunningTool tool, String input) throws IOException {
        try (OutputStream in = tool.input()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has ended before it read all: its own words say more, where its end is looked at.
        }
        try (InputStream out = tool.output()) {
            return out.readNBytes(MOST_ANSWER_BYTES);
        }
    }
}
