package io.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What {@code lib/make-aot-cache} lets Java watch: commands as users run them, on data like theirs, in one process. From it Java
 * learns which classes to load and link ahead of time and which methods will be hot, so that a short backup does not spend its
 * time in the interpreter. Not part of the program: nothing else calls it.
 */
final class AotTraining {
    private static final long SEED = 25;
    private static final int DIRECTORIES = 80;
    private static final int FILES_A_DIRECTORY = 50;
    private static final int LARGE_BYTES = 48 << 20;
    private static final int WORDS = 4_000;

    private final Path directory;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Environment environment;

    private AotTraining(Path directory) {
        this.directory = directory;
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        this.environment = new Environment(
                Map.of(
                        "HOLDFAST_REPO", directory.resolve("repository").toString(),
                        "XDG_CONFIG_HOME", directory.resolve("config").toString(),
                        "XDG_CACHE_HOME", directory.resolve("cache").toString()),
                InputStream.nullInputStream(),
                nowhere,
                nowhere);
    }

    /** @param arguments an empty directory to work in; the caller removes it */
    public static void main(String[] arguments) throws IOException {
        new AotTraining(Path.of(arguments[0]).toAbsolutePath()).run();
    }

    private void run() throws IOException {
        Path data = Files.createDirectory(directory.resolve("data"));
        Path target = directory.resolve("target");
        makeFiles(data);
        command("init");
        command("backup", data.toString());
        command("backup", data.toString());
        change(data);
        command("backup", data.toString());
        command("snapshots");
        command("ls", "latest");
        command("restore", "latest", "--target", target.toString());
        command("restore", "latest", data.resolve("large").toString(), "--target", target.toString());
        command("verify", "--read-data");
        command("forget", "--keep-last", "1");
        command("prune");
    }

    private void command(String... arguments) {
        int code = Main.run(arguments, environment);
        if (code != 0) {
            throw new IllegalStateException("'" + String.join(" ", arguments) + "' ended with " + code);
        }
    }

    private void makeFiles(Path data) throws IOException {
        String[] words = Stream.generate(this::word).limit(WORDS).toArray(String[]::new);
        for (int i = 0; i < DIRECTORIES; i++) {
            Path each = Files.createDirectory(data.resolve("directory" + i));
            for (int j = 0; j < FILES_A_DIRECTORY; j++) {
                Files.writeString(each.resolve("file" + j), text(words, random.nextInt(100, 4_000)));
            }
        }
        byte[] large = new byte[LARGE_BYTES];
        random.nextBytes(large);
        Files.write(data.resolve("large"), large);
        Files.writeString(data.resolve("log"), text(words, LARGE_BYTES / 16));
        Files.createSymbolicLink(data.resolve("link"), Path.of("large"));
        Files.createLink(data.resolve("second"), data.resolve("log"));
    }

    private void change(Path data) throws IOException {
        for (String name : List.of("directory1/file1", "directory2/file2")) {
            Files.writeString(data.resolve(name), "changed");
        }
        Files.delete(data.resolve("directory3/file3"));
    }

    private String word() {
        byte[] letters = new byte[random.nextInt(2, 10)];
        for (int i = 0; i < letters.length; i++) {
            letters[i] = (byte) ('a' + random.nextInt(26));
        }
        return new String(letters, StandardCharsets.US_ASCII);
    }

    private String text(String[] words, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(words[random.nextInt(words.length)]).append(i % 12 == 11 ? '\n' : ' ');
        }
        return text.toString();
    }
}
