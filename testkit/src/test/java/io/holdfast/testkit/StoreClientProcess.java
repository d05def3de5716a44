package io.holdfast.testkit;

import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.PutOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Another process that uses a disk store; told what to do by its arguments, and by lines on its standard input. */
public final class StoreClientProcess {
    static final int RACE_OBJECTS = 150;
    static final int RACE_OBJECT_BYTES = 10_000;

    private StoreClientProcess() {}

    /** Starts a JVM with this class; what it writes to standard error goes to the test's. */
    static Process start(String... arguments) throws IOException {
        return new ProcessBuilder(command(arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                StoreClientProcess.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    public static void main(String[] arguments) throws IOException {
        try (DiskStore store = DiskStore.open(Path.of(arguments[1]))) {
            switch (arguments[0]) {
                case "race" -> race(store, Byte.parseByte(arguments[2]));
                case "change" -> change(store, ObjectName.of(arguments[2]));
                case "die" -> leaveATemporaryFile(store, Path.of(arguments[1]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    /** Puts all names, filled with the number of this client, and prints those it won. */
    private static void race(DiskStore store, byte client) throws IOException {
        System.out.println("ready");
        System.out.flush();
        if (System.in.read() < 0) {
            return;
        }
        byte[] content = new byte[RACE_OBJECT_BYTES];
        Arrays.fill(content, client);
        StringBuilder won = new StringBuilder();
        for (int i = 0; i < RACE_OBJECTS; i++) {
            if (store.put(ObjectName.of("snapshots/" + i), ByteBuffer.wrap(content)) == PutOutcome.STORED) {
                won.append(i).append('\n');
            }
        }
        System.out.print(won);
        System.out.flush();
    }

    /** Puts an object, finds it there, and deletes it; trying to remove a file called mark stands between the three. */
    private static void change(DiskStore store, ObjectName name) {
        Path mark = Path.of("mark");
        store.put(name, ByteBuffer.allocate(100_000));
        boolean ignored = mark.toFile().delete();
        store.put(name, ByteBuffer.allocate(1));
        ignored = mark.toFile().delete();
        store.delete(name);
    }

    /** Leaves what a put leaves whose process is killed, and waits to be killed. */
    private static void leaveATemporaryFile(DiskStore store, Path root) throws IOException {
        long pid = ProcessHandle.current().pid();
        store.put(ObjectName.of("first-" + pid), ByteBuffer.allocate(1));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(".tmp"), pid + "-*.alive")) {
            for (Path file : files) {
                String owner = file.getFileName().toString().replace(".alive", "");
                Files.writeString(file.resolveSibling(owner + ".99"), "half an obj");
            }
        }
        System.out.println("ready");
        System.out.flush();
        while (System.in.read() >= 0) {
            // until the test kills this process
        }
    }
}
