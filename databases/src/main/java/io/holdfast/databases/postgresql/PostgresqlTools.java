package io.holdfast.databases.postgresql;

import io.holdfast.core.HoldfastException;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.tool.RunningTool;
import io.holdfast.databases.tool.Toolbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How the programs of PostgreSQL are called. Thread-safe. */
final class PostgresqlTools {
    private static final String CONNECT_SECONDS = "30";
    private static final Pattern SECTION = Pattern.compile("^\\s*\\[([^\\]]+)\\]\\s*$", Pattern.MULTILINE);
    /** Where distributions keep several versions beside each other. */
    private static final List<Path> VERSIONS = List.of(Path.of("/usr/lib/postgresql"), Path.of("/usr"));

    private static final Pattern VERSION = Pattern.compile("(?:pgsql-)?(\\d{1,3})");

    private final ServerAccess access;

    PostgresqlTools(ServerAccess access) {
        this.access = access;
    }

    RunningTool start(String program, String database, List<String> arguments) {
        Toolbox toolbox = toolbox();
        return toolbox.start(toolbox.find(program), withConnection(database, arguments));
    }

    /** The answer's rows; names are asked for in hexadecimal digits, as any letter may be in them. */
    List<String[]> rows(String database, String sql, String what) {
        Toolbox toolbox = toolbox();
        String answer = toolbox.ask(
                toolbox.find("psql"),
                withConnection(database, List.of("-XAtq", "--field-separator=\t", "--set=ON_ERROR_STOP=1")),
                sql,
                what);
        return answer.lines().map(line -> line.split("\t", -1)).toList();
    }

    private Toolbox toolbox() {
        Map<String, String> environment = new HashMap<>();
        environment.put("PGAPPNAME", "holdfast");
        environment.put("PGCLIENTENCODING", "UTF8");
        environment.put("PGCONNECT_TIMEOUT", CONNECT_SECONDS);
        access.checkedFile().ifPresent(file -> environment.put("PGSERVICEFILE", file.toString()));
        return new Toolbox(access, newestFirst(), "postgresql-client", environment);
    }

    private static List<Path> newestFirst() {
        List<Path> places = new ArrayList<>();
        for (Path parent : VERSIONS) {
            try (Stream<Path> children = Files.list(parent)) {
                children.filter(child -> version(child) > 0)
                        .sorted(Comparator.comparingInt(PostgresqlTools::version)
                                .reversed())
                        .forEach(child -> places.add(child.resolve("bin")));
            } catch (IOException | UncheckedIOException e) {
                // There is no such place here.
            }
        }
        return places;
    }

    private static int version(Path directory) {
        Matcher version = VERSION.matcher(directory.getFileName().toString());
        return version.matches() ? Integer.parseInt(version.group(1)) : 0;
    }

    private List<String> withConnection(String database, List<String> arguments) {
        List<String> all = new ArrayList<>(arguments);
        // Nobody is there to type one.
        all.add("--no-password");
        all.add("--dbname="
                + service().map(name -> "service=" + value(name) + " ").orElse("") + "dbname=" + value(database));
        return all;
    }

    private Optional<String> service() {
        return access.checkedFile().map(file -> {
            try {
                Matcher section = SECTION.matcher(Files.readString(file));
                if (section.find()) {
                    return section.group(1);
                }
            } catch (IOException e) {
                throw HoldfastException.usage("the connection file " + file + " cannot be read: " + e.getMessage(), "");
            }
            throw HoldfastException.usage(
                    "the connection file " + file + " has no section",
                    "Begin it with a line such as [holdfast]; docs/databases.md has an example.");
        });
    }

    /** A value in a connection string (libpq). */
    private static String value(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /** A name in SQL. */
    static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** A text in SQL. */
    static String literal(String text) {
        return "convert_from('\\x" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)) + "', 'UTF8')";
    }

    static String ofHex(String digits) {
        return new String(HexFormat.of().parseHex(digits), StandardCharsets.UTF_8);
    }
}
