/**
 * An exhaustive model of the repository protocol: sessions, commits and collection without clocks. Start reading at
 * {@link io.holdfast.simulation.protocol.ProtocolModel}.
 */
@NullMarked
package io.holdfast.simulation.protocol;

import org.jspecify.annotations.NullMarked;
