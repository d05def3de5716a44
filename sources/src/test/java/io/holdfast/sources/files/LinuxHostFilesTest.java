package io.holdfast.sources.files;

import java.util.EnumSet;
import java.util.Set;

class LinuxHostFilesTest extends HostFilesContract {
    @Override
    HostFiles create() {
        return new LinuxHostFiles();
    }

    @Override
    Set<Capability> expectedCapabilities() {
        return EnumSet.allOf(Capability.class);
    }
}
