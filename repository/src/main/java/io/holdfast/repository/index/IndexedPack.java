package io.holdfast.repository.index;

import io.holdfast.core.Bytes;
import io.holdfast.repository.pack.PackId;

/**
 * A pack as an index segment knows it.
 *
 * @param salt of its envelope, needed to read frames without reading the pack's start
 * @param sizeBytes stored length
 */
public record IndexedPack(PackId id, Bytes salt, int epoch, int tocOffset, int tocStoredBytes, int sizeBytes) {}
