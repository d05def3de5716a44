package io.holdfast.http;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Finds who answers a request. A pattern is a path whose segments are words or {@code {name}} for one of any text; the last one may be {@code {name...}} for all that is left. A word
 * goes before a name. To be filled before it is used, then thread-safe.
 */
public final class Router implements Handler {
    private final List<Route> routes = new ArrayList<>();

    /** @param method of HTTP, in capitals */
    public record Route(String method, String pattern, Handler handler) {
        private List<String> segments() {
            return List.of(pattern.substring(1).split("/", -1));
        }
    }

    /** @throws IllegalArgumentException where there is such a route already */
    public Router add(String method, String pattern, Handler handler) {
        if (!pattern.startsWith("/")
                || routes.stream()
                        .anyMatch(route -> route.method.equals(method)
                                && shape(route.pattern).equals(shape(pattern)))) {
            throw new IllegalArgumentException(method + " " + pattern);
        }
        routes.add(new Route(method, pattern, handler));
        return this;
    }

    private static String shape(String pattern) {
        return pattern.replaceAll("\\{[^.}]*", "{");
    }

    /** In the order in which they came. */
    public List<Route> routes() {
        return List.copyOf(routes);
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        List<String> path = decoded(exchange.path());
        TreeSet<String> methods = new TreeSet<>();
        Optional<Match> best = Optional.empty();
        for (Route route : routes) {
            Optional<Match> match = match(route, path);
            if (match.isEmpty()) {
                continue;
            }
            methods.add(route.method);
            boolean fits = route.method.equals(exchange.method())
                    || route.method.equals("GET") && exchange.method().equals("HEAD");
            if (fits && (best.isEmpty() || match.get().isMoreExact(best.get()))) {
                best = match;
            }
        }
        if (best.isPresent()) {
            exchange.routed(best.get().route.pattern, best.get().parameters);
            best.get().route.handler.handle(exchange);
        } else if (methods.isEmpty()) {
            throw HttpProblem.notFound("there is nothing at " + exchange.path());
        } else {
            exchange.header("Allow", String.join(", ", methods));
            throw new HttpProblem(
                    405, "method-not-allowed", exchange.path() + " does not take " + exchange.method(), null);
        }
    }

    /** A slash that was written as %2F belongs to its segment. */
    private static List<String> decoded(String path) {
        try {
            return Arrays.stream(path.substring(1).split("/", -1))
                    .map(segment -> URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw HttpProblem.badRequest("the path has a % that is none of UTF-8");
        }
    }

    /** @param words how many segments from the start are words, one bit for each, the first one highest */
    private record Match(Route route, Map<String, String> parameters, long words) {
        boolean isMoreExact(Match other) {
            return Long.compareUnsigned(words, other.words) > 0;
        }
    }

    private static Optional<Match> match(Route route, List<String> path) {
        List<String> segments = route.segments();
        Map<String, String> parameters = new HashMap<>();
        long words = 0;
        for (int i = 0; i < segments.size(); i++) {
            String segment = segments.get(i);
            if (segment.endsWith("...}")) {
                if (path.size() <= i) {
                    return Optional.empty();
                }
                parameters.put(
                        segment.substring(1, segment.length() - 4), String.join("/", path.subList(i, path.size())));
                return Optional.of(new Match(route, parameters, words));
            }
            if (i >= path.size()) {
                return Optional.empty();
            }
            if (segment.startsWith("{")) {
                if (path.get(i).isEmpty()) {
                    return Optional.empty();
                }
                parameters.put(segment.substring(1, segment.length() - 1), path.get(i));
            } else if (segment.equals(path.get(i))) {
                words |= Long.MIN_VALUE >>> i;
            } else {
                return Optional.empty();
            }
        }
        return segments.size() == path.size() ? Optional.of(new Match(route, parameters, words)) : Optional.empty();
    }
}
