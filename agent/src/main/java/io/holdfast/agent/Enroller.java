package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.machine.Enrolment;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.Pem;
import io.holdfast.security.TlsContexts;
import io.holdfast.security.Token;
import java.net.URI;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLParameters;

/** Brings a machine in. */
public final class Enroller {
    private Enroller() {}

    /** Without a site, as hosts are. See {@link #enrol(AgentDirectory, URI, Token, String, String, Optional, SecureRandom)}. */
    public static String enrol(
            AgentDirectory directory, URI server, Token token, String role, String name, SecureRandom random) {
        return enrol(directory, server, token, role, name, Optional.empty(), random);
    }

    /**
     * Enrols this machine with a token, which says by itself which server is the right one.
     *
     * @param server {@code https://HOST:PORT}
     * @param role {@code host} or {@code media}
     * @param site where a media server stands
     * @return the id that the machine got
     * @throws HoldfastException {@code REFUSED} where it is enrolled already or the name is taken, {@code DENIED} where the token opens nothing
     */
    public static String enrol(
            AgentDirectory directory,
            URI server,
            Token token,
            String role,
            String name,
            Optional<String> site,
            SecureRandom random) {
        if (directory.isEnrolled()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "this machine is enrolled already (" + directory.root() + ")",
                    "Remove that directory to enrol it anew, and the machine on the server.");
        }
        MachineKeys keys = MachineKeys.generate(random);
        Enrolment.Answer answer;
        try (HttpCaller caller = new HttpCaller(
                server, TlsContexts.clientKnowing(token.authority()), new SSLParameters(), Optional.empty())) {
            answer = caller.send(
                    "POST",
                    "/machine/v1/enrol",
                    new Enrolment.Request(token.text(), role, name, keys.request(), site),
                    Enrolment.Answer.class);
        }
        List<X509Certificate> chain = Pem.certificates(answer.certificates(), "the server's answer");
        if (!Authority.fingerprint(chain.getLast()).equals(token.authority())) {
            throw HoldfastException.damaged("the server's answer is signed by another authority than the token's");
        }
        directory.create(List.of(server.getHost() + ":" + server.getPort()));
        directory.keep(new Identity(keys.key(), chain));
        return answer.id();
    }
}
