package io.holdfast.storage.s3;

import io.holdfast.core.HoldfastException;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.RateLimit;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.function.Supplier;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Sends and fetches bodies in pieces, each when the line is free: a limit holds within an object, and a short one is not held up by long ones. It stands
 * where what passes has been signed already: reading a body to sign it takes nothing of the line. Thread-safe.
 */
final class PacedHttpClient implements SdkHttpClient {
    private final SdkHttpClient delegate;
    private final Bandwidth bandwidth;

    /** Owns {@code delegate} and closes it. */
    PacedHttpClient(SdkHttpClient delegate, Bandwidth bandwidth) {
        this.delegate = delegate;
        this.bandwidth = bandwidth;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        HttpExecuteRequest.Builder paced = HttpExecuteRequest.builder().request(request.httpRequest());
        request.metricCollector().ifPresent(paced::metricCollector);
        request.contentStreamProvider()
                .ifPresent(body -> paced.contentStreamProvider(
                        () -> PacedStream.sent(body.newStream(), bandwidth.upload(), length(request.httpRequest()))));
        ExecutableHttpRequest prepared = delegate.prepareRequest(paced.build());
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return paced(prepared.call());
            }

            @Override
            public void abort() {
                prepared.abort();
            }
        };
    }

    private HttpExecuteResponse paced(HttpExecuteResponse response) {
        HttpExecuteResponse.Builder paced = HttpExecuteResponse.builder().response(response.httpResponse());
        response.responseBody()
                .ifPresent(body -> paced.responseBody(
                        AbortableInputStream.create(PacedStream.fetched(body, bandwidth.download()), body)));
        return paced.build();
    }

    private static long length(SdkHttpRequest message) {
        return message.firstMatchingHeader("Content-Length")
                .map(Long::parseLong)
                .orElse(Long.MAX_VALUE);
    }

    @Override
    public String clientName() {
        return delegate.clientName();
    }

    @Override
    public void close() {
        delegate.close();
    }

    private static final class PacedStream extends FilterInputStream {
        private final RateLimit line;
        private final Supplier<RateLimit.Transfer> turns;

        /** @param turns whose turn each piece waits for */
        PacedStream(InputStream in, RateLimit line, Supplier<RateLimit.Transfer> turns) {
            super(in);
            this.line = line;
            this.turns = turns;
        }

        /** Goes after those that began before it. */
        static PacedStream sent(InputStream body, RateLimit line, long totalBytes) {
            RateLimit.Transfer transfer = line.begin(totalBytes);
            return new PacedStream(body, line, () -> transfer);
        }

        /** Shares the line with the others: a server gives up who reads nothing of its answer for long. */
        static PacedStream fetched(InputStream body, RateLimit line) {
            return new PacedStream(body, line, () -> line.begin(line.pieceBytes()));
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            waitFor(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, Math.min(length, line.pieceBytes()));
            waitFor(Math.max(0, count));
            return count;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        private void waitFor(int bytes) throws InterruptedIOException {
            try {
                turns.get().pass(bytes);
            } catch (HoldfastException e) {
                InterruptedIOException interrupted = new InterruptedIOException(e.getMessage());
                interrupted.initCause(e);
                throw interrupted;
            }
        }
    }
}
