package io.holdfast.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MountTableTest {
    @Test
    void knowsWhatIsMounted() {
        assertThat(MountTable.contains(Path.of("/proc"))).isTrue();
        assertThat(MountTable.contains(Path.of("/proc/self"))).isFalse();
    }

    @Test
    void readsNamesAsTheKernelWritesThem() {
        assertThat(MountTable.unescaped("/mnt/a\\040b\\134\\011")).isEqualTo("/mnt/a b\\\t");
        assertThat(MountTable.unescaped("/mnt/\u00c3\u00bc")).isEqualTo("/mnt/\u00fc");
        assertThat(MountTable.unescaped("/mnt/x\\04")).isEqualTo("/mnt/x\\04");
    }
}
