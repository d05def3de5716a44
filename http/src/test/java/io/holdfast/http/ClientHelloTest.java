package io.holdfast.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    private static byte[] hello(Optional<String> name) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(name.map(n -> List.<javax.net.ssl.SNIServerName>of(new SNIHostName(n)))
                .orElse(List.of()));
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] hello = new byte[out.flip().remaining()];
        out.get(hello);
        return hello;
    }

    @Test
    void findsTheNameThatAClientAsksFor() throws Exception {
        assertThat(ClientHello.look(ByteBuffer.wrap(hello(Optional.of("loom.example")))))
                .isEqualTo(new ClientHello.Look.Complete(Optional.of("loom.example")));
        assertThat(ClientHello.look(ByteBuffer.wrap(hello(Optional.empty()))))
                .isEqualTo(new ClientHello.Look.Complete(Optional.empty()));
    }

    @Test
    void waitsForAllOfIt() throws Exception {
        byte[] hello = hello(Optional.of("loom.example"));
        for (int length = 0; length < hello.length; length++) {
            assertThat(ClientHello.look(ByteBuffer.wrap(hello, 0, length)))
                    .as(length + " bytes")
                    .isEqualTo(new ClientHello.Look.Incomplete());
        }
    }

    @Test
    void doesNotMoveTheBuffer() throws Exception {
        ByteBuffer buffer = ByteBuffer.wrap(hello(Optional.of("loom")));
        var ignored = ClientHello.look(buffer);
        assertThat(buffer.position()).isZero();
    }

    @Test
    void somethingElseHasNoName() {
        assertThat(ClientHello.look(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(new ClientHello.Look.Complete(Optional.empty()));
    }

    @Test
    void whatIsBrokenHasNoNameAndDoesNoHarm() throws Exception {
        byte[] whole = hello(Optional.of("loom.example"));
        SeededRandom.check(2_000, random -> {
            byte[] broken = whole.clone();
            for (int i = 0; i <= random.size(4); i++) {
                broken[5 + random.size(broken.length - 6)] = (byte) random.nextLong();
            }
            assertThat(ClientHello.look(ByteBuffer.wrap(broken))).isInstanceOf(ClientHello.Look.Complete.class);
        });
    }
}
