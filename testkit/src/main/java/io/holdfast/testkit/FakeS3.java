package io.holdfast.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server in this process, for what real ones do only when they please: faults at chosen requests, and a look at what was sent. It
 * knows one bucket per path, whole objects, ranges, conditional puts, multipart uploads and listings; it checks the SHA-256 that a request was
 * signed with, and no signatures. What lies in an archive class is readable for some looks at it after it was asked for. Thread-safe.
 */
public final class FakeS3 implements AutoCloseable {
    private static final int PAGE = 100;
    private static final Set<String> ARCHIVES = Set.of("GLACIER", "DEEP_ARCHIVE");
    private static final List<String> TIERS = List.of("Bulk", "Standard", "Expedited");
    private static final Pattern TIER = Pattern.compile("<Tier>(\\w+)</Tier>");
    private static final Pattern DAYS = Pattern.compile("<Days>[1-9][0-9]*</Days>");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final NavigableMap<String, Stored> objects = new TreeMap<>();
    private final Map<String, Upload> uploads = new HashMap<>();
    /** Archived objects that were asked for. */
    private final Map<String, Restore> restores = new HashMap<>();

    private int looksToThaw = 3;
    private boolean conditionsIgnored;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Request, Optional<Fault>> faults = request -> Optional.empty();

    /** @param etag in quotes */
    private record Stored(byte[] content, String etag, Map<String, String> headers) {
        String storageClass() {
            return headers.getOrDefault("x-amz-storage-class", "STANDARD");
        }

        boolean isTiered() {
            return storageClass().equals("INTELLIGENT_TIERING");
        }

        /** Of what is tiered, all has moved to the archive tier. */
        boolean isArchived() {
            return ARCHIVES.contains(storageClass()) || isTiered();
        }
    }

    private record Upload(NavigableMap<Integer, byte[]> parts, Map<String, String> headers) {}

    /** @param looksLeft HEAD requests until the copy is there */
    private record Restore(String tier, int looksLeft) {}

