package io.holdfast.protocol;

import io.holdfast.repository.snapshot.Manifest;

/**
 * What a host says of the snapshot that is to be made: {@code POST /media/v1/sessions/{session}/commit}. Who it is, what it saved, on what it builds and how much that was the media
 * server knows better.
 *
 * @param manifest in base64url
 */
public record CommitRequest(String manifest) {
    public static CommitRequest of(Manifest manifest) {
        return new CommitRequest(SnapshotText.text(manifest));
    }

    /** @throws io.holdfast.core.HoldfastException where it is none */
    public Manifest decoded() {
        return SnapshotText.manifest(manifest);
    }
}
