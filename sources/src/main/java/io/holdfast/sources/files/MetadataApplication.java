package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.NotApplied.Aspect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * Sets the metadata of one file, each part after those that would undo it: chown clears set-user-id and file capabilities,
 * chmod changes the mask of an ACL, everything but the flags needs a file that is not immutable.
 */
final class MetadataApplication {
    private static final int OWNER_ACCESS = 0600;
    private static final int SET_IDS = 06000;
    private static final int SPECIAL_BITS = 07000;
    /** All single flags that are kept, the protective ones at the end: what is immutable takes no further flag. */
    private static final int[] SINGLE_FLAGS = singleFlags();

    private final LinuxTarget target;
    private final FileMetadata wanted;
    private final List<NotApplied> failures = new ArrayList<>(0);
    /** The wanted one, or without the bits that must not be set. */
    private int mode;

    private MetadataApplication(LinuxTarget target, FileMetadata wanted) {
        this.target = target;
        this.wanted = wanted;
        this.mode = wanted.mode();
    }

    /** @throws HostFileException where the file cannot be looked at, or is of another type */
    static List<NotApplied> run(LinuxTarget target, FileMetadata wanted) throws HostFileException {
        MetadataApplication application = new MetadataApplication(target, wanted);
        application.run();
        return application.failures;
    }

    private void run() throws HostFileException {
        FileStatus present = target.status();
        if (present.type() != wanted.type()) {
            throw HostFileException.of(HostFileException.Reason.OTHER_TYPE, "set metadata of", target.name());
        }
        boolean ownerChanged = applyOwner(present);
        if (present.type() != FileType.SYMLINK) {
            applyMode(present, ownerChanged);
        }
        applyAttributes();
        check(target.setModified(wanted.modified()), Aspect.TIME, "modified");
        if (present.type() == FileType.REGULAR || present.type() == FileType.DIRECTORY) {
            applyFlags();
        }
    }

    /** Whether there was a change, so that the kernel may have cleared bits of the mode. */
    private boolean applyOwner(FileStatus present) {
        boolean uidDiffers = wanted.uid() != FileMetadata.KEEP_OWNER && wanted.uid() != present.uid();
        boolean gidDiffers = wanted.gid() != FileMetadata.KEEP_OWNER && wanted.gid() != present.gid();
        if (!uidDiffers && !gidDiffers) {
            return false;
        }
        String owner = wanted.uid() + ":" + wanted.gid();
        int result = target.setOwner(wanted.uid(), wanted.gid());
        if (result < 0 && uidDiffers && gidDiffers) {
            // Who may not give a file away may still give it to one of his groups.
            target.setOwner(FileMetadata.KEEP_OWNER, wanted.gid());
        }
        check(result, Aspect.OWNER, owner);
        return true;
    }

    private void applyMode(FileStatus present, boolean ownerChanged) throws HostFileException {
        if (!failures.isEmpty() && (mode & SET_IDS) != 0 && present.type() != FileType.DIRECTORY) {
            // With another owner than the right one these bits would hand his rights to everybody.
            mode &= ~SET_IDS;
            check(-Errno.EPERM, Aspect.MODE, octal(wanted.mode()));
        }
        if (!ownerChanged && mode == present.mode()) {
            return;
        }
        int result = target.setMode(mode);
        check(result, Aspect.MODE, octal(mode));
        if (result == 0 && (mode & SPECIAL_BITS) != 0 && target.status().mode() != mode) {
            // The kernel drops set-group-id without an error where the caller is not in the group.
            check(-Errno.EPERM, Aspect.MODE, octal(mode));
        }
    }

