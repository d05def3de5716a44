package io.holdfast.http;

import java.io.IOException;

/** Answers a request, on a thread of its own that may wait. */
@FunctionalInterface
public interface Handler {
    /**
     * Answers; a handler that returns without an answer has said 204.
     *
     * @throws HttpProblem where it cannot be done
     * @throws IOException where the connection is gone
     */
    void handle(Exchange exchange) throws IOException;
}
