package io.holdfast.agent;

import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.security.Identity;
import io.holdfast.security.TlsContexts;
import io.holdfast.storage.Bandwidth;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How this machine reaches media servers.
 *
 * @param control addresses of the control servers, for a media server that is in one of them
 * @param own who this machine is
 */
public record MediaConnections(List<String> control, Supplier<Identity> own, X509Certificate authority) {
    public MediaConnections {
        control = List.copyOf(control);
    }

    /**
     * A connection; nobody is asked yet.
     *
     * @param bandwidth how fast content may go and come; asked again and again
     */
    HttpMediaCalls open(MediaPlace place, Supplier<Bandwidth> bandwidth) {
        String address = place.address().equals(MediaPlace.IN_CONTROL) ? control.getFirst() : place.address();
        URI uri = URI.create("https://" + address);
        return new HttpMediaCalls(
                InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort()),
                TlsContexts.client(Optional.of(own), authority),
                TlsContexts.machineParameters(),
                bandwidth);
    }
}
