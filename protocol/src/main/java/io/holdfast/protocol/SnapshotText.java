package io.holdfast.protocol;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;

/**
 * A snapshot in JSON.
 *
 * @param id generation and random part
 * @param manifest as repository-format.md, section 12, has it, in base64url
 * @param hash SHA-256 of the object, in base64url
 */
public record SnapshotText(String id, String manifest, String hash) {
    public static SnapshotText of(Snapshot snapshot) {
        return new SnapshotText(snapshot.id().leaf(), text(snapshot.manifest()), Base64Text.of(snapshot.hash()));
    }

    /** @throws io.holdfast.core.HoldfastException where it is none */
    public Snapshot snapshot() {
        return new Snapshot(SnapshotId.parse(id), manifest(manifest), Base64Text.bytes(hash));
    }

    static String text(Manifest manifest) {
        return Base64Text.of(Bytes.wrap(manifest.encode()));
    }

    static Manifest manifest(String text) {
        return Manifest.decode(Base64Text.bytes(text).toByteArray(), "the manifest");
    }
}
