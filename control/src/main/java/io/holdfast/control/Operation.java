package io.holdfast.control;

import java.util.List;
import java.util.Optional;

/**
 * One thing that the API does, as its description tells it.
 *
 * @param method of HTTP, in capitals
 * @param path with {@code {name}} for what differs
 * @param summary one line for people
 * @param permission what it takes; empty where anybody may
 * @param queries that it understands after the question mark
 * @param request what it is sent; empty for nothing
 * @param answer what it gives; {@code Void} for nothing
 * @param contentType of the answer
 */
record Operation(
        String method,
        String path,
        String summary,
        Optional<Permission> permission,
        List<Query> queries,
        Optional<Class<?>> request,
        Class<?> answer,
        String contentType) {

    /** @param isNumber else it is text */
    record Query(String name, String meaning, boolean isNumber) {}

    /** A name for programs, such as {@code getPlansName}. */
    String id() {
        StringBuilder id = new StringBuilder(method.toLowerCase(java.util.Locale.ROOT));
        for (String part : path.split("[^A-Za-z0-9]+", -1)) {
            if (!part.isEmpty() && !part.equals("api") && !part.equals("v1")) {
                id.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
            }
        }
        return id.toString();
    }
}
