package io.holdfast.catalog;

/** Of a machine that shows a certificate. */
public sealed interface MachineId permits HostId, MediaServerId {
    String text();
}
