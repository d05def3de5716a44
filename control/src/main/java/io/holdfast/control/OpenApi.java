package io.holdfast.control;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Describes operations as OpenAPI 3.1 has it, from the very records that are read and written. */
final class OpenApi {
    private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)(\\.\\.\\.)?}");

    private final Map<String, Object> schemas = new TreeMap<>();

    /** The description, as maps and lists. */
    static Map<String, Object> describe(List<Operation> operations, String version) {
        return new OpenApi().document(operations, version);
    }

    private Map<String, Object> document(List<Operation> operations, String version) {
        Map<String, Map<String, Object>> paths = new TreeMap<>();
        for (Operation operation : operations) {
            paths.computeIfAbsent(operation.path().replace("...", ""), path -> new TreeMap<>())
                    .put(operation.method().toLowerCase(Locale.ROOT), describe(operation));
        }
        schemas.put(
                "Problem",
                Map.of(
                        "type",
                        "object",
                        "description",
                        "RFC 9457; title is a stable word, hint says what to do",
                        "required",
                        List.of("type", "title", "status", "detail"),
                        "properties",
                        Map.of(
                                "type", Map.of("type", "string"),
                                "title", Map.of("type", "string"),
                                "status", Map.of("type", "integer"),
                                "detail", Map.of("type", "string"),
                                "hint", Map.of("type", "string"))));
        return ordered(
                "openapi",
                "3.1.0",
                "info",
                Map.of("title", "Holdfast", "version", version),
                "paths",
                paths,
                "components",
                Map.of(
                        "schemas",
                        schemas,
                        "securitySchemes",
                        Map.of(
                                "token", Map.of("type", "http", "scheme", "bearer"),
                                "cookie", Map.of("type", "apiKey", "in", "cookie", "name", Sessions.COOKIE))),
                "security",
                List.of(Map.of("token", List.of()), Map.of("cookie", List.of())));
    }

    private Map<String, Object> describe(Operation operation) {
        List<Object> parameters = new ArrayList<>();
        Matcher matcher = PARAMETER.matcher(operation.path());
        while (matcher.find()) {
            parameters.add(ordered(
                    "name", matcher.group(1), "in", "path", "required", true, "schema", Map.of("type", "string")));
        }
        for (Operation.Query query : operation.queries()) {
            parameters.add(ordered(
                    "name",
                    query.name(),
                    "in",
                    "query",
                    "description",
                    query.meaning(),
                    "schema",
                    Map.of("type", query.isNumber() ? "integer" : "string")));
        }
        Map<String, Object> described =
                ordered("operationId", operation.id(), "summary", operation.summary(), "parameters", parameters);
        operation
                .request()
                .ifPresent(type -> described.put(
                        "requestBody", Map.of("required", true, "content", content("application/json", type))));
        operation
                .permission()
                .ifPresentOrElse(
                        permission -> described.put("x-permission", permission.word()),
                        () -> described.put("security", List.of()));
        boolean isEmpty = operation.answer() == Void.class;
        Map<String, Object> success = isEmpty
                ? Map.of("description", "done")
                : Map.of("description", "done", "content", content(operation.contentType(), operation.answer()));
        described.put(
                "responses",
                ordered(
                        isEmpty ? "204" : "200",
                        success,
                        "default",
                        Map.of(
                                "description",
                                "what was wrong",
                                "content",
                                Map.of(
                                        "application/problem+json",
                                        Map.of("schema", Map.of("$ref", "#/components/schemas/Problem"))))));
        return described;
    }

    private Map<String, Object> content(String contentType, Class<?> type) {
        return Map.of(contentType, Map.of("schema", schema(type)));
    }

    private Map<String, Object> schema(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == Optional.class) {
                return schema(arguments[0]);
            }
            return generic.getRawType() == Map.class
                    ? ordered("type", "object", "additionalProperties", schema(arguments[1]))
                    : ordered("type", "array", "items", schema(arguments[0]));
        }
        if (type == String.class) {
            return Map.of("type", "string");
        }
        if (type == Instant.class) {
            return ordered("type", "string", "format", "date-time");
        }
        if (type == boolean.class || type == Boolean.class) {
            return Map.of("type", "boolean");
        }
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return ordered("type", "integer", "format", "int64");
        }
        if (type == double.class || type == Double.class) {
            return Map.of("type", "number");
        }
        if (type instanceof Class<?> record && record.isRecord()) {
            return reference(record);
        }
        return Map.of();
    }

    private Map<String, Object> reference(Class<?> record) {
        String name = record.getSimpleName();
        if (!schemas.containsKey(name)) {
            Map<String, Object> properties = new LinkedHashMap<>();
            // Before its parts, which may have it themselves.
            schemas.put(name, Map.of());
            List<String> required = new ArrayList<>();
            for (RecordComponent component : record.getRecordComponents()) {
                properties.put(component.getName(), schema(component.getGenericType()));
                if (component.getType() != Optional.class) {
                    required.add(component.getName());
                }
            }
            schemas.put(name, ordered("type", "object", "required", required, "properties", properties));
        }
        return Map.of("$ref", "#/components/schemas/" + name);
    }

    /** A map that keeps the order of its entries, which come as key and value in turn. */
    private static Map<String, Object> ordered(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }
}
