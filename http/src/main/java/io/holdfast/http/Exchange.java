package io.holdfast.http;

import io.holdfast.core.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** A request and its answer. For the thread that handles it. */
public final class Exchange {
    /** What a request in JSON or of a form may be long. */
    private static final int MAX_TEXT_BYTES = 4 << 20;
    /** What is read of a request that is refused, so that the next one may come on the same connection. */
    private static final int MAX_UNREAD_BYTES = 256 << 10;

    private final Request request;
    private final Response response;
    private final Map<Class<?>, Object> attributes = new HashMap<>();
    private Map<String, String> parameters = Map.of();
    private String pattern = "";
    private @Nullable Fields query;

    Exchange(Request request, Response response) {
        this.request = request;
        this.response = response;
    }

    void routed(String route, Map<String, String> values) {
        pattern = route;
        parameters = values;
    }

    /** Of HTTP, in capitals. */
    public String method() {
        return request.getMethod();
    }

    /** As it was sent, in its shortest form; begins with a slash. */
    public String path() {
        String path = Request.getPathInContext(request);
        return path.startsWith("/") ? path : "/";
    }

    /** The pattern of the route that answers; empty before one is found. */
    public String pattern() {
        return pattern;
    }

    /** What the path has in the place of {@code {name}}. */
    public String parameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no {" + name + "} in " + pattern);
        }
        return value;
    }

    /** The first value of a name after the question mark. */
    public Optional<String> query(String name) {
        return Optional.ofNullable(queryFields().getValue(name));
    }

    /** All values of a name after the question mark, in order. */
    public List<String> queryAll(String name) {
        return queryFields().getValuesOrEmpty(name);
    }

    private Fields queryFields() {
        Fields fields = query;
        if (fields == null) {
            try {
                fields = Request.extractQueryParameters(request, StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw HttpProblem.badRequest("what stands after the question mark is no UTF-8");
            }
            query = fields;
        }
        return fields;
    }

    /** A time after the question mark, in UTC as ISO 8601 has it. */
    public Optional<Instant> queryInstant(String name) {
        return query(name).map(text -> {
            try {
                return Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw HttpProblem.badRequest(name + "=" + text + " is no time such as 2026-03-01T00:00:00Z");
            }
        });
    }

    /** The names after the question mark. */
    public Set<String> queryNames() {
        return queryFields().getNames();
    }

    /** A whole number after the question mark. */
    public int queryNumber(String name, int otherwise, int least, int most) {
        Optional<String> text = query(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw HttpProblem.badRequest(name + "=" + text.get() + " is no number from " + least + " to " + most);
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    public Optional<String> cookie(String name) {
        for (HttpCookie cookie : Request.getCookies(request)) {
            if (cookie.getName().equals(name)) {
                return Optional.of(cookie.getValue());
            }
        }
        return Optional.empty();
    }

    /** Where the connection comes from. */
    public InetAddress remoteAddress() {
        return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    /** The host and port that were asked for, as in a URL. */
    public String authority() {
        return Request.getServerName(request) + ":" + Request.getServerPort(request);
    }

    /** What the client has shown, whose chain holds; only where one was asked for. */
    public Optional<X509Certificate> certificate() {
        return request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE) instanceof EndPoint.SslSessionData session
                        && session.peerCertificates() != null
                        && session.peerCertificates().length > 0
                ? Optional.of(session.peerCertificates()[0])
                : Optional.empty();
    }

    /** What somebody further out has found out, such as who asks. */
    public <T> Optional<T> attribute(Class<T> type) {
        return Optional.ofNullable(attributes.get(type)).map(type::cast);
    }

    public <T> void attribute(Class<T> type, T value) {
        attributes.put(type, value);
    }

    /** The content of the request; who reads more than this many bytes gets 413. */
    public InputStream body(long mostBytes) {
        if (request.getLength() > mostBytes) {
            throw tooLarge(mostBytes);
        }
        return new LimitedStream(Content.Source.asInputStream(request), mostBytes);
    }

    static HttpProblem tooLarge(long mostBytes) {
        return new HttpProblem(413, "too-large", "the content has more than " + mostBytes + " bytes", null);
    }

    /** The content as a record. */
    public <T> T json(Class<T> type) throws IOException {
        if (!header("Content-Type").orElse("").startsWith("application/json")) {
            throw new HttpProblem(415, "unsupported-media-type", "the content is no application/json", null);
        }
        return Json.read(new ByteArrayInputStream(body(MAX_TEXT_BYTES).readAllBytes()), type);
    }

    /** The content as text. */
    public String text() throws IOException {
        return new String(body(MAX_TEXT_BYTES).readAllBytes(), StandardCharsets.UTF_8);
    }

    /** The fields of a form, each with its first value. */
    public Map<String, String> form() throws IOException {
        Map<String, String> fields = new HashMap<>();
        formLists().forEach((name, values) -> fields.put(name, values.getFirst()));
        return fields;
    }

    /** The fields of a form with all of their values, in order. */
    public Map<String, List<String>> formLists() throws IOException {
        if (!header("Content-Type").orElse("").startsWith("application/x-www-form-urlencoded")) {
            throw new HttpProblem(415, "unsupported-media-type", "the content is no form", null);
        }
        Map<String, List<String>> fields = new HashMap<>();
        for (String pair : text().split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                try {
                    fields.computeIfAbsent(
                                    URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                                    name -> new ArrayList<>())
                            .add(URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
                } catch (IllegalArgumentException e) {
                    throw HttpProblem.badRequest("the form is no UTF-8");
                }
            }
        }
        return fields;
    }

    /** Adds a header to the answer, in place of an earlier one. */
    public void header(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /** Adds a header to those of this name. */
    public void addHeader(String name, String value) {
        response.getHeaders().add(name, value);
    }

    /** Answers without content. */
    public void answer(int status) {
        response.setStatus(status);
    }

    public void answerJson(int status, Object value) throws IOException {
        answer(status, "application/json", Json.bytes(value));
    }

    public void answerText(int status, String contentType, String text) throws IOException {
        answer(status, contentType, text.getBytes(StandardCharsets.UTF_8));
    }

    public void answer(int status, String contentType, byte[] content) throws IOException {
        if (status >= 400) {
            leaveNothingUnread();
        }
        response.setStatus(status);
        header("Content-Type", contentType);
        header("Content-Length", Integer.toString(content.length));
        if (!method().equals("HEAD")) {
            Content.Sink.write(response, true, ByteBuffer.wrap(content));
        }
    }

    /** Answers with what is written; it has ended when that is closed. */
    public OutputStream answerStream(int status, String contentType) {
        response.setStatus(status);
        header("Content-Type", contentType);
        return Content.Sink.asOutputStream(response);
    }

    /** Sends the client elsewhere, with GET. */
    public void redirect(String place) {
        response.setStatus(303);
        header("Location", place);
    }

    /** Answers with events (HTML, section 9.2 server-sent events). */
    public EventStream answerEvents() throws IOException {
        header("Cache-Control", "no-store");
        return new EventStream(answerStream(200, "text/event-stream"));
    }

    int status() {
        return response.getStatus();
    }

    boolean isCommitted() {
        return response.isCommitted();
    }

    void reset() {
        response.reset();
    }

    /** What a problem says, in the place of what was answered so far. */
    void answerProblem(HttpProblem problem) throws IOException {
        answer(problem.status(), "application/problem+json", Json.bytes(problem.body()));
    }

    /**
     * A connection on which something of a request is left cannot take another one. A client that is not told so sends its next request on it, and loses that.
     */
    private void leaveNothingUnread() {
        boolean isShort = request.getLength() <= MAX_UNREAD_BYTES
                && header("Transfer-Encoding").isEmpty();
        try {
            // Not closed: to Jetty that is a request which failed.
            if (isShort && Content.Source.asInputStream(request).transferTo(OutputStream.nullOutputStream()) >= 0) {
                return;
            }
        } catch (IOException e) {
            // Somebody has given it up already.
        }
        header("Connection", "close");
    }

    static HttpProblem problemOf(Throwable e) {
        return switch (e) {
            case HttpProblem problem -> problem;
            case HoldfastException known -> HttpProblem.of(known);
            default -> new HttpProblem(500, "failed", "this is a defect; the server's log tells more", null);
        };
    }
}
