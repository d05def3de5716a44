package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The programs of lvm2. */
final class LvmTools {
    /** Where they are, which is not in the PATH of everybody. */
    private static final String SYSTEM_DIRECTORIES = "/usr/sbin:/sbin";

    private static final String SEPARATOR = "|";
    private static final String FIELDS = "vg_name,lv_name,lv_attr,lv_size,vg_free,pool_lv,snap_percent,lv_tags,lv_path";

    private final String path;

    /** @param path directories with colons between, as in {@code PATH} */
    LvmTools(String path) {
        this.path = path;
    }

    static LvmTools of(Environment environment) {
        return new LvmTools(environment.variable("PATH").map(own -> own + ":").orElse("") + SYSTEM_DIRECTORIES);
    }

    /** What a program printed, on both streams: lvm2 explains a failure in its last line but for advice. */
    record Ended(int code, List<String> lines) {
        boolean isGood() {
            return code == 0;
        }

        String reason() {
            return lines.stream()
                    .filter(line -> !line.startsWith("WARNING:") && !line.startsWith("Run `"))
                    .reduce((earlier, later) -> later)
                    .orElse("it ended with " + code);
        }
    }

    /**
     * What {@code lvs} tells of a volume.
     *
     * @param attributes ten letters (lvs(8)): the first is the type, the fifth the state
     * @param pool empty where it is no thin volume
     * @param percent how full a snapshot is; empty for others
     * @param device its path in /dev
     */
    record Row(
            String group,
            String name,
            String attributes,
            long sizeBytes,
            long freeBytes,
            String pool,
            String percent,
            List<String> tags,
            String device) {
        String fullName() {
            return group + "/" + name;
        }
    }

    /** @param what a volume, its path in /dev, or a group; empty where there is no such thing */
    List<Row> list(String what) {
        Ended ended = lvs(what);
        return ended.isGood() ? rows(ended) : List.of();
    }

    /** The one volume that was named; an error where it is none. */
    Row volume(String devicePath) {
        Ended ended = lvs(devicePath);
        List<Row> rows = ended.isGood() ? rows(ended) : List.of();
        if (rows.size() != 1) {
            String reason = ended.isGood() ? "lvs lists " + rows.size() + " volumes" : ended.reason();
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "'" + devicePath + "' is no logical volume: " + reason,
                    "--lvm-snapshot wants a volume of LVM, such as /dev/vg0/root; 'lvs' lists them.");
        }
        return rows.getFirst();
    }

    /** Whether lvm2 says that there is no such volume; not where it says nothing. */
    boolean isGone(String fullName) {
        return lvs(fullName).lines().stream().anyMatch(line -> line.startsWith("Failed to find logical volume"));
    }

    private Ended lvs(String what) {
        return run("lvs", "--noheadings", "--nosuffix", "--units", "b", "--separator", SEPARATOR, "-o", FIELDS, what);
    }

    private static List<Row> rows(Ended ended) {
        List<Row> rows = new ArrayList<>();
        int fields = FIELDS.split(",").length;
        for (String line : ended.lines()) {
            List<String> values = List.of(line.split("\\" + SEPARATOR, -1));
            if (values.size() == fields) { // Warnings stand between.
                rows.add(new Row(
                        values.get(0),
                        values.get(1),
                        values.get(2),
                        Long.parseLong(values.get(3)),
                        Long.parseLong(values.get(4)),
                        values.get(5),
                        values.get(6),
                        List.of(values.get(7).split(",")),
                        values.get(8)));
            }
        }
        return rows;
    }

    /** Runs a program to its end, also while this thread is interrupted: half a change of volumes is none to leave behind. */
    Ended run(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(find(program).toString());
        command.addAll(List.of(arguments));
        boolean interrupted = false;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            while (true) {
                try {
                    int code = process.waitFor();
                    return new Ended(
                            code,
                            output.lines()
                                    .map(String::strip)
                                    .filter(line -> !line.isEmpty())
                                    .toList());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, program + " cannot be run: " + e.getMessage(), "Check lvm2 and its rights.", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Path find(String program) {
        Optional<Path> found = List.of(path.split(":")).stream()
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
        return found.orElseThrow(() -> new HoldfastException(
                ErrorCode.FAILED,
                "--lvm-snapshot needs lvm2, and there is no program '" + program + "'",
                "Install it (Debian: apt-get install lvm2)."));
    }
}