    private void applyAttributes() {
        List<ExtendedAttribute> present;
        try {
            present = attributesThere();
        } catch (HostFileException e) {
            failures.add(new NotApplied(Aspect.ATTRIBUTE, "(all)", e));
            return;
        }
        for (ExtendedAttribute attribute : present) {
            if (isUnwanted(attribute.name())) {
                int result = asOwner(() -> target.removeAttribute(attribute.name()));
                check(result, Aspect.ATTRIBUTE, "remove " + PrintableName.of(attribute.name()));
            }
        }
        for (ExtendedAttribute attribute : wanted.attributes()) {
            if (!present.contains(attribute)) {
                check(
                        asOwner(() -> target.setAttribute(attribute)),
                        Aspect.ATTRIBUTE,
                        PrintableName.of(attribute.name()));
            }
        }
    }

    /**
     * What is there but was not backed up, such as an ACL inherited from the directory; what the system itself attaches
     * (security labels, hashes, private attributes of the file system) stays.
     */
    private boolean isUnwanted(Bytes name) {
        for (ExtendedAttribute attribute : wanted.attributes()) {
            if (attribute.name().equals(name)) {
                return false;
            }
        }
        String text = new String(name.unsafeArray(), StandardCharsets.ISO_8859_1);
        return text.startsWith("user.")
                || text.startsWith("trusted.")
                || text.startsWith("system.posix_acl_")
                || text.equals("security.capability");
    }

    /** What is there; its owner may look even where the mode keeps him from reading. */
    private List<ExtendedAttribute> attributesThere() throws HostFileException {
        try {
            return target.attributes();
        } catch (HostFileException e) {
            if (e.reason() != HostFileException.Reason.DENIED || !letOwnerIn()) {
                throw e;
            }
            try {
                return target.attributes();
            } finally {
                check(target.setMode(mode), Aspect.MODE, octal(mode));
            }
        }
    }

    /** Attributes in the user name space need a mode that lets the owner write, unless he is root. */
    private int asOwner(IntSupplier change) {
        int result = change.getAsInt();
        if (result != -Errno.EACCES || !letOwnerIn()) {
            return result;
        }
        result = change.getAsInt();
        check(target.setMode(mode), Aspect.MODE, octal(mode));
        return result;
    }

    private boolean letOwnerIn() {
        return (mode & OWNER_ACCESS) != OWNER_ACCESS
                && wanted.type() != FileType.SYMLINK
                && target.setMode(mode | OWNER_ACCESS) == 0;
    }

    private void applyFlags() {
        int present = target.flags();
        if (present < 0) {
            if (wanted.flags() != 0) {
                check(present, Aspect.FLAGS, hexadecimal(wanted.flags()));
            }
            return;
        }
        // How the directory restored into wants its content stored is not undone.
        int all = (present & (~FileFlags.KEPT | FileFlags.BEFORE_CONTENT)) | wanted.flags();
        if (all == present || target.setFlags(all) == 0) {
            return;
        }
        for (int flag : SINGLE_FLAGS) {
            if ((all & flag) != (present & flag)) {
                int next = (present & ~flag) | (all & flag);
                int result = target.setFlags(next);
                check(result, Aspect.FLAGS, hexadecimal(flag));
                present = result == 0 ? next : present;
            }
        }
    }

    private void check(int result, Aspect aspect, String detail) {
        if (result < 0) {
            failures.add(new NotApplied(
                    aspect,
                    detail,
                    HostFileException.ofErrno(
                            -result, "set " + aspect.name().toLowerCase(Locale.ROOT) + " of", target.name())));
        }
    }

    private static String octal(int mode) {
        return "0" + Integer.toOctalString(mode);
    }

    private static String hexadecimal(int flags) {
        return "0x" + Integer.toHexString(flags);
    }

    private static int[] singleFlags() {
        List<Integer> flags = new ArrayList<>();
        for (int half : new int[] {FileFlags.KEPT & ~FileFlags.PROTECTIVE, FileFlags.PROTECTIVE}) {
            for (int bit = 0; bit < Integer.SIZE; bit++) {
                if ((half & (1 << bit)) != 0) {
                    flags.add(1 << bit);
                }
            }
        }
        return flags.stream().mapToInt(Integer::intValue).toArray();
    }
}
