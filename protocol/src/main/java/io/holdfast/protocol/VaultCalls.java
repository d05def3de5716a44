package io.holdfast.protocol;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.PutOutcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The requests about vaults over HTTP (docs/server.md, section "Vaults"). Thread-safe. */
public final class VaultCalls implements AutoCloseable {
    /** The last line of a listing. */
    public static final String END = "end";

    private static final String ROOT = "/media/v1/vaults";
    private static final String BYTES = "application/octet-stream";
    private static final int NOTHING = 204;
    private static final int CREATED = 201;

    private final MediaLine line;

    /** Owns the line, and closes it. */
    public VaultCalls(MediaLine line) {
        this.line = line;
    }

    public VaultAnswer begin(VaultRequest request) {
        return line.json(ROOT, request, VaultAnswer.class);
    }

    /** The whole object; empty where there is none. */
    public Optional<byte[]> get(String access, ObjectName name) {
        return read(request(access, "object", name.value()));
    }

    /**
     * A part of an object; empty where there is none.
     *
     * @throws HoldfastException {@code DAMAGED} where the object ends before
     */
    public Optional<byte[]> get(String access, ObjectName name, long from, int length) {
        return read(request(access, "object", name.value() + "&from=" + from + "&length=" + length));
    }

    private Optional<byte[]> read(HttpRequest.Builder request) {
        return line.send(request.GET().build(), found(BodyHandlers.ofInputStream()))
                .map(answer -> {
                    try (InputStream in = line.paced(answer)) {
                        return in.readAllBytes();
                    } catch (IOException e) {
                        throw brokenOff(e);
                    }
                });
    }

    public Optional<ObjectStat> stat(String access, ObjectName name) {
        HttpRequest request = request(access, "stat", name.value()).GET().build();
        return line.send(request, found(BodyHandlers.ofString())).map(text -> stat(text.strip()));
    }

    /** Visits what begins so, in the order of names. */
    public void list(String access, String prefix, Consumer<ObjectStat> visitor) {
        HttpRequest request = line.request(ROOT + "/" + access + "/list?prefix=" + encoded(prefix))
                .GET()
                .build();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(line.send(request, BodyHandlers.ofInputStream()), StandardCharsets.US_ASCII))) {
            for (String text = lines.readLine(); !END.equals(text); text = lines.readLine()) {
                if (text == null) {
                    throw brokenOff(new IOException("the end of a listing is missing"));
                }
                visitor.accept(stat(text));
            }
        } catch (IOException e) {
            throw brokenOff(e);
        }
    }

    private static ObjectStat stat(String text) {
        try {
            return VaultObject.parse(text).stat();
        } catch (IllegalArgumentException e) {
            throw new HoldfastException(ErrorCode.FAILED, "the media server tells of no object: " + e.getMessage());
        }
    }

    /** @param content opened each time that it is sent */
    public PutOutcome put(String access, ObjectName name, Supplier<InputStream> content, long length) {
        return line.sendContent(
                request(access, "object", name.value()).header("Content-Type", BYTES),
                "PUT",
                content,
                length,
                head -> BodySubscribers.replacing(
                        head.statusCode() == CREATED ? PutOutcome.STORED : PutOutcome.ALREADY_THERE));
    }

    /** False where there was none. */
    public boolean delete(String access, ObjectName name) {
        return line.send(
                request(access, "object", name.value()).DELETE().build(),
                head -> BodySubscribers.replacing(head.statusCode() != NOTHING));
    }

    /** Says how much is in a snapshot. */
    public void made(String access, VaultMade made) {
        var ignored = line.json(ROOT + "/" + access + "/made", made, VaultMade.class);
    }

    public void end(String access) {
        line.done(line.request(ROOT + "/" + access).DELETE().build());
    }

    private HttpRequest.Builder request(String access, String what, String nameAndMore) {
        return line.request(ROOT + "/" + access + "/" + what + "?name=" + nameAndMore);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static <T> BodyHandler<Optional<T>> found(BodyHandler<T> handler) {
        return head -> head.statusCode() == NOTHING
                ? BodySubscribers.replacing(Optional.empty())
                : BodySubscribers.mapping(handler.apply(head), Optional::of);
    }

    private static HoldfastException brokenOff(IOException e) {
        return new HoldfastException(
                ErrorCode.STORE_UNREACHABLE, "an answer of the media server broke off: " + e.getMessage(), null, e);
    }

    @Override
    public void close() {
        line.close();
    }
}
