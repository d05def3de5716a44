package io.holdfast.plan.yaml;

import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A mapping of a YAML 1.2 file. Whoever reads it asks for all keys there may be, then {@link #requireNoOtherKeys}: a key that is written wrong must not be a rule
 * that is silently left out. Errors name the file, the line and the key. Not thread-safe.
 */
public final class YamlMap {
    private static final int MAX_CHARACTERS = 1 << 20;
    private static final int MAX_TYPING_ERRORS = 2;

    private final String file;
    private final MappingNode node;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    private record Entry(ScalarNode key, Node value) {}

    private YamlMap(String file, MappingNode node) {
        this.file = file;
        this.node = node;
        for (NodeTuple tuple : node.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw wrong(tuple.getKeyNode(), "a key is a word", "Write 'key: value'.");
            }
            if (entries.putIfAbsent(key.getValue(), new Entry(key, tuple.getValueNode())) != null) {
                throw wrong(key, "'" + key.getValue() + "' is there twice", "Leave one of them out.");
            }
        }
    }

    /**
     * Reads a file that is one mapping.
     *
     * @param file its name, for errors
     * @throws HoldfastException {@code USAGE} where it is none, or longer than a mebibyte
     */
    public static YamlMap parse(String text, String file) {
        if (text.length() > MAX_CHARACTERS) {
            throw HoldfastException.usage(
                    file + " has " + text.length() + " characters", "Such a file has " + MAX_CHARACTERS + " at most.");
        }
        Optional<Node> root;
        try {
            root = new Compose(LoadSettings.builder()
                            .setLabel(file)
                            .setAllowNonScalarKeys(true)
                            .build())
                    .composeString(text);
        } catch (MarkedYamlEngineException e) {
            String line =
                    e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
            throw HoldfastException.usage(
                    file + line + ": " + oneLine(e.getProblem()),
                    "Look at the indentation and the quotes there: it is no YAML.");
        } catch (YamlEngineException e) {
            throw HoldfastException.usage(
                    file + ": "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    "It is no YAML.");
        }
        if (root.isEmpty() || !(root.get() instanceof MappingNode map)) {
            throw HoldfastException.usage(file + ": there is no mapping in it", "Write lines such as 'key: value'.");
        }
        return new YamlMap(file, map);
    }

    /** Where it begins, such as {@code plan.yaml:3}. */
    public String place() {
        return place(node);
    }

    /** Text or number, as it was written; absent where the key is. */
    public Optional<String> text(String key) {
        return entry(key).map(entry -> scalar(key, entry.value()));
    }

    /** The same for a key that has to be there. */
    public String requiredText(String key) {
        return text(key).orElseThrow(() -> missing(key));
    }

    /** A list of texts, or one text; empty where the key is not there. */
    public List<String> texts(String key) {
        return values(key).stream().map(value -> scalar(key, value)).toList();
    }

    /** A whole number in these bounds. */
    public OptionalLong number(String key, long least, long most) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long number = Long.parseLong(text.get());
            if (number >= least && number <= most) {
                return OptionalLong.of(number);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, "'" + text.get() + "' is no whole number from " + least + " to " + most, "Write one.");
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String key, boolean otherwise) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return otherwise;
        }
        return switch (text.get().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(key, "'" + text.get() + "' is neither true nor false", "Write one of them.");
        };
    }

    /** A mapping below this one. */
    public Optional<YamlMap> map(String key) {
        return entry(key).map(entry -> below(key, entry.value()));
    }

    /** A list of mappings, or one mapping; empty where the key is not there. */
    public List<YamlMap> maps(String key) {
        return values(key).stream().map(value -> below(key, value)).toList();
    }

    /** The keys, in the order of the file: for mappings from names that people choose. */
    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    /**
     * Call when all keys were asked for.
     *
     * @throws HoldfastException {@code USAGE} where there is one that nobody knows
     */
    public void requireNoOtherKeys() {
        List<HoldfastException> others = otherKeys();
        if (!others.isEmpty()) {
            throw others.getFirst();
        }
    }

    /** For whoever wants to tell of all of them: an error for each key that nobody has asked for, in the order of the file. */
    public List<HoldfastException> otherKeys() {
        List<HoldfastException> errors = new ArrayList<>();
        for (Map.Entry<String, Entry> each : entries.entrySet()) {
            if (!asked.contains(each.getKey())) {
                errors.add(wrong(
                        each.getValue().key(),
                        "there is no key '" + each.getKey() + "' here",
                        similar(each.getKey())
                                .map(key -> "Is it '" + key + "'?")
                                .orElse("There are: " + String.join(", ", asked) + ".")));
            }
        }
        return errors;
    }

    /** An error in the value of this key. */
    public HoldfastException wrong(String key, String what, String remedy) {
        Entry entry = entries.get(key);
        return wrong(entry == null ? node : entry.value(), key + ": " + what, remedy);
    }

    /** What the reading of a value has found, with the place of the value. */
    public HoldfastException wrong(String key, HoldfastException cause) {
        return wrong(key, String.valueOf(cause.getMessage()), cause.hint().orElse(""));
    }

    private HoldfastException missing(String key) {
        return wrong(node, "'" + key + "' is missing", "Write '" + key + ": …'.");
    }

    private HoldfastException wrong(Node at, String what, String remedy) {
        return HoldfastException.usage(place(at) + ": " + oneLine(what), remedy);
    }

    private static String oneLine(String text) {
        return text.replaceAll("[\\p{Cntrl}\\u2028\\u2029\\s]+", " ").strip();
    }

    private String place(Node at) {
        return file + at.getStartMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
    }

    private Optional<Entry> entry(String key) {
        asked.add(key);
        return Optional.ofNullable(entries.get(key));
    }

    private List<Node> values(String key) {
        Optional<Entry> entry = entry(key);
        if (entry.isEmpty()) {
            return List.of();
        }
        return entry.get().value() instanceof SequenceNode list
                ? new ArrayList<>(list.getValue())
                : List.of(entry.get().value());
    }

    private String scalar(String key, Node value) {
        if (!(value instanceof ScalarNode scalar) || scalar.getValue().isEmpty()) {
            throw wrong(value, key + ": this is no text", "Write '" + key + ": TEXT'.");
        }
        return scalar.getValue();
    }

    private YamlMap below(String key, Node value) {
        if (!(value instanceof MappingNode map)) {
            throw wrong(value, key + ": this is no mapping", "Write lines such as 'key: value' below it, indented.");
        }
        return new YamlMap(file, map);
    }

    private Optional<String> similar(String written) {
        return asked.stream()
                .filter(key -> !entries.containsKey(key) && distance(key, written) <= MAX_TYPING_ERRORS)
                .findFirst();
    }

    /** How many letters have to be put in, left out or changed (Wagner and Fischer 1974). */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
