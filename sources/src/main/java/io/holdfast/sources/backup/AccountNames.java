package io.holdfast.sources.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Names of users and groups by number, from the files that every Unix has (passwd(5), group(5)). Names of directory services are not seen. */
final class AccountNames {
    private AccountNames() {}

    static SortedMap<Long, String> users(Set<Integer> ids) {
        return names(Path.of("/etc/passwd"), ids);
    }

    static SortedMap<Long, String> groups(Set<Integer> ids) {
        return names(Path.of("/etc/group"), ids);
    }

    private static SortedMap<Long, String> names(Path file, Set<Integer> ids) {
        SortedMap<Long, String> names = new TreeMap<>();
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return names; // Names are a comfort; the numbers are what is kept.
        }
        for (String line : lines) {
            String[] fields = line.split(":", 4);
            if (fields.length > 2 && fields[2].matches("[0-9]{1,9}") && ids.contains(Integer.parseInt(fields[2]))) {
                names.put(Long.parseLong(fields[2]), fields[0]);
            }
        }
        return names;
    }
}
