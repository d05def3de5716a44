package io.holdfast.plan;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.repository.collect.RetentionPolicy;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What is saved on which hosts, when, and for how long (docs/plans.md).
 *
 * @param name unique on a server
 * @param selection on which hosts
 * @param sources what of them, at least one
 * @param retention which snapshots of each host and source stay; of none at all, every one
 * @param placement where they are kept, and how
 * @param conduct how a run goes about
 */
public record Plan(
        String name,
        Schedule schedule,
        Selection selection,
        List<Source> sources,
        RetentionPolicy retention,
        Placement placement,
        Conduct conduct) {

    public Plan {
        sources = List.copyOf(sources);
    }

    /**
     * The hosts that one of these names.
     *
     * @param hosts names, in which {@code *} stands for any letters
     */
    public record Selection(List<String> hosts, List<String> groups, List<String> tags) {
        public Selection {
            hosts = List.copyOf(hosts);
            groups = List.copyOf(groups);
            tags = List.copyOf(tags);
        }

        /** Whether it names a host of this name, in these groups, with these tags. */
        public boolean names(String host, Set<String> itsGroups, Set<String> itsTags) {
            return hosts.stream().anyMatch(pattern -> matches(pattern, host))
                    || groups.stream().anyMatch(itsGroups::contains)
                    || tags.stream().anyMatch(itsTags::contains);
        }

        private static boolean matches(String pattern, String host) {
            String[] parts = pattern.toLowerCase(Locale.ROOT).split("\\*", -1);
            String name = host.toLowerCase(Locale.ROOT);
            if (parts.length == 1) {
                return name.equals(parts[0]);
            }
            if (!name.startsWith(parts[0])) {
                return false;
            }
            int at = parts[0].length();
            for (int i = 1; i < parts.length - 1; i++) {
                int found = name.indexOf(parts[i], at);
                if (found < 0) {
                    return false;
                }
                at = found + parts[i].length();
            }
            String last = parts[parts.length - 1];
            return name.length() - last.length() >= at && name.endsWith(last);
        }
    }

    /** One thing to be saved on each host. */
    public sealed interface Source {
        /** Files and directories, absolute; patterns as {@code --exclude} has them. */
        record Files(List<String> paths, List<String> excludes) implements Source {
            public Files {
                paths = List.copyOf(paths);
                excludes = List.copyOf(excludes);
            }
        }

        /** A block device or image. */
        record Volume(String path) implements Source {}

        /** What a program writes. */
        record Command(String name, List<String> command) implements Source {
            public Command {
                command = List.copyOf(command);
            }
        }

        /**
         * Databases of a server, by dump, each a stream of its own.
         *
         * @param name what their streams begin with; a host has it once
         * @param make of the server
         * @param databases names, in which {@code *} stands for any letters; of none at all, every one
         * @param excludes the same, of what is left out
         * @param accounts whether users, roles and grants are saved, too
         * @param connectionFile on the host; absent for the socket of the machine
         * @param runAs the user of the machine who runs the server's programs; absent for that of the agent
         */
        record Databases(
                String name,
                Make make,
                List<String> databases,
                List<String> excludes,
                boolean accounts,
                Optional<String> connectionFile,
                Optional<String> runAs)
                implements Source {
            public Databases {
                databases = List.copyOf(databases);
                excludes = List.copyOf(excludes);
            }

            /** The makes there are. */
            public enum Make {
                MARIADB,
                POSTGRESQL;

                /** As plans have it. */
                public String word() {
                    return name().toLowerCase(Locale.ROOT);
                }
            }
        }
    }

    /**
     * Reads a plan.
     *
     * @throws HoldfastException {@code USAGE} with file and line where something in it is wrong, unknown, or makes no sense with the rest
     */
    public static Plan read(YamlMap map) {
        return PlanReader.read(map);
    }

    /**
     * What an applied plan changes, for people: keys that say the same in other words are no change.
     *
     * @return in the order of the documentation; empty where both mean the same
     */
    public static List<PlanChange> diff(Plan old, Plan changed) {
        return PlanChange.between(PlanText.of(old), PlanText.of(changed));
    }
}
