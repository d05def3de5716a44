package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** Absolute paths of a snapshot, as bytes. */
final class RestorePaths {
    /** The path of {@code /}, before a name is added to it. */
    static final Bytes ROOT = Bytes.wrap(new byte[0]);

    private RestorePaths() {}

    static Bytes join(Bytes directory, Bytes name) {
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        joined[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, directory.length() + 1, name.length());
        return Bytes.wrap(joined);
    }

    /** The directory that it lies in, {@link #ROOT} for the topmost. */
    static Bytes above(Bytes path) {
        int length = path.length() - leaf(path).length() - 1;
        return Bytes.copyOf(path.unsafeArray(), 0, length);
    }

    /** The last component. */
    static Bytes leaf(Bytes path) {
        byte[] bytes = path.unsafeArray();
        int start = bytes.length;
        while (bytes[start - 1] != '/') {
            start--;
        }
        return Bytes.copyOf(bytes, start, bytes.length - start);
    }

    /**
     * The directory below {@code target} that holds {@code path}; no link is followed. Where directories on the way keep their owner out, he
     * is let in until this is closed.
     */
    static OpenParent openParent(Directory target, Bytes path) throws HostFileException {
        OpenParent opened = new OpenParent(target.retain());
        byte[] bytes = path.unsafeArray();
        int start = 1;
        try {
            for (int i = 1; i < bytes.length; i++) {
                if (bytes[i] == '/') {
                    opened.enter(Bytes.copyOf(bytes, start, i - start));
                    start = i + 1;
                }
            }
        } catch (HostFileException | RuntimeException e) {
            try {
                opened.close();
            } catch (HostFileException further) {
                e.addSuppressed(further);
            }
            throw e;
        }
        return opened;
    }

    /** A directory, and what has to be locked again on the way to it. */
    static final class OpenParent implements AutoCloseable {
        private final Deque<Directory> way = new ArrayDeque<>();
        private final Deque<Locked> locked = new ArrayDeque<>();

        private record Locked(Directory parent, Bytes name, int mode) {}

        private OpenParent(Directory start) {
            way.push(start);
        }

        Directory directory() {
            return way.element();
        }

        private void enter(Bytes name) throws HostFileException {
            Directory above = directory();
            FileStatus there = above.stat(name);
            if (there.isDirectory() && OwnerAccess.give(above, name, there)) {
                locked.push(new Locked(above, name, there.mode()));
            }
            way.push(above.openDirectory(name));
        }

        /** The innermost first: nobody reaches it any more when what is around it is locked. */
        @Override
        public void close() throws HostFileException {
            HostFileException failed = null;
            while (!locked.isEmpty()) {
                Locked next = locked.pop();
                try {
                    next.parent().setMode(next.name(), next.mode());
                } catch (HostFileException e) {
                    failed = e;
                }
            }
            way.forEach(Directory::close);
            way.clear();
            if (failed != null) {
                throw failed;
            }
        }
    }

    static String text(Bytes path) {
        return new String(path.unsafeArray(), StandardCharsets.UTF_8);
    }
}
