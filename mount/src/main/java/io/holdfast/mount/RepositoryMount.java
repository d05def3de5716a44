package io.holdfast.mount;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.ChunkCache;
import io.holdfast.repository.Repository;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.cryptomator.jfuse.api.Fuse;
import org.cryptomator.jfuse.api.FuseBuilder;
import org.cryptomator.jfuse.api.FuseMountFailedException;

/** A repository, or one snapshot of it, as a read-only directory of this machine. Nothing is read before somebody looks. Closing it unmounts. */
public final class RepositoryMount implements AutoCloseable {
    private static final long FRAME_BYTES = 48L << 20;
    private static final int AHEAD_CHUNKS = 8;
    /** The kernel asks again for what it did not get; so many lines are not told twice. */
    private static final int TOLD_ONCE = 1_000;
    /** Snapshots do not change; which there are is asked anew with each listing. */
    private static final int CACHE_SECONDS = 300;

    private static final Duration LOOK_INTERVAL = Duration.ofMillis(300);

    private static final List<String> LIBRARY_DIRECTORIES = List.of(
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/lib64",
            "/usr/lib",
            "/usr/local/lib");
    private static final List<String> LIBRARY_VERSIONS = List.of("3", "4");

    private final Fuse fuse;
    private final Path directory;
    private final MonotonicClock clock = MonotonicClock.system();
    private final ChunkCache chunks;
    private final ExecutorService ahead;

    private RepositoryMount(Fuse fuse, Path directory, ChunkCache chunks, ExecutorService ahead) {
        this.fuse = fuse;
        this.directory = directory;
        this.chunks = chunks;
        this.ahead = ahead;
    }

    /**
     * Mounts on an existing directory.
     *
     * @param only the snapshot whose tree is the top; else the top lists all
     * @param othersToo other users than the one who mounts may look, with the rights that the files had
     * @param trouble told what went wrong later, one line each, by any thread
     * @throws HoldfastException {@code FAILED} where this machine cannot mount
     */
    public static RepositoryMount mount(
            Repository repository,
            Path directory,
            Optional<Snapshot> only,
            boolean othersToo,
            Consumer<String> trouble) {
        FuseBuilder builder;
        try {
            builder = Fuse.builder();
            builder.setLibraryPath(library().toString());
        } catch (UnsupportedOperationException e) {
            throw new HoldfastException(ErrorCode.FAILED, "this system cannot mount: " + e.getMessage(), null, e);
        }
        ChunkCache chunks = repository.newChunkCache(FRAME_BYTES);
        ContentReader contents = new ContentReader(repository.newChunkReader());
        ExecutorService ahead = Executors.newFixedThreadPool(
                Math.max(2, repository.settings().threads()),
                Thread.ofPlatform().daemon().name("holdfast-ahead-", 0).factory());
        Semaphore aheadPermits = new Semaphore(AHEAD_CHUNKS);
        SnapshotTrees trees = new SnapshotTrees(
                repository.newChunkReader(), only, () -> repository.snapshots().live(), MonotonicClock.system());
        Set<String> told = Collections.newSetFromMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                return size() > TOLD_ONCE;
            }
        });
        Consumer<String> once = line -> {
            synchronized (told) {
                if (told.add(line)) {
                    trouble.accept(line);
                }
            }
        };
        SnapshotFileSystem files = new SnapshotFileSystem(
                builder.errno(), trees, entry -> new FileContent(entry, contents, chunks, ahead, aheadPermits), once);
        try {
            Fuse fuse = builder.build(files);
            try {
                fuse.mount("holdfast", directory, options(othersToo).toArray(String[]::new));
            } catch (FuseMountFailedException | IllegalArgumentException e) {
                close(fuse, e);
                throw e;
            }
            return new RepositoryMount(fuse, directory, chunks, ahead);
        } catch (FuseMountFailedException e) {
            release(ahead, chunks);
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "nothing could be mounted on " + directory + ": " + e.getMessage(),
                    "See the lines above; other users than root need fusermount3 (Debian: package fuse3).",
                    e);
        } catch (UnsatisfiedLinkError | IllegalArgumentException e) {
            release(ahead, chunks);
            throw new HoldfastException(ErrorCode.FAILED, "libfuse 3 cannot be used: " + e.getMessage(), null, e);
        }
    }

    private static void close(Fuse fuse, Exception cause) {
        try {
            fuse.close();
        } catch (TimeoutException e) {
            cause.addSuppressed(e);
        }
    }

    /** Waits for who still reads ahead: a few chunks. */
    private static void release(ExecutorService ahead, ChunkCache chunks) {
        ahead.close();
        chunks.close();
    }

    /** The library itself: the name without a version is there only where programs are built. */
    private static Path library() {
        for (String directory : LIBRARY_DIRECTORIES) {
            for (String version : LIBRARY_VERSIONS) {
                Path library = Path.of(directory, "libfuse3.so." + version);
                if (Files.exists(library)) {
                    return library;
                }
            }
        }
        throw new HoldfastException(
                ErrorCode.FAILED,
                "libfuse 3 is not installed, which mounting needs",
                "Install it (Debian: package fuse3).");
    }

    private static List<String> options(boolean othersToo) {
        List<String> options = new ArrayList<>(List.of(
                "-oro,nosuid,nodev,fsname=holdfast,subtype=holdfast",
                "-okernel_cache,entry_timeout=" + CACHE_SECONDS + ",attr_timeout=" + CACHE_SECONDS));
        if (othersToo) {
            options.add("-oallow_other,default_permissions");
        }
        return options;
    }

    /** Waits until it is unmounted, by whomever. */
    public void await() throws InterruptedException {
        // Nobody tells: the library hears of it, and keeps it to itself.
        while (MountTable.contains(directory)) {
            clock.sleep(LOOK_INTERVAL);
        }
    }

    /** @throws HoldfastException {@code FAILED} where it is in use and stays mounted */
    @Override
    public void close() {
        try {
            fuse.close();
        } catch (TimeoutException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, "it is in use and could not be unmounted", "Leave it, then: umount", e);
        } finally {
            release(ahead, chunks);
        }
    }
}
