package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.util.EnumSet;
import java.util.Set;

/** Files of any system through {@code java.nio}. */
public final class PortableHostFiles implements HostFiles {
    @Override
    public Set<Capability> capabilities() {
        return EnumSet.noneOf(Capability.class);
    }

    @Override
    public Directory openDirectory(Bytes absolutePath) throws HostFileException {
        throw HostFileException.of(HostFileException.Reason.UNSUPPORTED, "open directory", absolutePath);
    }
}
