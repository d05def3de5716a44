package io.holdfast.storage.s3;

import io.holdfast.core.HoldfastException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/** What lies below the names of a bucket with versions. Safe for many threads. */
final class S3Versions {
    private final S3Location location;
    private final S3Client client;
    private final S3Locks locks;

    S3Versions(S3Location location, S3Client client, S3Locks locks) {
        this.location = location;
        this.client = client;
        this.locks = locks;
    }

    /** Deletes all versions of a key and its markers; false where there were no versions. */
    boolean delete(String key) {
        boolean[] any = new boolean[1];
        pages(key, page -> {
            for (ObjectVersion version : page.versions()) {
                if (version.key().equals(key)) {
                    deleteVersion(key, version.versionId());
                    any[0] = true;
                }
            }
            for (DeleteMarkerEntry marker : page.deleteMarkers()) {
                if (marker.key().equals(key)) {
                    deleteVersion(key, marker.versionId());
                }
            }
            // Keys come in order: one that is longer than this one ends it.
            return page.versions().stream().allMatch(version -> version.key().equals(key));
        });
        return any[0];
    }

    /** Takes the markers away that lie over versions; returns the number of keys that are there again. */
    long undelete() {
        Set<String> hidden = new HashSet<>();
        List<DeleteMarkerEntry> markers = new ArrayList<>();
        Set<String> kept = new HashSet<>();
        pages(location.prefix(), page -> {
            for (DeleteMarkerEntry marker : page.deleteMarkers()) {
                markers.add(marker);
                if (Boolean.TRUE.equals(marker.isLatest())) {
                    hidden.add(marker.key());
                }
            }
            page.versions().forEach(version -> kept.add(version.key()));
            return true;
        });
        hidden.retainAll(kept);
        for (DeleteMarkerEntry marker : markers) {
            if (hidden.contains(marker.key())) {
                deleteVersion(marker.key(), marker.versionId());
            }
        }
        return hidden.size();
    }

    @FunctionalInterface
    private interface PageVisitor {
        /** False where no more pages are wanted. */
        boolean visit(ListObjectVersionsResponse page);
    }

    private void pages(String prefix, PageVisitor visitor) {
        @Nullable String nextKey = null;
        @Nullable String nextVersion = null;
        do {
            String keyMarker = nextKey;
            String versionMarker = nextVersion;
            ListObjectVersionsResponse page;
            try {
                page = client.listObjectVersions(request -> request.bucket(location.bucket())
                        .prefix(prefix)
                        .keyMarker(keyMarker)
                        .versionIdMarker(versionMarker));
            } catch (SdkException e) {
                throw S3Errors.translate(location + ": list versions of " + prefix, e);
            }
            boolean goOn = visitor.visit(page) && Boolean.TRUE.equals(page.isTruncated());
            nextKey = goOn ? page.nextKeyMarker() : null;
            nextVersion = page.nextVersionIdMarker();
        } while (nextKey != null);
    }

    private void deleteVersion(String key, String version) {
        String what = location + ": delete " + key;
        try {
            var ignored = client.deleteObject(
                    request -> request.bucket(location.bucket()).key(key).versionId(version));
        } catch (SdkException e) {
            HoldfastException failure = S3Errors.translate(what, e);
            throw locks.refusal(key, version, what, e).orElse(failure);
        }
    }
}
