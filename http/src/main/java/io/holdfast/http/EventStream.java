package io.holdfast.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events (HTML standard, section 9.2) to one client. For one thread. */
public final class EventStream implements AutoCloseable {
    private final OutputStream out;

    EventStream(OutputStream out) throws IOException {
        this.out = out;
        out.flush();
    }

    /**
     * @param id with which a client that comes back says how far it has come; empty for none
     * @param name of the kind of event
     * @param data one line or several
     * @throws IOException where the client is gone
     */
    public void send(String id, String name, String data) throws IOException {
        StringBuilder event = new StringBuilder();
        if (!id.isEmpty()) {
            event.append("id: ").append(id).append('\n');
        }
        event.append("event: ").append(name).append('\n');
        data.lines().forEach(line -> event.append("data: ").append(line).append('\n'));
        event.append('\n');
        write(event.toString());
    }

    /** Says nothing: proxies close what is quiet for long, and a client that is gone shows. */
    public void keepAlive() throws IOException {
        write(":\n\n");
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
