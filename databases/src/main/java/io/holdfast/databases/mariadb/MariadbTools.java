package io.holdfast.databases.mariadb;

import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.tool.RunningTool;
import io.holdfast.databases.tool.Toolbox;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** How the programs of MariaDB and MySQL are called. Thread-safe. */
final class MariadbTools {
    private static final String CONNECT_SECONDS = "30";

    private final ServerAccess access;
    private final Toolbox toolbox;

    MariadbTools(ServerAccess access) {
        this.access = access;
        this.toolbox = new Toolbox(access, List.of(), "mariadb-client", Map.of());
    }

    /** The dump program with the make's own way to say things. */
    record DumpProgram(Path path, boolean isOfMariadb) {}

    DumpProgram dumpProgram() {
        Path path = toolbox.find("mariadb-dump", "mysqldump");
        return new DumpProgram(
                path, toolbox.ask(path, List.of("--version"), "", "its version").contains("MariaDB"));
    }

    RunningTool startDump(DumpProgram program, List<String> arguments) {
        return toolbox.start(program.path(), withConnection(arguments));
    }

    /** The client, as it brings a dump in: comments in routines stay, and nothing in a dump makes it run programs or read files. */
    RunningTool startClient(List<String> arguments) {
        Path client = client();
        List<String> all = new ArrayList<>(List.of("--batch", "--comments", "--default-character-set=utf8mb4"));
        if (toolbox.ask(client, List.of("--no-defaults", "--help"), "", "its options")
                .contains("--sandbox")) {
            all.add("--sandbox");
        }
        all.addAll(arguments);
        return toolbox.start(client, withConnection(all));
    }

    /** The answer's rows; names are asked for in hexadecimal digits, as any letter may be in them. */
    List<String[]> rows(String sql, String what) {
        String answer = toolbox.ask(
                client(),
                withConnection(List.of(
                        "--batch",
                        "--skip-column-names",
                        "--default-character-set=utf8mb4",
                        "--connect-timeout=" + CONNECT_SECONDS)),
                sql,
                what);
        return answer.lines().map(line -> line.split("\t", -1)).toList();
    }

    private Path client() {
        return toolbox.find("mariadb", "mysql");
    }

    private List<String> withConnection(List<String> arguments) {
        List<String> all = new ArrayList<>();
        // Has to come first, and keeps all other option files out.
        access.checkedFile().ifPresent(file -> all.add("--defaults-file=" + file));
        all.addAll(arguments);
        return all;
    }

    /** A name in SQL. */
    static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }

    /** A text in SQL, whatever the server takes for quotes and escapes. */
    static String literal(String text) {
        return "CONVERT(X'" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)) + "' USING utf8mb4)";
    }

    static String ofHex(String digits) {
        return new String(HexFormat.of().parseHex(digits), StandardCharsets.UTF_8);
    }
}
