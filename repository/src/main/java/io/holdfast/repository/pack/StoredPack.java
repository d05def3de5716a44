package io.holdfast.repository.pack;

import io.holdfast.core.Bytes;

/**
 * A pack that is durable in the store.
 *
 * @param sizeBytes stored length
 * @param plainBytes what its chunks hold, before compression
 */
public record StoredPack(PackId id, Bytes salt, int epoch, PackToc toc, int sizeBytes, long plainBytes) {}
