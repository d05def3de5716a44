package io.holdfast.stores;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.RawText;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.storage.ThrottledStore;
import io.holdfast.storage.s3.S3Location;
import io.holdfast.storage.s3.S3Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Consumer;

/** Where a repository lies, as the user says it with {@code --repo}. Immutable. */
public sealed interface StorePlace {
    /** Opens what is there; a place without a repository is none, and is not touched. */
    ObjectStore open(Bandwidth bandwidth);

    /**
     * Opens it to make a repository there; what the place cannot do shows now, before anything is made.
     *
     * @param dataClass goes before what the URL names
     * @throws HoldfastException {@code USAGE} where it does not take the storage class
     */
    ObjectStore create(Optional<String> dataClass, Bandwidth bandwidth);

    /**
     * Brings back what was deleted, where the place keeps versions.
     *
     * @return how many objects are there again
     * @throws HoldfastException {@code REFUSED} where it keeps none
     */
    long undelete();

    /** What {@code --repo} takes, absolute. */
    String url();

    /**
     * A place of its own below this one, with the same options: what lies there is no part of what lies here.
     *
     * @param path names joined by slashes
     */
    StorePlace below(String path);

    /** The directory on this machine, where it is one. */
    Optional<Path> directory();

    /** The storage class of data packs, where the URL names one. */
    Optional<String> dataClass();

    /** @throws HoldfastException {@code USAGE} where such a place has no storage class of that name */
    void requireDataClass(String storageClass);

    /** @throws HoldfastException {@code USAGE} where the URL means nothing */
    static StorePlace parse(String url) {
        if (url.startsWith(S3Location.SCHEME)) {
            return new Bucket(url, S3Location.parse(url));
        }
        return new Disk(directoryOf(url));
    }

    /** A directory. */
    record Disk(Path path) implements StorePlace {
        @Override
        public ObjectStore open(Bandwidth bandwidth) {
            return limited(DiskStore.open(path), bandwidth);
        }

        private static ObjectStore limited(ObjectStore store, Bandwidth bandwidth) {
            return bandwidth.isLimited() ? new ThrottledStore(store, bandwidth) : store;
        }

        @Override
        public ObjectStore create(Optional<String> dataClass, Bandwidth bandwidth) {
            dataClass.ifPresent(this::requireDataClass);
            for (Path place = path; place != null; place = place.getParent()) {
                if (Files.exists(place)) {
                    if (!Files.isDirectory(place)) {
                        throw new HoldfastException(
                                ErrorCode.REFUSED,
                                place + " is a file, and a repository is a directory",
                                "Name an empty directory, or one that does not exist yet.");
                    }
                    break;
                }
            }
            return limited(DiskStore.create(path), bandwidth);
        }

        @Override
        public long undelete() {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    path + " is a directory, and keeps nothing that was deleted",
                    "Only buckets with versions do. Put files back from a copy of the directory.");
        }

        @Override
        public String url() {
            return path.toString();
        }

        @Override
        public StorePlace below(String below) {
            return new Disk(path.resolve(below));
        }

        @Override
        public Optional<Path> directory() {
            return Optional.of(path);
        }

        @Override
        public Optional<String> dataClass() {
            return Optional.empty();
        }

        @Override
        public void requireDataClass(String storageClass) {
            DiskStore.requireDataClass(storageClass);
        }
    }

    /** A prefix in a bucket. */
    record Bucket(String url, S3Location location) implements StorePlace {
        @Override
        public ObjectStore open(Bandwidth bandwidth) {
            // A wrong endpoint or key shows at once; who has reached the store is patient with it from here on.
            return opened(bandwidth, store -> {
                boolean ignored = store.stat(ObjectName.of("config/00000001")).isPresent();
            });
        }

        /** Where there is no bucket, a HEAD cannot say so: its answer has no body. */
        @Override
        public ObjectStore create(Optional<String> dataClass, Bandwidth bandwidth) {
            return opened(bandwidth, store -> {
                var ignored = store.capabilities();
                dataClass.map(store::withDataClass).orElse(store).tryDataClass();
            });
        }

        /** @param trial fails where the place is not as it has to be */
        private ObjectStore opened(Bandwidth bandwidth, Consumer<S3Store> trial) {
            S3Store store = S3Store.open(location, bandwidth);
            try {
                trial.accept(store);
            } catch (RuntimeException e) {
                store.close();
                throw e;
            }
            // A pack's put is tried again under another name only; see step W5 of the repository format.
            return new RetryingStore(
                    store,
                    RetryPolicy.PATIENT,
                    name -> name.value().startsWith("packs/"),
                    MonotonicClock.system(),
                    new SecureRandom());
        }

        @Override
        public long undelete() {
            try (S3Store store = S3Store.open(location)) {
                return store.undelete();
            }
        }

        @Override
        public StorePlace below(String below) {
            int options = url.indexOf('?');
            String place = (options < 0 ? url : url.substring(0, options)).replaceAll("/+$", "");
            return StorePlace.parse(place + "/" + below + (options < 0 ? "" : url.substring(options)));
        }

        @Override
        public Optional<Path> directory() {
            return Optional.empty();
        }

        @Override
        public Optional<String> dataClass() {
            return location.dataClass();
        }

        @Override
        public void requireDataClass(String storageClass) {
            S3Location ignored = location.withDataClass(storageClass);
        }
    }

    private static Path directoryOf(String url) {
        String path = url.startsWith("file://") ? url.substring(7) : url.startsWith("file:") ? url.substring(5) : url;
        if (path.isEmpty() || path.indexOf('\ufffd') >= 0 || path.indexOf('\0') >= 0 || RawText.hasRaw(path)) {
            throw HoldfastException.usage(
                    "the repository URL is empty, or no UTF-8", "Write a path, or file: and a path.");
        }
        int scheme = path.indexOf("://");
        if (scheme > 0) {
            throw notSupported(path.substring(0, scheme), "");
        }
        if (url.startsWith("file://") && !path.startsWith("/")) {
            throw HoldfastException.usage(
                    "'" + url + "' names another host", "Use file: and an absolute path of this one.");
        }
        if (!url.startsWith("file:") && path.matches("[a-z][a-z0-9+.-]+:.*") && !Files.exists(Path.of(path))) {
            throw notSupported(
                    path.substring(0, path.indexOf(':')), "; ./ in front makes a path of a name with a colon");
        }
        return Path.of(path).toAbsolutePath().normalize();
    }

    private static HoldfastException notSupported(String scheme, String more) {
        return HoldfastException.usage(
                "'" + scheme + "' stores are not supported by this version",
                "Use a path, file: and a path, or s3://BUCKET/PREFIX" + more + ".");
    }
}