    /**
     * What was asked for.
     *
     * @param ordinal from 1 on
     * @param key behind the bucket, empty for the bucket itself
     * @param headers by their names in lower case
     * @param text the body where it says what to do, and is no object; else empty
     */
    public record Request(
            int ordinal,
            String method,
            String key,
            Map<String, String> query,
            Map<String, String> headers,
            long bodyBytes,
            String text) {
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }
    }

    /** What goes wrong with a request. */
    public sealed interface Fault {
        /** An answer instead of doing it. */
        record Answer(int status, String code) implements Fault {}

        /** The connection ends; nothing was done. */
        record Cut() implements Fault {}

        /** It is done, and the connection ends before the answer. */
        record LostAnswer() implements Fault {}

        /** It is done, and the answer is an error. */
        record DoneAnswer(int status, String code) implements Fault {}

        /** The answer ends in the middle of its body. */
        record HalfBody() implements Fault {}
    }

    public FakeS3() {
        try {
            this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** From the next request on. */
    public void setFaults(Function<Request, Optional<Fault>> faults) {
        this.faults = faults;
    }

    /** All requests so far. */
    public List<Request> requests() {
        return requests;
    }

    /** An archived object is readable once it was looked at so often after it was asked for; each tier that is faster halves it. */
    public synchronized void setLooksToThaw(int looks) {
        looksToThaw = looks;
    }

    /** As servers do that know no If-None-Match. */
    public synchronized void ignoreConditions() {
        conditionsIgnored = true;
    }

    /** All copies that were asked for are there. */
    public synchronized void finishThaws() {
        restores.replaceAll((key, restore) -> new Restore(restore.tier(), 0));
    }

    /** All readable copies of archived objects go. */
    public synchronized void expireCopies() {
        restores.clear();
    }

    /** Multipart uploads that were begun and neither completed nor aborted. */
    public synchronized int openUploads() {
        return uploads.size();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** An answer. */
    private record Answer(int status, Map<String, String> headers, byte[] body) {
        static Answer of(int status) {
            return new Answer(status, Map.of(), new byte[0]);
        }

        static Answer error(int status, String code) {
            return xml(status, "<Error><Code>" + code + "</Code><Message>scripted or real</Message></Error>");
        }

        static Answer xml(int status, String text) {
            return new Answer(
                    status,
                    Map.of("Content-Type", "application/xml"),
                    ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text).getBytes(StandardCharsets.UTF_8));
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Request request = request(exchange, body);
            Fault fault = faults.apply(request).orElse(null);
            if (fault instanceof Fault.Cut) {
                return;
            }
            Answer answer = fault instanceof Fault.Answer scripted
                    ? Answer.error(scripted.status(), scripted.code())
                    : answer(request, body);
            if (fault instanceof Fault.LostAnswer) {
                return;
            }
            if (fault instanceof Fault.DoneAnswer scripted) {
                answer = Answer.error(scripted.status(), scripted.code());
            }
            send(exchange, request, answer, fault instanceof Fault.HalfBody);
        }
    }

    private static void send(HttpExchange exchange, Request request, Answer answer, boolean half) throws IOException {
        answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        if (request.method().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(answer.body().length));
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
        if (answer.body().length > 0) {
            OutputStream out = exchange.getResponseBody();
            out.write(answer.body(), 0, half ? answer.body().length / 2 : answer.body().length);
            out.flush();
        }
    }

    private synchronized Request request(HttpExchange exchange, byte[] body) {
        Map<String, String> query = new HashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String part : raw == null ? new String[0] : raw.split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        String path = exchange.getRequestURI().getPath().substring(1);
        int slash = path.indexOf('/');
        Request request = new Request(
                requests.size() + 1,
                exchange.getRequestMethod(),
                slash < 0 ? "" : path.substring(slash + 1),
                query,
                headers,
                body.length,
                exchange.getRequestMethod().equals("POST") ? new String(body, StandardCharsets.UTF_8) : "");
        requests.add(request);
        return request;
    }

    private synchronized Answer answer(Request request, byte[] body) {
        Optional<String> signed = request.header("x-amz-content-sha256");
        if (request.method().equals("PUT") && (signed.isEmpty() || !signed.get().equals(hex("SHA-256", body)))) {
            return Answer.error(400, "XAmzContentSHA256Mismatch");
        }
        return switch (request.method()) {
            case "PUT" -> request.query().containsKey("uploadId") ? part(request, body) : put(request, body);
            case "POST" ->
                request.query().containsKey("restore")
                        ? restore(request)
                        : request.query().containsKey("uploads") ? begin(request) : complete(request);
            case "HEAD" -> head(request);
            case "GET" ->
                request.query().containsKey("versions")
                        // It keeps none but the newest, and nothing of what was deleted.
                        ? Answer.xml(200, "<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>")
                        : request.key().isEmpty() ? list(request) : get(request);
            case "DELETE" -> delete(request);
            default -> Answer.error(405, "MethodNotAllowed");
        };
    }

    private Answer put(Request request, byte[] body) {
        if (request.key().isEmpty()) {
            return Answer.of(200);
        }
        if (isTaken(request)) {
            return Answer.error(412, "PreconditionFailed");
        }
        Stored stored = store(request.key(), body, request.headers());
        return new Answer(200, Map.of("ETag", stored.etag()), new byte[0]);
    }

    private boolean isTaken(Request request) {
        return !conditionsIgnored && request.header("if-none-match").isPresent() && objects.containsKey(request.key());
    }

    private Stored store(String key, byte[] body, Map<String, String> headers) {
        Stored stored = new Stored(body, "\"" + hex("MD5", body) + "\"", headers);
        objects.put(key, stored);
        return stored;
    }

    private Answer begin(Request request) {
        String id = "upload-" + requests.size();
        uploads.put(id, new Upload(new TreeMap<>(), request.headers()));
        return Answer.xml(
                200, "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
    }

    private Answer part(Request request, byte[] body) {
        Upload upload = uploads.get(request.query().get("uploadId"));
        if (upload == null) {
            return Answer.error(404, "NoSuchUpload");
        }
        upload.parts().put(Integer.parseInt(request.query().get("partNumber")), body);
        return new Answer(200, Map.of("ETag", "\"" + hex("MD5", body) + "\""), new byte[0]);
    }

    private Answer complete(Request request) {
        Upload upload = uploads.get(request.query().get("uploadId"));
        if (upload == null) {
            return Answer.error(404, "NoSuchUpload");
        }
        NavigableMap<Integer, byte[]> parts = upload.parts();
        if (isTaken(request)) {
            return Answer.error(412, "PreconditionFailed");
        }
        byte[] whole =
                new byte[parts.values().stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts.values()) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        Stored stored = store(request.key(), whole, upload.headers());
        uploads.remove(request.query().get("uploadId"));
        return Answer.xml(
                200,
                "<CompleteMultipartUploadResult><ETag>" + stored.etag() + "</ETag></CompleteMultipartUploadResult>");
    }

    /** RestoreObject: a copy for some days, or a faster tier for one that is on its way. */
    private Answer restore(Request request) {
        Stored stored = objects.get(request.key());
        if (stored == null) {
            return Answer.error(404, "NoSuchKey");
        }
        Matcher tier = TIER.matcher(request.text());
        if (DAYS.matcher(request.text()).find() == stored.isTiered()
                || !tier.find()
                || !TIERS.contains(tier.group(1))) {
            return Answer.error(400, "MalformedXML");
        }
        if (!stored.isArchived()) {
            return Answer.error(403, "InvalidObjectState");
        }
        String wanted = tier.group(1);
        if (wanted.equals("Expedited") && stored.storageClass().equals("DEEP_ARCHIVE")) {
            return Answer.error(400, "InvalidArgument");
        }
        Restore running = restores.get(request.key());
        if (running != null && running.looksLeft() == 0) {
            return Answer.of(200);
        }
        if (running != null && TIERS.indexOf(wanted) <= TIERS.indexOf(running.tier())) {
            return Answer.error(409, "RestoreAlreadyInProgress");
        }
        restores.put(request.key(), new Restore(wanted, looksToThaw >> TIERS.indexOf(wanted)));
        return Answer.of(202);
    }

    private Answer head(Request request) {
        Stored stored = objects.get(request.key());
        if (stored == null) {
            return Answer.error(404, "NoSuchKey");
        }
        Map<String, String> headers = new HashMap<>(Map.of("ETag", stored.etag()));
        if (!stored.storageClass().equals("STANDARD")) {
            headers.put("x-amz-storage-class", stored.storageClass());
        }
        Restore running = restores.get(request.key());
        if (stored.isTiered() && (running == null || running.looksLeft() > 0)) {
            headers.put("x-amz-archive-status", "ARCHIVE_ACCESS");
        }
        if (running != null) {
            headers.put(
                    "x-amz-restore",
                    running.looksLeft() > 0
                            ? "ongoing-request=\"true\""
                            : "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2126 00:00:00 GMT\"");
            restores.put(request.key(), new Restore(running.tier(), Math.max(0, running.looksLeft() - 1)));
        }
        return new Answer(200, headers, stored.content());
    }

    private Answer get(Request request) {
        Stored stored = objects.get(request.key());
        if (stored == null) {
            return Answer.error(404, "NoSuchKey");
        }
        Restore copy = restores.get(request.key());
        if (stored.isArchived() && (copy == null || copy.looksLeft() > 0)) {
            return Answer.error(403, "InvalidObjectState");
        }
        Map<String, String> headers = new HashMap<>(Map.of("ETag", stored.etag()));
        @Nullable String range = request.headers().get("range");
        if (range == null) {
            return new Answer(200, headers, stored.content());
        }
        String[] bounds = range.substring("bytes=".length()).split("-");
        long from = Long.parseLong(bounds[0]);
        long to = Math.min(Long.parseLong(bounds[1]), stored.content().length - 1L);
        if (from >= stored.content().length) {
            return Answer.error(416, "InvalidRange");
        }
        headers.put("Content-Range", "bytes " + from + "-" + to + "/" + stored.content().length);
        return new Answer(206, headers, Arrays.copyOfRange(stored.content(), (int) from, (int) to + 1));
    }

    private Answer list(Request request) {
        String prefix = request.query().getOrDefault("prefix", "");
        String after = request.query().getOrDefault("continuation-token", "");
        StringBuilder xml = new StringBuilder("<ListBucketResult>");
        int count = 0;
        String last = "";
        boolean more = false;
        for (Map.Entry<String, Stored> object : objects.tailMap(prefix, true).entrySet()) {
            if (!object.getKey().startsWith(prefix)) {
                break;
            }
            if (object.getKey().compareTo(after) <= 0) {
                continue;
            }
            if (count++ == PAGE) {
                more = true;
                break;
            }
            last = object.getKey();
            xml.append("<Contents><Key>")
                    .append(last)
                    .append("</Key><Size>")
                    .append(object.getValue().content().length)
                    .append("</Size><StorageClass>")
                    .append(object.getValue().storageClass())
                    .append("</StorageClass></Contents>");
        }
        xml.append("<IsTruncated>").append(more).append("</IsTruncated>");
        if (more) {
            xml.append("<NextContinuationToken>").append(last).append("</NextContinuationToken>");
        }
        return Answer.xml(200, xml.append("</ListBucketResult>").toString());
    }

    private Answer delete(Request request) {
        if (request.query().containsKey("uploadId")) {
            uploads.remove(request.query().get("uploadId"));
        } else {
            objects.remove(request.key());
            restores.remove(request.key());
        }
        return Answer.of(204);
    }

    private static String hex(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
