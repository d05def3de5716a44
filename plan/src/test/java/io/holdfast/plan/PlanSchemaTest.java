package io.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.holdfast.core.HoldfastException;
import io.holdfast.plan.yaml.YamlMap;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The published schema and the reader are two descriptions of one thing. */
class PlanSchemaTest {
    private static final String NOBODY = "zzzzzzzzzz";
    private static final Set<String> KINDS = Set.of("files", "volume", "command", "mariadb", "postgresql");
    private static final String SHORTEST = "plan: small\ncron: \"@daily\"\nsources:\n  files: /etc\n";

    private final JsonMapper json = new JsonMapper();
    private final JsonNode description = json.readTree(file("../docs/plan.schema.json"));
    private final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(description);

    private static String file(String name) {
        try {
            return Files.readString(Path.of(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode tree(String yaml) {
        return json.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
    }

    private JsonNode example() {
        return tree(file("../docs/examples/plan.yaml"));
    }

    /** What the reader says of it; JSON is YAML. Empty where it takes it. */
    private static Optional<HoldfastException> refusal(JsonNode plan) {
        try {
            Plan.read(YamlMap.parse(plan.toString(), "plan.yaml"));
            return Optional.empty();
        } catch (HoldfastException e) {
            return Optional.of(e);
        }
    }

    @Test
    void theExamplesAreValid() {
        assertThat(schema.validate(example())).isEmpty();
        assertThat(refusal(example())).isEmpty();
        assertThat(schema.validate(tree(SHORTEST))).isEmpty();
        assertThat(refusal(tree(SHORTEST))).isEmpty();
    }

    /** At each place of the example, which has every key, the reader knows the keys of the schema and no other ones. */
    @Test
    void theReaderKnowsTheKeysOfTheSchemaAndTheExampleHasThemAll() {
        JsonNode plan = example();
        Map<JsonNode, Set<String>> used = new HashMap<>();
        compare(plan, plan, description, used);
        used.forEach((object, keys) -> assertThat(keys)
                .isEqualTo(new TreeSet<>(object.get("properties").propertyNames())));
        long objects = description
                .get("$defs")
                .valueStream()
                .filter(each -> each.has("properties"))
                .count();
        assertThat(used).hasSize((int) objects + 1);
    }

    private void compare(JsonNode plan, JsonNode at, JsonNode described, Map<JsonNode, Set<String>> used) {
        JsonNode rules = resolved(described, at);
        if (at.isArray()) {
            at.forEach(each -> compare(plan, each, rules.get("items"), used));
        } else if (at.isObject()) {
            Set<String> known = known(plan, (ObjectNode) at);
            if (at.propertyNames().stream().anyMatch(KINDS::contains)) {
                known.removeIf(key -> KINDS.contains(key) && !at.has(key));
            }
            assertThat(known).isEqualTo(new TreeSet<>(rules.get("properties").propertyNames()));
            assertThat(rules.get("additionalProperties").asBoolean()).isFalse();
            used.computeIfAbsent(rules, key -> new TreeSet<>()).addAll(at.propertyNames());
            at.forEachEntry(
                    (key, value) -> compare(plan, value, rules.get("properties").get(key), used));
        }
    }

    /** The rules for this value: references followed, and of several the one for such a value. */
    private JsonNode resolved(JsonNode rules, JsonNode value) {
        if (rules.has("$ref")) {
            return resolved(description.at(rules.get("$ref").asString().substring(1)), value);
        }
        if (!rules.has("oneOf")) {
            return rules;
        }
        for (JsonNode each : rules.get("oneOf")) {
            JsonNode rule = resolved(each, value);
            boolean fits = value.isArray()
                    ? rule.path("type").asString("").equals("array")
                    : value.isObject()
                            && rule.has("properties")
                            && rule.path("required").valueStream().allMatch(key -> value.has(key.asString()));
            if (fits) {
                return rule;
            }
        }
        return rules;
    }

    /** What the reader says there is, where it finds a key that is not. */
    private static Set<String> known(JsonNode plan, ObjectNode at) {
        at.put(NOBODY, 1);
        try {
            HoldfastException refusal = refusal(plan).orElseThrow();
            assertThat(refusal.getMessage()).contains(NOBODY);
            String hint = refusal.hint().orElseThrow();
            assertThat(hint).startsWith("There are: ").endsWith(".");
            return new TreeSet<>(List.of(
                    hint.substring("There are: ".length(), hint.length() - 1).split(", ")));
        } finally {
            at.remove(NOBODY);
        }
    }

    /** Without keys that must be there neither takes it; without others both do. */
    @Test
    void bothAgreeWhicheverKeysAreThere() {
        Set<Boolean> outcomes = new HashSet<>();
        SeededRandom.check(1_000, random -> {
            JsonNode plan = example();
            List<ObjectNode> objects = new ArrayList<>();
            collect(plan, objects);
            for (int i = random.nextInt(8); i >= 0; i--) {
                ObjectNode object = random.pick(objects);
                List<String> keys = List.copyOf(object.propertyNames());
                if (!keys.isEmpty()) {
                    object.remove(random.pick(keys));
                }
            }
            boolean isRead = refusal(plan).isEmpty();
            assertThat(schema.validate(plan).isEmpty())
                    .as("%s %s", plan, refusal(plan))
                    .isEqualTo(isRead);
            outcomes.add(isRead);
        });
        assertThat(outcomes).isNotEmpty();
    }

    @Test
    void neitherTakesAMappingForAText() {
        SeededRandom.check(300, random -> {
            JsonNode plan = example();
            List<ObjectNode> objects = new ArrayList<>();
            collect(plan, objects);
            ObjectNode object = random.pick(objects);
            String key = random.pick(List.copyOf(object.propertyNames()));
            object.putObject(key).put(NOBODY, 1);
            assertThat(refusal(plan)).as("%s", plan).isPresent();
            assertThat(schema.validate(plan)).as("%s", plan).isNotEmpty();
        });
    }

    private static void collect(JsonNode at, List<ObjectNode> objects) {
        if (at instanceof ObjectNode object) {
            objects.add(object);
        }
        at.forEach(each -> collect(each, objects));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "retention: 7",
                "keep: {daily: 0}",
                "keep: {dayly: 7}",
                "keep: {}",
                "keep: {tags: [a]}",
                "keep: {within: soon}",
                "window: soon",
                "window: 5m",
                "missed: never",
                "priority: 10",
                "priority: high",
                "select: {}",
                "repository: a b",
                "copy: [{keep: {last: 1}}]",
                "lock-for: 5m",
                "encrypt: nobody",
                "before: [{run: [/bin/true], timeout: 10m}]",
                "before: [{run: [/bin/true], when: always}]",
                "before: [{timeout: 1min}]",
                "after: [{run: [/bin/true], when: never}]",
                "after: [{run: [/bin/true], on-failure: explode}]",
                "limits: [{from: \"08:00\", to: \"18:00\"}]",
                "limits: [{from: \"8:00\", upload: 1M}]",
                "limits: [{from: \"24:00\", upload: 1M}]",
                "limits: [{upload: fast}]",
                "courtesy: {nice: 20}",
                "courtesy: {io: realtime}",
                "courtesy: {threads: 0}",
                "retries: {count: 21}",
                "retries: {wait: 1d}"
            })
    void whatIsWrongIsWrongForBoth(String line) {
        JsonNode plan = tree(SHORTEST + line + "\n");
        assertThat(refusal(plan)).isPresent();
        assertThat(schema.validate(plan)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "window: 30min",
                "priority: 0",
                "keep: {within: 2y5mo7d3h}",
                "keep: {last: 1}",
                "select: {hosts: web1}",
                "lock-for: 6mo",
                "copy: {to: other}",
                "before: {run: /bin/true}",
                "limits: {upload: 20M, to: \"24:00\"}",
                "limits: {upload: 1048576, days: \"sat,sun\", from: \"22:00\", to: \"06:00\"}",
                "retries: {count: 0}",
                "courtesy: {}"
            })
    void whatIsRightIsRightForBoth(String line) {
        JsonNode plan = tree(SHORTEST + line + "\n");
        assertThat(refusal(plan)).isEmpty();
        assertThat(schema.validate(plan)).isEmpty();
    }
}
