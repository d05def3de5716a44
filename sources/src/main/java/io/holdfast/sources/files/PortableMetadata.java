package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import io.holdfast.sources.files.NotApplied.Aspect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and sets what {@code java.nio} reaches of a file's metadata, in the order of {@link Directory#applyMetadata}. */
final class PortableMetadata {
    private static final String USER = "user.";
    private static final int SET_IDS = 06000;

    private final Path path;
    private final Bytes name;
    private final FileMetadata wanted;
    private final List<NotApplied> failures = new ArrayList<>(0);

    private PortableMetadata(Path path, Bytes name, FileMetadata wanted) {
        this.path = path;
        this.name = name;
        this.wanted = wanted;
    }

    /** Attributes of the name space {@code user.}; none of links and special files. */
    static List<ExtendedAttribute> attributes(Path path, Bytes name) throws HostFileException {
        UserDefinedFileAttributeView view = view(path);
        if (view == null) {
            return List.of();
        }
        try {
            List<ExtendedAttribute> attributes = new ArrayList<>();
            for (String attribute : view.list()) {
                ByteBuffer value = ByteBuffer.allocate(view.size(attribute));
                int length = view.read(attribute, value);
                attributes.add(new ExtendedAttribute(
                        PortableNames.text(USER + attribute), Bytes.copyOf(value.array(), 0, length)));
            }
            attributes.sort(null);
            return attributes;
        } catch (IOException e) {
            throw PortableFailure.of(e, "read attributes of", name);
        }
    }

    static List<NotApplied> apply(Path path, Bytes name, FileMetadata wanted) throws HostFileException {
        try {
            FileStatus present = PortableStatus.of(path);
            if (present.type() != wanted.type()) {
                throw HostFileException.of(Reason.OTHER_TYPE, "set metadata of", name);
            }
            PortableMetadata application = new PortableMetadata(path, name, wanted);
            application.run(present);
            return application.failures;
        } catch (IOException e) {
            throw e instanceof HostFileException known ? known : PortableFailure.of(e, "set metadata of", name);
        }
    }

    private void run(FileStatus present) {
        if (PortableHostFiles.IS_UNIX) {
            boolean ownerChanged = applyOwner(present);
            if (present.type() != FileType.SYMLINK) {
                applyMode(present, ownerChanged);
            }
        }
        applyAttributes();
        attempt(
                Aspect.TIME,
                "modified",
                () -> Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .setTimes(PortableStatus.settable(wanted.modified()), null, null));
        if (wanted.flags() != 0) {
            unsupported(Aspect.FLAGS, "0x" + Integer.toHexString(wanted.flags()));
        }
    }

    private boolean applyOwner(FileStatus present) {
        boolean differs = false;
        if (wanted.uid() != FileMetadata.KEEP_OWNER && wanted.uid() != present.uid()) {
            setUnix(Aspect.OWNER, "uid", (int) wanted.uid());
            differs = true;
        }
        if (wanted.gid() != FileMetadata.KEEP_OWNER && wanted.gid() != present.gid()) {
            setUnix(Aspect.OWNER, "gid", (int) wanted.gid());
            differs = true;
        }
        return differs;
    }

    private void applyMode(FileStatus present, boolean ownerChanged) {
        int mode = wanted.mode();
        if (!failures.isEmpty() && (mode & SET_IDS) != 0 && present.type() != FileType.DIRECTORY) {
            mode &= ~SET_IDS;
            unsupported(Aspect.MODE, "set-user-id without its owner");
        }
        if (ownerChanged || mode != present.mode()) {
            setUnix(Aspect.MODE, "mode", mode);
        }
    }

    private void setUnix(Aspect aspect, String attribute, int value) {
        attempt(aspect, attribute, () -> {
            Files.setAttribute(path, "unix:" + attribute, value, LinkOption.NOFOLLOW_LINKS);
        });
    }

    private void applyAttributes() {
        UserDefinedFileAttributeView view = view(path);
        Map<String, Bytes> missing = new HashMap<>();
        for (ExtendedAttribute attribute : wanted.attributes()) {
            String text = new String(attribute.name().unsafeArray(), StandardCharsets.UTF_8);
            if (view == null || !text.startsWith(USER)) {
                unsupported(Aspect.ATTRIBUTE, text);
            } else {
                missing.put(text.substring(USER.length()), attribute.value());
            }
        }
        if (view == null) {
            return;
        }
        attempt(Aspect.ATTRIBUTE, "(all)", () -> {
            for (String present : view.list()) {
                if (!missing.containsKey(present)) {
                    view.delete(present);
                }
            }
        });
        missing.forEach((attribute, value) -> attempt(Aspect.ATTRIBUTE, USER + attribute, () -> {
            view.write(attribute, ByteBuffer.wrap(value.toByteArray()));
        }));
    }

    private static @Nullable UserDefinedFileAttributeView view(Path path) {
        boolean mayHave = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        return mayHave && PortableHostFiles.HAS_USER_ATTRIBUTES
                ? Files.getFileAttributeView(path, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                : null;
    }

    private void attempt(Aspect aspect, String detail, Setter setter) {
        try {
            setter.set();
        } catch (IOException e) {
            failures.add(new NotApplied(aspect, detail, PortableFailure.of(e, "set metadata of", name)));
        }
    }

    private void unsupported(Aspect aspect, String detail) {
        HostFileException cause = HostFileException.of(Reason.UNSUPPORTED, "set metadata of", name);
        failures.add(new NotApplied(aspect, detail, cause));
    }

    @FunctionalInterface
    private interface Setter {
        void set() throws IOException;
    }
}
