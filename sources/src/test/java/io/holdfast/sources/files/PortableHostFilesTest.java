package io.holdfast.sources.files;

import java.util.EnumSet;
import java.util.Set;

class PortableHostFilesTest extends HostFilesContract {
    @Override
    HostFiles create() {
        return new PortableHostFiles();
    }

    /** Those on Linux, where the tests run. */
    @Override
    Set<Capability> expectedCapabilities() {
        return EnumSet.of(
                Capability.OWNERS_AND_MODES, Capability.USER_ATTRIBUTES, Capability.BYTE_NAMES, Capability.LINK_TIMES);
    }
}
