package io.holdfast.plan;

import io.holdfast.plan.Plan.Source;
import io.holdfast.plan.Plan.Source.Databases.Make;
import io.holdfast.plan.yaml.YamlMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Reads what is saved. */
final class SourceReader {
    private static final int MAX_NAME_BYTES = 255;

    private SourceReader() {}

    static List<Source> read(YamlMap map) {
        List<YamlMap> written = map.maps("sources");
        if (written.isEmpty()) {
            throw map.wrong(
                    "sources",
                    "nothing is to be saved",
                    "Write 'sources:' with '- files: [/etc, /home]', for instance.");
        }
        List<Source> sources = new ArrayList<>();
        Map<String, String> places = new HashMap<>();
        for (YamlMap each : written) {
            Source source = source(each);
            sources.add(source);
            String before = places.putIfAbsent(identity(source), each.place());
            if (before != null) {
                throw each.wrong(
                        "sources",
                        identity(source) + " is a source already, at " + before,
                        "Give one of them another name, or leave it out.");
            }
        }
        return sources;
    }

    /** What makes it one source of a host over all its runs: the paths of files, the name of others. That of a volume is the last part of its path. */
    static String identity(Source source) {
        return switch (source) {
            case Source.Files files -> "files " + String.join(" ", new TreeSet<>(files.paths()));
            case Source.Volume volume ->
                "'" + volume.path().substring(volume.path().lastIndexOf('/') + 1) + "'";
            case Source.Command command -> "'" + command.name() + "'";
            case Source.Databases databases -> "'" + databases.name() + "'";
        };
    }

    private static Source source(YamlMap map) {
        List<String> files = map.texts("files");
        Optional<String> volume = map.text("volume");
        List<String> command = map.texts("command");
        Map<Make, YamlMap> databases = new EnumMap<>(Make.class);
        for (Make make : Make.values()) {
            map.map(make.word()).ifPresent(below -> databases.put(make, below));
        }
        int kinds = (files.isEmpty() ? 0 : 1)
                + (volume.isPresent() ? 1 : 0)
                + (command.isEmpty() ? 0 : 1)
                + databases.size();
        if (kinds != 1) {
            throw map.wrong(
                    "sources",
                    "a source is one of files, volume, command, mariadb or postgresql",
                    "Begin another one with '- '.");
        }
        Source source;
        if (volume.isPresent()) {
            source = new Source.Volume(absolute(map, "volume", volume.get()));
        } else if (!command.isEmpty()) {
            source = new Source.Command(streamName(map, map.requiredText("name")), command);
        } else if (files.isEmpty()) {
            Make make = databases.keySet().iterator().next();
            source = databases(map, make, databases.values().iterator().next());
        } else {
            source = files(map, files);
        }
        map.requireNoOtherKeys();
        return source;
    }

    private static Source files(YamlMap map, List<String> files) {
        files.forEach(file -> absolute(map, "files", file));
        if (new HashSet<>(files).size() < files.size()) {
            throw map.wrong("files", "a path is there twice", "Leave one of them out.");
        }
        return new Source.Files(files, map.texts("exclude"));
    }

    private static Source databases(YamlMap map, Make make, YamlMap below) {
        String name = map.text("name").orElse(make.word());
        if (!PlanReader.NAME.matcher(name).matches()) {
            throw map.wrong("name", "'" + name + "' is no name", "Write letters, digits, dots, dashes; 63 at most.");
        }
        Optional<String> connection = below.text("connection");
        connection.ifPresent(file -> absolute(below, "connection", file));
        Optional<String> runAs = below.text("run-as");
        if (runAs.isPresent() && !runAs.get().matches("[a-z_][a-z0-9_.-]{0,31}")) {
            throw below.wrong("run-as", "'" + runAs.get() + "' is no user of a machine", "Write one such as postgres.");
        }
        Source source = new Source.Databases(
                name,
                make,
                below.texts("databases"),
                below.texts("exclude"),
                below.flag("accounts", true),
                connection,
                runAs);
        below.requireNoOtherKeys();
        return source;
    }

    private static String streamName(YamlMap map, String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c < ' ')) {
            throw map.wrong(
                    "name",
                    "'" + name + "' cannot name a stream",
                    "Write a name of 1 to 255 bytes without a slash, such as shop.sql.");
        }
        return name;
    }

    private static String absolute(YamlMap map, String key, String file) {
        if (!file.startsWith("/") && !file.matches("[A-Za-z]:[/\\\\].*")) {
            throw map.wrong(
                    key, "'" + file + "' is no absolute path", "It is looked for on every host: begin it with /.");
        }
        return file;
    }
}
