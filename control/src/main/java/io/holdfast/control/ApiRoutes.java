package io.holdfast.control;

import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import io.holdfast.http.Router;
import io.holdfast.protocol.api.Nothing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where the parts of the API put what they do: each operation is described, guarded by its permission, and answered as JSON. To be filled by one thread. */
final class ApiRoutes {
    private static final String ROOT = "/api/v1";

    private final Router router;
    private final Sessions sessions;
    private final Idempotency idempotency;
    private final List<Operation> operations = new ArrayList<>();

    ApiRoutes(Router router, Sessions sessions, Idempotency idempotency) {
        this.idempotency = idempotency;
        this.router = router;
        this.sessions = sessions;
    }

    /** Does an operation. */
    @FunctionalInterface
    interface Action<Q, A> {
        A run(Call<Q> call) throws IOException;
    }

    /**
     * A call of an operation.
     *
     * @param request what was sent
     */
    record Call<Q>(Exchange exchange, Principal principal, Q request) {}

    <A> ApiRoutes get(
            String path,
            String summary,
            Permission permission,
            Class<A> answer,
            Action<Nothing, A> action,
            Operation.Query... queries) {
        return add(
                operation("GET", path, summary, permission, List.of(queries), Optional.empty(), answer),
                guarded(permission, exchange -> {
                    Call<Nothing> call = new Call<>(exchange, principal(exchange), Nothing.NOTHING);
                    exchange.answerJson(200, action.run(call));
                }));
    }

    <Q, A> ApiRoutes send(
            String method,
            String path,
            String summary,
            Permission permission,
            Class<Q> request,
            Class<A> answer,
            Action<Q, A> action) {
        return add(
                operation(method, path, summary, permission, List.of(), Optional.of(request), answer),
                guarded(permission, exchange -> {
                    Call<Q> call = new Call<>(exchange, principal(exchange), exchange.json(request));
                    exchange.answerJson(200, action.run(call));
                }));
    }

    /** A POST that makes something in the catalog: with an {@code Idempotency-Key} it is done once. */
    <Q, A> ApiRoutes make(
            String path,
            String summary,
            Permission permission,
            Class<Q> request,
            Class<A> answer,
            Action<Q, A> action) {
        return add(
                operation(
                        "POST",
                        path,
                        summary + "; takes an " + Idempotency.HEADER,
                        permission,
                        List.of(),
                        Optional.of(request),
                        answer),
                guarded(permission, exchange -> {
                    Call<Q> call = new Call<>(exchange, principal(exchange), exchange.json(request));
                    idempotency.answer(exchange, call.principal(), call.request(), () -> action.run(call));
                }));
    }

    /** Something that is done without a word, and has none to say. */
    ApiRoutes act(String method, String path, String summary, Permission permission, Action<Nothing, Nothing> action) {
        return add(
                operation(method, path, summary, permission, List.of(), Optional.empty(), Void.class),
                guarded(permission, exchange -> {
                    Nothing ignored = action.run(new Call<>(exchange, principal(exchange), Nothing.NOTHING));
                    exchange.answer(204);
                }));
    }

    /** An operation that answers in its own way. */
    ApiRoutes raw(Operation operation, Handler handler) {
        return add(
                operation,
                operation
                        .permission()
                        .map(permission -> guarded(permission, handler))
                        .orElse(handler));
    }

    static Operation operation(
            String method,
            String path,
            String summary,
            Permission permission,
            List<Operation.Query> queries,
            Optional<Class<?>> request,
            Class<?> answer) {
        return new Operation(
                method, ROOT + path, summary, Optional.of(permission), queries, request, answer, "application/json");
    }

    private ApiRoutes add(Operation operation, Handler handler) {
        operations.add(operation);
        router.add(operation.method(), operation.path(), handler);
        return this;
    }

    private Handler guarded(Permission permission, Handler handler) {
        return exchange -> {
            Principal principal = sessions.authenticate(exchange);
            principal.require(permission);
            exchange.attribute(Principal.class, principal);
            handler.handle(exchange);
        };
    }

    static Principal principal(Exchange exchange) {
        return exchange.attribute(Principal.class).orElseThrow();
    }

    List<Operation> operations() {
        return List.copyOf(operations);
    }
}
