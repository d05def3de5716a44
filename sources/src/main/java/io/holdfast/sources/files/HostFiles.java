package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import java.util.Locale;
import java.util.Set;

/** The files of the machine this program runs on. Safe for use by many threads. */
public interface HostFiles {

    /** The fullest implementation that works on this system. */
    static HostFiles ofThisSystem() {
        return LinuxHostFiles.isSupported(
                        System.getProperty("os.name", ""),
                        System.getProperty("os.arch", "").toLowerCase(Locale.ROOT))
                ? new LinuxHostFiles()
                : new PortableHostFiles();
    }

    /** What this implementation sees and sets. Constant. */
    Set<Capability> capabilities();

    /**
     * Opens a directory that the user named. Symbolic links in the path are followed, the last component included: the user
     * meant what he named. A caller that must not follow the last one opens its parent and looks.
     *
     * @param absolutePath any length
     */
    Directory openDirectory(Bytes absolutePath) throws HostFileException;
}
