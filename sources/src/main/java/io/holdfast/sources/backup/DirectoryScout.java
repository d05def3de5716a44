package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.DirectoryEntry;
import io.holdfast.sources.files.FileStatus;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.OpenFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingDeque;
import org.jspecify.annotations.Nullable;

/**
 * Opens and lists directories beside the walker and looks at what is in them, a few ahead of it: waiting for the kernel and for
 * disks is most of what a walk does. One thread of its own, which does what was asked for last first, because that is needed
 * first; what it has not begun when the walker wants it, the walker does itself.
 */
final class DirectoryScout implements AutoCloseable {
    private static final Bytes NO_PATH = Bytes.wrap(new byte[0]);
    private static final Bytes CACHE_TAG = Bytes.wrap("CACHEDIR.TAG".getBytes(StandardCharsets.US_ASCII));
    /** From the Cache Directory Tagging Specification, bford.info/cachedir. */
    private static final byte[] CACHE_SIGNATURE =
            "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

    /** How many directories of one level are scouted at once; levels add up to the depth of the tree. */
    private static final int BATCH = 16;
    /** Of a larger directory the rest is looked at when the walker gets there, so that memory stays bounded. */
    private static final int MAX_LOOKED_AT = 4096;

    private final BackupRequest request;
    private final BlockingDeque<Errand> wanted = new LinkedBlockingDeque<>();
    private final Set<Errand> open = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    DirectoryScout(BackupRequest request) {
        this.request = request;
        this.thread = Thread.ofPlatform().daemon().name("holdfast-scout").start(this::serve);
    }

    /** A directory to open and list. */
    private final class Errand extends FutureTask<Listing> {
        private final Bytes name;

        /** @param above a handle of its own */
        Errand(Directory above, Bytes name, Bytes path) {
            super(() -> {
                try (above) {
                    return list(above.openDirectory(name), path);
                }
            });
            this.name = name;
        }

        /** Closes what nobody has taken. */
        void abandon() {
            // Runs where nobody has begun, so that the handle it was given is closed in any case.
            run();
            try {
                get().close();
            } catch (ExecutionException | InterruptedException e) {
                // It could not be opened.
            }
        }
    }

    /** The subdirectories of one directory, scouted in batches while the walker goes through them. */
    final class Level {
        private final Listing listing;
        private final Deque<Errand> ahead = new ArrayDeque<>();

        private Level(Listing listing) {
            this.listing = listing;
        }

        /**
         * The listing of the subdirectory that is number {@code index} of the entries.
         *
         * @throws HostFileException where it cannot be opened
         */
        Listing take(int index) throws HostFileException, InterruptedException {
            if (ahead.isEmpty()) {
                send(index);
            }
            Errand errand = ahead.peekFirst();
            Listing.Child child = listing.entries().get(index);
            if (errand == null || !errand.name.equals(child.name())) {
                // Another file system, or in the part of a large directory that nobody has looked at.
                return list(listing.directory().openDirectory(child.name()), child.path());
            }
            ahead.removeFirst();
            errand.run();
            // Where the scout has not come to it, it would hold on to the listing.
            wanted.remove(errand);
            try {
                return errand.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof HostFileException known) {
                    throw known;
                }
                throw new IllegalStateException("scouting failed: " + e.getCause(), e);
            } finally {
                open.remove(errand);
            }
        }

        private void send(int from) {
            for (int i = from; i < listing.entries().size() && ahead.size() < BATCH; i++) {
                Listing.Child child = listing.entries().get(i);
                if (child.isKnownDirectoryOn(listing.status().device())) {
                    Errand errand = new Errand(listing.directory().retain(), child.name(), child.path());
                    open.add(errand);
                    ahead.addLast(errand);
                }
            }
            ahead.reversed().forEach(wanted::addFirst);
        }
    }

    /** For the walker, which is about to go through the listing. */
    Level enter(Listing listing) {
        return new Level(listing);
    }

    /** Lists an open directory, which the listing takes over. */
    Listing list(Directory directory, Bytes path) throws HostFileException {
        return describe(directory, path, true);
    }

    /** The same without what is in it: on the way to something else it may hold more than anybody asked for. */
    Listing unlisted(Directory directory) throws HostFileException {
        return describe(directory, NO_PATH, false);
    }

    private Listing describe(Directory directory, Bytes path, boolean listed) throws HostFileException {
        boolean done = false;
        try {
            FileStatus status = directory.status();
            boolean isCache = listed && request.excludeCaches() && isCache(directory);
            List<Listing.Child> children = new ArrayList<>();
            HostFileException failure = listed && !isCache ? look(directory, path, children) : null;
            Listing listing =
                    new Listing(directory, status, directory.attributes(), directory.flags(), children, failure);
            done = true;
            return listing;
        } finally {
            if (!done) {
                directory.close();
            }
        }
    }

    private @Nullable HostFileException look(Directory directory, Bytes path, List<Listing.Child> children) {
        List<DirectoryEntry> entries;
        try {
            entries = directory.entries();
        } catch (HostFileException e) {
            return e;
        }
        for (DirectoryEntry entry : entries) {
            Bytes childPath = join(path, entry.name());
            if (!request.excludes().excludes(childPath)) {
                children.add(look(directory, entry.name(), childPath, children.size() < MAX_LOOKED_AT));
            }
        }
        return null;
    }

    private static Listing.Child look(Directory directory, Bytes name, Bytes path, boolean now) {
        if (!now) {
            return new Listing.Child(name, path, null, null);
        }
        try {
            return new Listing.Child(name, path, directory.stat(name), null);
        } catch (HostFileException e) {
            return new Listing.Child(name, path, null, e);
        }
    }

    private static boolean isCache(Directory directory) {
        try (OpenFile tag = directory.openFile(CACHE_TAG)) {
            byte[] start = new byte[CACHE_SIGNATURE.length];
            return tag.read(ByteBuffer.wrap(start), 0) == start.length && Arrays.equals(start, CACHE_SIGNATURE);
        } catch (HostFileException e) {
            return false;
        }
    }

    static Bytes join(Bytes directory, Bytes name) {
        byte[] joined = Arrays.copyOf(directory.unsafeArray(), directory.length() + 1 + name.length());
        joined[directory.length()] = '/';
        System.arraycopy(name.unsafeArray(), 0, joined, directory.length() + 1, name.length());
        return Bytes.wrap(joined);
    }

    private void serve() {
        try {
            while (true) {
                wanted.takeFirst().run();
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Closes what was opened in vain. */
    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = Thread.interrupted();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        open.forEach(Errand::abandon);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
