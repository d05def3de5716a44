package io.holdfast.agent;

import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.MediaLine;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineName;
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
 * @param control addresses of the control servers, for a media server that is in each of them; asked at each connection
 * @param own who this machine is
 */
public record MediaConnections(Supplier<List<String>> control, Supplier<Identity> own, X509Certificate authority) {

    /**
     * A connection; nobody is asked yet.
     *
     * @param bandwidth how fast content may go and come; asked again and again
     */
    HttpMediaCalls open(MediaPlace place, Supplier<Bandwidth> bandwidth) {
        return new HttpMediaCalls(line(place, bandwidth));
    }

    /** The same for vaults. */
    VaultCalls openVaults(MediaPlace place, Supplier<Bandwidth> bandwidth) {
        return new VaultCalls(line(place, bandwidth));
    }

    private MediaLine line(MediaPlace place, Supplier<Bandwidth> bandwidth) {
        List<String> addresses =
                place.address().equals(MediaPlace.IN_CONTROL) ? control.get() : List.of(place.address());
        return new MediaLine(
                addresses.stream().map(MediaConnections::unresolved).toList(),
                TlsContexts.client(Optional.of(own), authority),
                place.id()
                        .map(id -> TlsContexts.machineParameters(MachineName.mediaServerName(id)))
                        .orElseGet(TlsContexts::machineParameters),
                bandwidth);
    }

    private static InetSocketAddress unresolved(String address) {
        URI uri = URI.create("https://" + address);
        return InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort());
    }
}
